"""What pages show of the cells, on disk: written once by the worker, read piece by piece.

Genes are stored column by column, so one gene of all cells is one short read and the matrix never enters the
process of a page.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from cassia_core.data.view.cluster_statistics import FIELDS, ClusterStatistics
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.domain.findings import ColumnInfo
from cassia_core.errors import RunNotFound

if TYPE_CHECKING:
    import anndata as ad
    from scipy import sparse

MAX_CATEGORIES = 1000
"""Columns with more distinct words than this are not offered for colouring."""
_VALUES_AT_ONCE = 4_000_000
"""Stored values read in one go, so that comparing cells takes a few tens of MB however many there are."""
_EMBEDDING_ORDER = ("umap", "tsne", "pca")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of `obs`, a stored value per cell: of a categorical one the place in `categories` (int32,
    -1 missing), of a numeric one the number (float32).
    """

    kind: Literal["categorical", "numeric"]
    stored: np.ndarray
    categories: tuple[str, ...] = ()

    @property
    def codes(self) -> np.ndarray:
        """Places in `categories`, shape (n_cells,), int32, -1 missing; ValueError for a numeric column."""
        if self.kind != "categorical":
            raise ValueError("a column of numbers has no categories")
        return self.stored

    @property
    def values(self) -> np.ndarray:
        """Numbers, shape (n_cells,), float32; ValueError for a categorical column."""
        if self.kind != "numeric":
            raise ValueError("a column of categories has no numbers")
        return self.stored


