"""How questions reach the models: when, how often, and the small one before a run."""
