"""Labels, ontology terms and lineages."""
