"""Processes beside a page."""
