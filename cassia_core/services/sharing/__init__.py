"""A server that several people share: who they are, what they may, and what they lend each other."""
