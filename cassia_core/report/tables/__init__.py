"""Tables and texts that people take home."""
