"""Annotating the clusters of a dataset."""
