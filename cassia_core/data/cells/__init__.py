"""Cell files: what is in them, read, and told."""
