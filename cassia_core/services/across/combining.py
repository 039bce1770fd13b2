"""One h5ad of the annotated cells of a run's datasets, on request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cassia_core.data.h5ad.combining import CombinedSource, combine_h5ad
from cassia_core.domain.config import DatasetSpec
from cassia_core.errors import RunError
from cassia_core.runs.store import load_record
from cassia_core.services.across.labels_across import Across, across
from cassia_core.services.runs.results import output_files
from cassia_core.services.runs.runs import run_to_change

FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The file that was made, what is in it, and what is to be known of it."""

    path: Path
    datasets: tuple[str, ...]
    left_out: tuple[str, ...]
    said: tuple[str, ...]


def combine(
    run_id: str, root: Path | None = None, *, tissue: str = "", target: Path | None = None
) -> Combined:
    """Write the annotated cells of all datasets of a run, or of one tissue, into one file.

    Genes that all have; `obs` with `dataset`, `tissue`, and `cell_type_shared` and `lineage_shared`: the
    names that all datasets share. Labels are those of each dataset's annotated file, the corrected one where
    it was made.

    Raises
    ------
    RunError
        Fewer than two datasets have annotated cells, or they are of several species.
    AnnDataError
        They have no gene in common.
    """
    layout = run_to_change(run_id, root)
    specs = [s for s in load_record(layout).config.datasets if tissue in ("", s.tissue)]
    files = _annotated(run_id, root)
    there = [spec for spec in specs if spec.name in files]
    _refuse(there)
    merged = across(run_id, root)
    path = target or layout.combined_h5ad(tissue)
    path.parent.mkdir(parents=True, exist_ok=True)
    said = combine_h5ad([_source(spec, files[spec.name], merged) for spec in there], path)
    return Combined(
        path=path,
        datasets=tuple(spec.name for spec in there),
        left_out=tuple(spec.name for spec in specs if spec.name not in files),
        said=said,
    )


def _annotated(run_id: str, root: Path | None) -> dict[str, Path]:
    """Annotated files by dataset; of two the one with corrections."""
    annotated: dict[str, Path] = {}
    for file in output_files(run_id, root):
        if file.path.name.endswith("_annotated.h5ad"):
            annotated.setdefault(file.dataset, file.path)  # edited files are listed first
    return annotated


def _refuse(specs: list[DatasetSpec]) -> None:
    if len(specs) < FEWEST:
        raise RunError(
            "There is nothing to combine.",
            f"{len(specs)} of the datasets have annotated cells; tables of markers have none.",
            "Choose a run, or a tissue, with at least two datasets of cells that are done.",
        )
    species = sorted({spec.species.strip().lower() for spec in specs})
    if len(species) > 1:
        raise RunError(
            "Cells of several species cannot be combined.",
            f"There are {' and '.join(species)}; their genes have other names.",
            "Combine the datasets of one tissue, or start the species as runs of their own.",
        )


def _source(spec: DatasetSpec, path: Path, merged: Across) -> CombinedSource:
    mine = [label for label in merged.labels if label.dataset == spec.name]
    return CombinedSource(
        name=spec.name,
        path=path,
        columns={"tissue": spec.tissue},
        by_cluster={
            "cell_type_shared": {label.cluster: label.type for label in mine},
            "lineage_shared": {label.cluster: label.lineage for label in mine},
        },
    )
