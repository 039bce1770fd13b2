"""Further opinions on clusters of a finished run: what is asked, and what came of it."""
