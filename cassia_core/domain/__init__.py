"""Nouns of the project: frozen dataclasses, standard library only."""
