"""The order of work, from input to finished run directory."""
