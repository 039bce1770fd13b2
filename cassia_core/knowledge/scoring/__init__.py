"""Scoring marker lists against types."""
