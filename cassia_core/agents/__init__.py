"""One file per role: a typed task in, a typed answer out."""
