"""One file per format: each turns a file into the same few things."""
