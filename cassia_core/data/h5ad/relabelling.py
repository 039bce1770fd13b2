"""Bring what an annotated file says of its cells up to date; the matrices are not loaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import anndata as ad
import h5py

from cassia_core.data.h5ad.annotated_file import cluster_column_of
from cassia_core.data.h5ad.labels import UNS_KEY, write_labels
from cassia_core.domain.annotation import ClusterResult


def rewrite_labels(
    path: Path, results: Iterable[ClusterResult], *, everyday_name: Callable[[str], str]
) -> None:
    """Write the columns of `labels.write_labels` into a file of ours anew, whole or not at all.

    Changes `obs` and `uns["cassia"]` only; what else stands in either stays.

    Raises
    ------
    AnnDataError
        When the file is not one of ours.
    """
    key = cluster_column_of(path)
    part = path.with_name(f".{path.name}.part")
    try:
        shutil.copyfile(path, part)
        with h5py.File(part, "r+") as file:
            said = ad.io.read_elem(file[f"uns/{UNS_KEY}"])
            cells = ad.AnnData(obs=ad.io.read_elem(file["obs"]), uns={UNS_KEY: said})
            provenance = {k: v for k, v in said.items() if k not in ("cluster_key", "label_columns")}
            write_labels(cells, key, results, {}, everyday_name=everyday_name)
            ad.io.write_elem(file, "obs", cells.obs)
            ad.io.write_elem(file, f"uns/{UNS_KEY}", provenance | cells.uns[UNS_KEY])
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
