"""Cells whose counts stay on disk: passes over blocks of rows, a sketch, and everything joined to it."""
