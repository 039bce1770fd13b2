"""From loaded cells to clusters and their statistics."""
