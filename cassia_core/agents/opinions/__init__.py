"""Agents of further opinions: those that a run itself does not ask."""
