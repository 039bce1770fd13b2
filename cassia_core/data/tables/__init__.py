"""Marker tables: read, put in order, and the markers of each cluster chosen."""
