"""The knowledge base, the models, and how well they do."""
