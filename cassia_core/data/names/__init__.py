"""Gene names of a cell file."""
