"""What the knowledge base holds: types, states, tissues, genes."""
