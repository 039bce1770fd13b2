"""Marker knowledge base, Cell Ontology, offline engine and evidence checks."""
