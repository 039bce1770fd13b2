"""Evidence for and against a label."""
