"""The numerical steps, each on plain arrays."""
