"""Readers of single parts of a reply, put together by `agents/parse.py`."""
