"""Plots of the page Results."""
