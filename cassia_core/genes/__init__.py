"""Gene names of human and mouse: ids, symbols, old symbols, orthologues."""

from cassia_core.genes.lookup import canonical, guess_species, orthologue, symbol_of

__all__ = ["canonical", "guess_species", "orthologue", "symbol_of"]
