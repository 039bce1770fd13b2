"""Annotated cells of several files as one, copied in pieces on disk: no file is loaded whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from anndata.experimental import concat_on_disk
from scipy import sparse

from cassia_core.data.h5ad.edited_h5ad import GROUP_COLUMN
from cassia_core.data.h5ad.labels import UNS_KEY
from cassia_core.errors import AnnDataError

LOADED_AT_ONCE = 20_000_000
"""Stored values in memory at a time: about a quarter of a gigabyte."""
COUNTS = "counts"
FEW_GENES_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedSource:
    """One annotated file. `columns` are added to its cells: one value for all of them, or, where a column
    stands in `by_cluster`, the value of each cell's cluster.
    """

    name: str
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    by_cluster: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def combine_h5ad(sources: Sequence[CombinedSource], target: Path) -> tuple[str, ...]:
    """Write the cells of all files into one, with the genes that all have.

    `obs` has the columns that all files have, those of the sources, and `dataset`; names of cells end in that
    of their dataset. `layers["counts"]` is there where all files have it. Maps and neighbours are left out:
    those of one dataset mean nothing beside those of another.

    Returns
    -------
    tuple of str
        What is to be known of the file, a sentence each.

    Raises
    ------
    AnnDataError
        The files have no gene in common.
    """
    genes = _common_genes(sources)
    part = target.with_name(f".{target.name}.part.h5ad")  # the ending tells anndata to write HDF5, not zarr
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".combining-") as folder:
        slim = {source.name: _slim(source, Path(folder) / f"{at}.h5ad") for at, source in enumerate(sources)}
        try:
            concat_on_disk(
                slim, part, join="inner", label="dataset", index_unique="-", max_loaded_elems=LOADED_AT_ONCE
            )
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    return tuple(_remarks(sources, genes))


def _common_genes(sources: Sequence[CombinedSource]) -> pd.Index:
    genes = _genes(sources[0].path)
    for source in sources[1:]:
        genes = genes.intersection(_genes(source.path))
    if genes.empty:
        raise AnnDataError(
            "The datasets have no gene in common.",
            "Their genes have other names: they may be of several species.",
            "Combine datasets of one species only.",
        )
    return genes


def _genes(path: Path) -> pd.Index:
    with h5py.File(path, "r") as file:
        return pd.Index(ad.io.read_elem(file["var"]).index)


def _slim(source: CombinedSource, path: Path) -> Path:
    """A file that points to the matrices of the source and has our columns of cells."""
    with ExitStack() as stack:
        file = stack.enter_context(h5py.File(source.path, "r"))
        slim = stack.enter_context(h5py.File(path, "w"))
        slim.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        ad.io.write_elem(slim, "obs", _cells(file, source))
        genes = ad.io.read_elem(file["var"])
        ad.io.write_elem(slim, "var", pd.DataFrame(index=genes.index.astype(str)))
        for name in ("obsm", "varm", "obsp", "varp", "uns", "layers"):
            ad.io.write_elem(slim, name, {})
        _put_matrix(slim, "X", file, source.path)
        if f"layers/{COUNTS}" in file:
            _put_matrix(slim, f"layers/{COUNTS}", file, source.path)
    return path


def _cells(file: h5py.File, source: CombinedSource) -> pd.DataFrame:
    obs = ad.io.read_elem(file["obs"])
    key = str(ad.io.read_elem(file[f"uns/{UNS_KEY}/cluster_key"]))
    # Cells that a person set aside have a label of their own.
    key = GROUP_COLUMN if GROUP_COLUMN in obs else key
    clusters = obs[key].astype(str)
    for column, value in source.columns.items():
        obs[column] = pd.Categorical([value] * len(obs))
    for column, values in source.by_cluster.items():
        obs[column] = pd.Categorical(clusters.map(values))
    # Clusters "0" of two datasets are not one: only together with the dataset is a cluster a name.
    obs["dataset_cluster"] = pd.Categorical([f"{source.name}: {cluster}" for cluster in clusters])
    obs.index = obs.index.astype(str)
    obs.index.name = None
    return obs


def _put_matrix(slim: h5py.File, name: str, file: h5py.File, path: Path) -> None:
    """A link to a matrix whose rows lie together; any other is laid out anew, one file at a time."""
    encoding = file[name].attrs.get("encoding-type", "")
    if encoding == "csr_matrix":
        slim[name] = h5py.ExternalLink(str(path.resolve()), f"/{name}")
        return
    values = ad.io.read_elem(file[name])
    rows = sparse.csr_matrix(values)
    ad.io.write_elem(slim, name, sparse.csr_matrix(rows, dtype=np.float32))


def _remarks(sources: Sequence[CombinedSource], genes: pd.Index) -> list[str]:
    sizes = {source.name: len(_genes(source.path)) for source in sources}
    told = [f"{len(genes):,} genes that all {len(sources)} datasets have."]
    told += [
        f"{name} has {size:,} genes, of which {len(genes) / size:.0%} are in all datasets."
        for name, size in sizes.items()
        if len(genes) < FEW_GENES_SHARE * size
    ]
    without = [source.name for source in sources if not _has_counts(source.path)]
    if without:
        told.append(f"No layer of counts: {', '.join(without)} have none.")
    told.append("Maps are left out: those of one dataset mean nothing beside those of another.")
    return told


def _has_counts(path: Path) -> bool:
    with h5py.File(path, "r") as file:
        return f"layers/{COUNTS}" in file
