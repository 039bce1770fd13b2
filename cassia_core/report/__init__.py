"""Figures, the HTML report and the downloadable tables."""
