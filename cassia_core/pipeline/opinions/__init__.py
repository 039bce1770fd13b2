"""Asking for further opinions on clusters of a finished run, in a process of its own."""
