"""Nouns of lessons."""
