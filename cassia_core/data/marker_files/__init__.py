"""Marker genes that are written otherwise than as one table: lists, JSON, folders, headers of two rows."""
