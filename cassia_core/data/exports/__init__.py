"""Annotated cells in the forms that other programs open: Seurat, Vitessce, CELLxGENE."""
