"""Lessons for pages."""