class ViewWriter:
    """Writes the view of a dataset beside its place; it appears there whole, at `finish`, or not at all."""

    def __init__(self, view_dir: Path) -> None:
        self._view_dir = view_dir
        self._part = view_dir.with_name(view_dir.name + ".part")
        self._store_name = ""
        self.discard()
        self._part.mkdir(parents=True)

    def write_genes(
        self,
        expression: sparse.csr_matrix,
        genes: tuple[str, ...],
        on_block: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Write the values to colour by, shape (n_cells, n_genes), CSR with sorted indices; `genes` names its
        columns.

        `on_block` is called with the fraction of genes written and may raise to stop.
        """
        (self._part / "genes.txt").write_text("\n".join(_one_line(g) for g in genes), encoding="utf-8")
        _write_genes(expression, self._part, on_block)

    def use_store(self, genes: tuple[str, ...], name: str) -> None:
        """Colour by the store of genes (`gene_store`) of that name, which lies beside the view."""
        (self._part / "genes.txt").write_text("\n".join(_one_line(g) for g in genes), encoding="utf-8")
        self._store_name = name

    def finish(
        self,
        adata: ad.AnnData,
        cluster_key: str,
        statistics: ClusterStatistics | None,
        chosen_map: str | None = None,
    ) -> None:
        """Write cells, columns, maps (`chosen_map` first) and statistics, and put the view in its place."""
        part = self._part
        (part / "cell_ids.txt").write_text("\n".join(_one_line(c) for c in adata.obs_names), encoding="utf-8")
        head = {
            "n_cells": adata.n_obs,
            "cluster_key": cluster_key,
            "embeddings": _write_embeddings(adata, part, chosen_map),
            "columns": _write_columns(adata.obs, cluster_key, part),
            "clusters": [],
        }
        if self._store_name:
            head["gene_store"] = self._store_name
        if statistics is not None:
            head["clusters"] = list(statistics.clusters)
            np.save(part / "cluster_sizes.npy", statistics.n_cells)
            for name in FIELDS:
                np.save(part / f"statistics_{name}.npy", getattr(statistics, name))
        (part / "view.json").write_text(json.dumps(head), encoding="utf-8")
        # A page that looks now sees the old view, the new one, or for a moment none; never a part of one.
        shutil.rmtree(self._view_dir, ignore_errors=True)
        os.replace(part, self._view_dir)

    def discard(self) -> None:
        """Remove what is written and not finished."""
        shutil.rmtree(self._part, ignore_errors=True)


def open_view(view_dir: Path) -> View:
    """Open the view of a dataset; only its head is read.

    Raises
    ------
    RunNotFound
        When there is no finished view in that folder.
    """
    head = view_dir / "view.json"
    if not head.exists():
        raise RunNotFound(
            "There is no view of these cells yet.",
            "Clustering has not finished.",
            "Wait until it has, or start the run again.",
        )
    # Times alone are too coarse on some file systems: size and number of the file are asked, too.
    stamps = ((view_dir / name).stat() for name in ("view.json", "cell_ids.txt"))
    return _opened(view_dir, tuple((now.st_mtime_ns, now.st_size, now.st_ino) for now in stamps))


@lru_cache(maxsize=8)
def _opened(view_dir: Path, stamps: tuple[tuple[int, int, int], ...]) -> View:
    """One view for all who look at the same cells; `stamps` are of its head and of the cells' names, which
    change with it.
    """
    return View(view_dir, json.loads((view_dir / "view.json").read_text(encoding="utf-8")))


class View:
    """Cells, columns, maps, genes and statistics of one dataset, read from disk on demand."""

    def __init__(self, folder: Path, head: dict) -> None:
        self._folder, self._head = folder, head
        self._gene_at: dict[str, int] | None = None
        self._genes: tuple[str, ...] | None = None
        self._clusters: Column | None = None
        self._names_digest = ""
        self._store: GeneStore | None = None

    @property
    def n_cells(self) -> int:
        return self._head["n_cells"]

    @property
    def cluster_key(self) -> str:
        return self._head["cluster_key"]

    def cell_ids(self) -> tuple[str, ...]:
        return self._lines("cell_ids.txt")

    def names_digest(self) -> str:
        """Fingerprint of the cells' names in their order; see `digest_of_names`."""
        if not self._names_digest:
            lines = (
                (self._folder / "cell_ids.txt").read_bytes().replace(b"\r\n", b"\n")
            )  # as Windows writes them
            self._names_digest = hashlib.sha256(lines).hexdigest()
        return self._names_digest

    def embeddings(self) -> tuple[str, ...]:
        """Names of the maps as in `obsm`, the one to show first at the front."""
        return tuple(self._head["embeddings"])

    def embedding(self, name: str) -> np.ndarray:
        """Coordinates, shape (n_cells, 2), float32; a cell without a place has NaN."""
        return np.load(self._folder / f"embedding_{self._head['embeddings'].index(name)}.npy")

    def columns(self) -> tuple[ColumnInfo, ...]:
        return tuple(
            ColumnInfo(
                name=c["name"], kind=c["kind"], n_values=c["n_values"], examples=tuple(c["categories"][:5])
            )
            for c in self._head["columns"]
        )

    def column(self, name: str) -> Column:
        """One column of `obs`.

        Raises
        ------
        KeyError
            When the view has no such column.
        """
        for at, entry in enumerate(self._head["columns"]):
            if entry["name"] == name:
                return self._column(at, entry)
        raise KeyError(name)

    def _column(self, at: int, entry: dict) -> Column:
        is_clusters = entry["name"] == self.cluster_key
        if is_clusters and self._clusters is not None:
            return self._clusters
        stored = np.load(self._folder / f"column_{at}.npy")
        if entry["kind"] == "numeric":
            return Column(kind="numeric", stored=stored)
        column = Column(kind="categorical", categories=tuple(entry["categories"]), stored=stored)
        if is_clusters:
            # Asked for by everything that is drawn. It is shared, so nobody may write into it.
            stored.setflags(write=False)
            self._clusters = column
        return column

    def genes(self) -> tuple[str, ...]:
        if self._genes is None:
            self._genes = self._lines("genes.txt")
        return self._genes

    def gene(self, symbol: str) -> np.ndarray:
        """Log-normalised values of one gene in all cells, shape (n_cells,), float32.

        Raises
        ------
        KeyError
            When the gene was not measured.
        """
        if self._gene_at is None:
            self._gene_at = {gene: i for i, gene in enumerate(self.genes())}
        at = self._gene_at[symbol]
        if (store := self._gene_store()) is not None:
            return store.gene(at)
        start, stop = np.load(self._folder / "gene_starts.npy", mmap_mode="r")[at : at + 2].tolist()
        values = np.zeros(self.n_cells, dtype=np.float32)
        values[_read(self._folder / "gene_rows.bin", np.int32, start, stop)] = _read(
            self._folder / "gene_values.bin", np.float32, start, stop
        )
        return values

    def genes_of_cells(self, cells: np.ndarray, n: int) -> list[tuple[str, float, float]]:
        """The `n` genes whose share of expressing cells is most above that of the other cells.

        Parameters
        ----------
        cells
            Positions of the chosen cells.

        Returns
        -------
        list of (gene, share among the chosen, share among the others)
        """
        inside = np.zeros(self.n_cells, dtype=bool)
        inside[cells] = True
        seen, sizes = self._seen_among(inside)
        n_in = max(1, int(inside.sum()))
        share = seen / n_in
        others = (sizes - seen) / max(1, self.n_cells - n_in)
        best = np.argsort(others - share, kind="stable")[:n]
        genes = self.genes()
        return [(genes[i], float(share[i]), float(others[i])) for i in best if share[i] > others[i]]

    def _gene_store(self) -> GeneStore | None:
        """The store of genes beside the view, of cells whose counts stayed on disk."""
        if self._store is None and (name := self._head.get("gene_store")):
            self._store = GeneStore(self._folder.parent / name)
        return self._store

    def _seen_among(self, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cells that express each gene, among those marked and in all, shape (n_genes,) each."""
        if (store := self._gene_store()) is not None:
            return store.seen_among(inside), store.gene_sizes()
        starts = np.load(self._folder / "gene_starts.npy")
        seen = np.zeros(len(starts) - 1, dtype=np.int64)
        first = 0
        while first < len(seen):
            stop = max(
                first + 1, int(np.searchsorted(starts, starts[first] + _VALUES_AT_ONCE, side="right")) - 1
            )
            begin, end = int(starts[first]), int(starts[stop])
            chosen = inside[_read(self._folder / "gene_rows.bin", np.int32, begin, end)]
            filled = first + np.flatnonzero(np.diff(starts[first : stop + 1]))
            if len(filled):
                seen[filled] = np.add.reduceat(chosen, starts[filled] - begin, dtype=np.int64)
            first = stop
        return seen, np.diff(starts)

    def clusters(self) -> tuple[str, ...]:
        """Clusters with statistics (tested ones), in natural order."""
        return tuple(self._head["clusters"])

    def cluster_statistics(self, cluster: str) -> pd.DataFrame:
        """All genes of one cluster, best score first: `gene`, `log2fc`, `score`, `pval`, `pval_adj`,
        `pct_in`,
        `pct_out`, `mean_in`, `mean_out`.

        Raises
        ------
        KeyError
            When the cluster was not tested.
        """
        if cluster not in self._head["clusters"]:
            raise KeyError(cluster)
        row = self._head["clusters"].index(cluster)
        columns = {name: np.array(self._statistic(name)[row]) for name in FIELDS}
        table = pd.DataFrame({"gene": self.genes(), **columns})
        return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)

    def statistics(self) -> ClusterStatistics | None:
        """Statistics of all clusters, for looking genes up again; None when no cluster was tested."""
        if not self._head["clusters"]:
            return None
        return ClusterStatistics(
            clusters=self.clusters(),
            genes=self.genes(),
            n_cells=np.load(self._folder / "cluster_sizes.npy"),
            **{name: self._statistic(name) for name in FIELDS},
        )

    def _statistic(self, name: str) -> np.ndarray:
        return np.load(self._folder / f"statistics_{name}.npy", mmap_mode="r")

    def _lines(self, name: str) -> tuple[str, ...]:
        text = (self._folder / name).read_text(encoding="utf-8")
        return tuple(text.split("\n")) if text else ()


def digest_of_names(names: Iterable[object]) -> str:
    """Fingerprint of names of cells in their order, the same as that of a view of these cells."""
    return hashlib.sha256("\n".join(_one_line(name) for name in names).encode("utf-8")).hexdigest()


def _write_genes(expression: sparse.csr_matrix, folder: Path, on_block: Callable[[float], None]) -> None:
    from cassia_core.data.kernels.gene_blocks import (
        gene_blocks,  # compiled code: not for the process of a page
    )

    starts = np.zeros(expression.shape[1] + 1, dtype=np.int64)
    with open(folder / "gene_rows.bin", "wb") as rows, open(folder / "gene_values.bin", "wb") as values:
        for block in gene_blocks(expression):
            starts[block.first + 1 : block.stop + 1] = starts[block.first] + block.start[1:]
            block.rows.tofile(rows)
            block.values.tofile(values)
            on_block(block.stop / expression.shape[1])
    np.save(folder / "gene_starts.npy", starts)


def _write_embeddings(adata: ad.AnnData, folder: Path, chosen: str | None) -> list[str]:
    maps = {name: xy for name, value in adata.obsm.items() if (xy := coordinates(value)) is not None}
    fit = sorted(
        maps,
        key=lambda name: (
            name != chosen,
            next((i for i, k in enumerate(_EMBEDDING_ORDER) if k in name.lower()), 9),
            name.endswith("_original"),
        ),
    )
    for at, name in enumerate(fit):
        np.save(folder / f"embedding_{at}.npy", maps[name])
    return fit


def coordinates(value: object) -> np.ndarray | None:
    """First two columns of an entry of `obsm`, shape (n_cells, 2), float32; None where it holds no numbers to
    draw.
    """
    table = value.to_numpy() if isinstance(value, pd.DataFrame) else value
    if (
        not isinstance(table, np.ndarray)
        or table.ndim != 2
        or table.shape[1] < 2
        or table.dtype.kind not in "fiu"
    ):
        return None
    return np.ascontiguousarray(table[:, :2], dtype=np.float32)


def _write_columns(obs: pd.DataFrame, cluster_key: str, folder: Path) -> list[dict]:
    entries: list[dict] = []
    names = [cluster_key, *(name for name in obs.columns if name != cluster_key)]
    for name in names:
        column = _as_column(obs[name], len(obs) if name == cluster_key else MAX_CATEGORIES)
        if column is None:
            continue
        numeric = column.kind == "numeric"
        n_values = int(np.unique(column.stored).size) if numeric else len(column.categories)
        np.save(folder / f"column_{len(entries)}.npy", column.stored)
        entries.append(
            {
                "name": str(name),
                "kind": column.kind,
                "n_values": n_values,
                "categories": list(column.categories),
            }
        )
    return entries


def _as_column(values: pd.Series, most: int) -> Column | None:
    """None for a column of more than `most` distinct words."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return Column(kind="numeric", stored=values.to_numpy(dtype=np.float32, na_value=np.nan))
    codes, categories = pd.factorize(values.astype(object), use_na_sentinel=True)
    if not 0 < len(categories) <= most:
        return None
    if isinstance(values.dtype, pd.CategoricalDtype):
        # The order of a categorical column is meant: it is kept in legends, unlike the order of appearance.
        known = values.cat.remove_unused_categories()
        return _categorical(known.cat.codes.to_numpy(), known.cat.categories)
    return _categorical(codes, categories)


def _categorical(codes: np.ndarray, categories: Iterable[object]) -> Column:
    names = tuple(map(str, categories))
    return Column(kind="categorical", stored=np.asarray(codes, dtype=np.int32), categories=names)


def _read(path: Path, dtype: type, start: int, stop: int) -> np.ndarray:
    return np.fromfile(path, dtype=dtype, count=stop - start, offset=start * np.dtype(dtype).itemsize)


def _one_line(text: object) -> str:
    return str(text).replace("\r", " ").replace("\n", " ")
