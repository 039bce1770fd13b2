"""Runs: started, watched, read, compared."""
