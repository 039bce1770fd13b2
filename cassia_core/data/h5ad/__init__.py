"""Writing h5ad files."""
