"""A reply on its way: its parts, its pieces put together, and the end where it has none of its own."""
