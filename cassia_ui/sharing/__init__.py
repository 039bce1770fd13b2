"""Signing in, and what people of a shared server see of each other."""
