"""What a manifest says of each dataset: a table with a row per dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NEEDED = ("path", "tissue", "species")
"""Columns that make a table a manifest."""
OPTIONAL = ("name", "context", "cluster_column", "sample_column")
ANSWERS = (
    "genes_in",
    "gene_column",
    "symbol_column",
    "genome",
    "sheet",
    "missing_as_zero",
    "not_values",
    "assay",
    "modality",
)
"""Columns that answer what `inspect` asks of a file."""

EXCEPTIONS = ("resolution", "n_genes", "max_cells", "min_genes", "max_mito")
"""Columns of settings in which a dataset may differ from the others; an empty cell: as all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    """One dataset of a manifest. Empty texts mean that the row says nothing of it."""

    path: Path
    tissue: str = ""
    species: str = ""
    name: str = ""
    context: str = ""
    cluster_column: str = ""
    sample_column: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
