"""Files that people hand in, and what this machine can do with them."""
