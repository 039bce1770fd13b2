"""What a page shows of the clusters of a run."""
