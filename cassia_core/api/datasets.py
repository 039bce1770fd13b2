"""The datasets of one run from Python: side by side, as one file, and those that failed once more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cassia_core.api.verbs import AnnotatedRun, finished_run, open_run
from cassia_core.services.across import across_tables, combining, labels_across
from cassia_core.services.across.labels_across import Level
from cassia_core.services.across.oddities import Oddity, oddities
from cassia_core.services.batches import failures
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.runs import runs

if TYPE_CHECKING:
    import pandas as pd


def compare_datasets(run: AnnotatedRun | str | os.PathLike, level: Level = "type") -> pd.DataFrame:
    """Cells of every type (columns) in every dataset (rows) of a run, under names that all share.

    Parameters
    ----------
    run
        A run of several datasets, or its directory. Labels are taken as they stand after corrections.
    level
        "type", "group" (of types) or "lineage".

    Returns
    -------
    pandas.DataFrame
        Cells; clusters for datasets that are tables of markers.
    """
    folder = _folder(run)
    return across_tables.counts_across(labels_across.across(folder.name, folder.parent), level)


def odd_types(run: AnnotatedRun | str | os.PathLike, level: Level = "type") -> tuple[Oddity, ...]:
    """Where a type is missing, alone, or of an odd share beside the other datasets of its tissue.

    Nothing is tested; `Oddity.in_words` says each in a sentence. Parameters as `compare_datasets`.
    """
    folder = _folder(run)
    return oddities(labels_across.across(folder.name, folder.parent), level)


def combine_datasets(
    run: AnnotatedRun | str | os.PathLike, tissue: str = "", target: str | os.PathLike | None = None
) -> Path:
    """Write the annotated cells of all datasets of a run into one h5ad, copied in pieces on disk.

    Parameters
    ----------
    run
        As in `compare_datasets`.
    tissue
        Only the datasets of this tissue; "": all.
    target
        The file; None: beside the run's summary.

    Returns
    -------
    Path
        The file: genes that all have, `obs` with `dataset`, `tissue`, `cell_type_shared`, `lineage_shared`.

    Raises
    ------
    RunError, AnnDataError
        There are fewer than two datasets of cells, several species, or no gene in common.
    """
    folder = _folder(run)
    path = Path(target).expanduser().resolve() if target is not None else None
    return combining.combine(folder.name, folder.parent, tissue=tissue, target=path).path


def retry_failed(
    run: AnnotatedRun | str | os.PathLike, keys: Mapping[str, str] | None = None, *, quiet: bool = False
) -> AnnotatedRun:
    """Do the datasets of a run once more that failed or lack answers, and no others; and wait for it.

    Raises
    ------
    RunError
        None of them failed, or none could be finished this time either.
    """
    folder = _folder(run)
    config = runs.load_config(folder.name, folder.parent)
    failures.retry(folder.name, known_keys(config.providers()) if keys is None else keys, folder.parent)
    return finished_run(folder.name, folder.parent, quiet=quiet)


def _folder(run: AnnotatedRun | str | os.PathLike) -> Path:
    return (run if isinstance(run, AnnotatedRun) else open_run(run)).run_dir
