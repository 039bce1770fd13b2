"""Annotated cells of a run for other programs: Seurat, Vitessce, CELLxGENE."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anndata as ad

from cassia_core.data.cells.load_cells import inspect_cells, memory_limit_bytes
from cassia_core.data.exports.cellxgene_file import write_cellxgene
from cassia_core.data.exports.seurat_folder import SCRIPT, write_seurat_folder
from cassia_core.data.exports.vitessce_store import write_vitessce_folder
from cassia_core.data.h5ad.annotated_file import cluster_column_of
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import RunError
from cassia_core.runs.store import find_dataset
from cassia_core.services.runs.export_choices import CellxgeneFields, ExportFormat
from cassia_core.services.runs.results import output_files
from cassia_core.services.runs.runs import run_to_change

_ENDINGS = {"seurat": "_seurat.zip", "vitessce": "_vitessce.zip", "cellxgene": "_cellxgene.h5ad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The file that was made, and what is to be known of it."""

    path: Path
    said: tuple[str, ...]


def export_cells(
    run_id: str,
    dataset: str,
    form: ExportFormat,
    root: Path | None = None,
    *,
    given: CellxgeneFields | None = None,
) -> Export:
    """Write the annotated cells of a dataset for another program, with corrected labels where there are some.

    Raises
    ------
    RunError
        The dataset has no annotated cells, or too many for the memory.
    ConfigError
        A field that CELLxGENE asks for is missing.
    """
    spec, paths = find_dataset(run_to_change(run_id, root), dataset)
    source = _annotated(run_id, dataset, root)
    _refuse_if_too_large(source, spec.read)
    cells = ad.read_h5ad(source)
    target = paths.output(_ENDINGS[form])
    if form == "cellxgene":
        said = write_cellxgene(
            cells, target, given or CellxgeneFields(), species=spec.species.strip().lower()
        )
    else:
        said = _write_folder(cells, target, form, cluster_column_of(source))
    edited = ("The labels are the corrected ones.",) if source.name.endswith("_edited_annotated.h5ad") else ()
    return Export(path=target, said=(*edited, *said))


def _refuse_if_too_large(source: Path, read: ReadOptions) -> None:
    """Other programs' forms are made of all values in memory: say so where these do not fit."""
    needed, allowed = inspect_cells(source)[0].memory_bytes, memory_limit_bytes(read)
    if needed > allowed:
        raise RunError(
            "These cells are too many for this form.",
            f"It is made of all values in memory, about {needed / 1e9:.1f} GB; {allowed / 1e9:.1f} GB may be "
            "used.",
            "Take the annotated h5ad, which is written block by block, or use a machine with more memory.",
        )


def _annotated(run_id: str, dataset: str, root: Path | None) -> Path:
    """The annotated file of a dataset; the one with corrections where it is up to date."""
    files = [
        f
        for f in output_files(run_id, root)
        if f.dataset == dataset and f.path.name.endswith("_annotated.h5ad")
    ]
    if not files:
        raise RunError(
            f"{dataset} has no annotated cells.",
            "It was a marker table, or the run has not finished.",
            "Choose a dataset of cells, or wait until the run has finished.",
        )
    return next((f.path for f in files if f.edited), files[0].path)


def _write_folder(cells: ad.AnnData, target: Path, form: ExportFormat, cluster_key: str) -> tuple[str, ...]:
    """Write the folder beside the run's files and pack it."""
    name = target.name.removesuffix(".zip")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as work:
        folder = Path(work) / name
        if form == "seurat":
            said = (
                f'Unpack it; then in R: cells <- source("{name}/{SCRIPT}", chdir = TRUE)$value',
                *write_seurat_folder(cells, folder, cluster_key),
            )
        else:
            said = (
                "Unpack it.",
                *write_vitessce_folder(cells, folder, cluster_key, name.removesuffix("_vitessce")),
            )
        packed = shutil.make_archive(str(Path(work) / "packed"), "zip", root_dir=work, base_dir=name)
        Path(packed).replace(target)
    return said
