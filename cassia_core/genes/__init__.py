"""Gene names of human and mouse: ids, symbols, old symbols, orthologues."""
