"""Kinds of files from public reports, each at least three times and never the one that was shown."""
