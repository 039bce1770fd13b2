"""Commands that ask further about clusters of a run, or about a table alone."""
