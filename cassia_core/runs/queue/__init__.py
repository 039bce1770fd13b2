"""Whose turn it is: work on this machine starts one after the other, as cores and memory allow."""
