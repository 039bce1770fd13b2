"""What measured values of groups of cells say: which types they are, by contrast with the other groups."""
