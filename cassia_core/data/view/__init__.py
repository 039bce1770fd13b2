"""What pages show of the cells, on disk."""
