"""What the page Knowledge shows: the tree of types, and one type."""
