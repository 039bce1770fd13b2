"""Further opinions on clusters of a finished run: start, watch, list, accept."""
