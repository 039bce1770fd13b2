"""Rows for a new batch from datasets of a run, with their settings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cassia_core.domain.config import UNKNOWN_TISSUE, DatasetSpec
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.runs import runs


def rows_again(run_id: str, datasets: Collection[str], root: Path | None = None) -> tuple[ManifestRow, ...]:
    """Rows of the named datasets of a run, in its order, as they would be typed anew."""
    return tuple(_row(spec) for spec in runs.load_config(run_id, root).datasets if spec.name in datasets)


def _row(spec: DatasetSpec) -> ManifestRow:
    return ManifestRow(
        path=Path(spec.path),
        name=spec.name,
        tissue="" if spec.tissue == UNKNOWN_TISSUE else spec.tissue,
        species=spec.species,
        context=spec.context,
        cluster_column=spec.clustering.cluster_column or "",
        sample_column=spec.qc.sample_column or "",
        answers=_answers(spec),
    )


def _answers(spec: DatasetSpec) -> dict[str, str]:
    """What was answered of the file, as a manifest writes it."""
    read, columns = spec.read, spec.read.columns
    rows = {None: "", True: "rows", False: "columns"}[read.genes_in_rows]
    told = {
        "genes_in": rows,
        "gene_column": columns.gene if columns else "",
        "symbol_column": read.symbol_column,
        "genome": read.genome,
        "sheet": columns.sheet if columns else "",
        "missing_as_zero": "yes" if read.replace_nan else "",
        "not_values": ";".join(read.not_values or ()),
        "assay": read.assay,
        "modality": read.modality,
    }
    return {name: value for name, value in told.items() if value}
