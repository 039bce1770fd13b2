"""The map of the cells."""
