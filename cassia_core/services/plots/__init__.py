"""Plots: numbers, figures, tables."""
