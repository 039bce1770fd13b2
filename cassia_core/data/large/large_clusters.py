"""Clusters, a map and markers of cells whose counts stay on disk: pass after pass, each kept until all are
done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from cassia_core.data.cells.subset import in_subset, keep_cells, keep_subset
from cassia_core.data.clustering.both_comparisons import alternate
from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.cell_space import map_name
from cassia_core.data.clustering.cluster_cells import ClusteredCells, no_markers
from cassia_core.data.clustering.cluster_markers import ClusteredPart, MarkersOfClusters
from cassia_core.data.clustering.clustering_steps import ClusteringListener, Steps
from cassia_core.data.clustering.expression_matrix import COUNT_STATES, brought_to_sum, chosen_matrix
from cassia_core.data.clustering.leiden_groups import (
    COMPUTED_KEY,
    own_groups,
    refusal_of,
    samples_by_cluster,
    store_clusters,
)
from cassia_core.data.clustering.reading_cells import CellReader
from cassia_core.data.kernels.rank_genes import rank_blocks
from cassia_core.data.large.cells_on_disk import CellsOnDisk
from cassia_core.data.large.first_pass import ValueSource, first_pass
from cassia_core.data.large.joining import AGREEMENT, IN_SKETCH, UNSURE, JoinedCells, join_cells
from cassia_core.data.large.passes import PassFolder
from cassia_core.data.large.row_blocks import row_blocks
from cassia_core.data.large.sketch import choose_sketch
from cassia_core.data.large.sketch_groups import SketchGroups, group_sketch
from cassia_core.data.large.store_genes import gene_chunks, project
from cassia_core.data.large.store_writer import copy_cells
from cassia_core.data.quality.cell_metrics import METRICS
from cassia_core.data.quality.removing_cells import REMOVED_KEY, add_quality_columns, removed_in_words
from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.cluster_statistics import FIELDS, ClusterStatistics
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.data.view.reading_columns import READING, READING_SCORE
from cassia_core.data.view.view_store import ViewWriter
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import MatrixInfo
from cassia_core.domain.inside import ClusterInside, DatasetInside, KindInside
from cassia_core.errors import AnnDataError

KEPT_ROWS = "rows"
"""Array of the first pass: which cells of the file are in the result, in order."""
_BEFORE = "kept from the earlier part of this run"


@dataclass(frozen=True, slots=True, kw_only=True)
class LargePlaces:
    """Where things are kept: the view, the store of genes beside it, and what the passes find."""

    view: Path
    store: Path
    passes: PassFolder


def cluster_large(
    opened: CellsOnDisk,
    spec: DatasetSpec,
    listener: ClusteringListener,
    places: LargePlaces,
    sizes: tuple[int, int],
    reader: CellReader | None = None,
) -> ClusteredCells:
    """As `cluster_cells`, for cells whose values stay on disk; the cells of the result have no `X`.

    All values are read once, in blocks. A sketch is clustered, drawn and read; all other cells join
    their nearest cells in it, and `obs["cassia_join_agreement"]` says how far these agree. Markers are those
    of all cells. What a pass finds is kept, and a later call with the same places goes on after the last
    whole one.

    Parameters
    ----------
    sizes
        Cells of the sketch; and cells up to which a part of the file (`subset_clusters`) is clustered as a
        whole.

    Raises
    ------
    AnnDataError
        As `cluster_cells`, and for what needs all values in memory.
    RunCancelled
        When the listener says so.
    """
    return _LargeClustering(opened, spec, listener, places, sizes, reader).run()


class _LargeClustering:
    """One call of `cluster_large`, pass by pass."""

    def __init__(
        self,
        opened: CellsOnDisk,
        spec: DatasetSpec,
        listener: ClusteringListener,
        places: LargePlaces,
        sizes: tuple[int, int],
        reader: CellReader | None,
    ) -> None:
        self.opened, self.adata, self.findings = opened, opened.cells, opened.findings
        self.spec, self.params, self.reader = spec, spec.clustering, reader
        self.places, self.passes, self.sizes = places, places.passes, sizes
        self.steps = Steps(listener)
        self.genes = tuple(map(str, self.adata.var_names))
        self.computes_clusters = self.params.cluster_column is None or bool(self.params.subset_clusters)
        self.whole: _WholeStore | None = None

    def run(self) -> ClusteredCells:
        source = self._source()
        removed = self._first_pass(source)
        store = GeneStore(self.places.store)
        kept_map = map_name(self.adata, self.params)
        own = None
        if not self.computes_clusters:
            key = str(self.params.cluster_column)
            own = own_groups(self.adata.obs, key, self.params.min_cells_per_cluster, self.steps)
        sketch = self._sketch(store, own)
        on_sketch = self._groups(store, sketch, own, needs_map=kept_map is None)
        components, joined = self._join(store, sketch, on_sketch, own)
        groups, key = self._keep_groups(on_sketch, joined, sketch, own)
        self._keep_places(components, on_sketch, joined)
        found = self._markers(store, groups)
        self._read_inside(on_sketch, joined, groups)
        self.steps.markers_ready(found.table, found.expression)
        view = ViewWriter(self.places.view)
        view.use_store(self.genes, self.places.store.name)
        view.finish(self.adata, key, found.statistics, kept_map or "X_umap")
        self.passes.tidy()
        return ClusteredCells(
            adata=self.adata,
            cluster_key=key,
            table=found.table,
            frame=found.frame,
            expression=found.expression,
            removed=removed,
            refusal=found.refusal,
        )

    # ---------------------------------------------------------------- the first pass

    def _source(self) -> MatrixInfo:
        """The matrix that everything is computed from, after what needs values in memory has been refused."""
        source = chosen_matrix(self.findings, self.params.expression)
        if source is None:
            raise _needs_memory(
                "The file has no counts and no logarithms.",
                "Add them to the file, or open it with more memory.",
            )
        if source.location == "raw":
            raise _needs_memory(
                "The values that fit are in .raw.",
                "Make them the main matrix of the file (X) and open it again.",
            )
        if self.spec.markers.method == "logreg":
            raise _needs_memory(
                "Logistic regression looks at all values together.", "Choose the Wilcoxon or the t test."
            )
        if self.spec.markers.own_test is not None:
            raise _needs_memory(
                f"The file's own test {self.spec.markers.own_test} was asked for; a sketch does not read it.",
                "Let the markers be computed: they are those of all cells.",
            )
        if self.spec.qc.max_doublet_score is not None:
            raise _needs_memory(
                "A limit on doublet scores was set, and scoring them needs all counts of a sample.",
                "Leave the limit out, or take the doublets out before.",
            )
        if self.spec.qc.score_doublets:
            self.steps.notice("Doublets are not scored where the counts stay on disk.")
        return source

    def _first_pass(self, source: MatrixInfo) -> pd.DataFrame:
        inside = in_subset(self.adata, self.params)
        keeps_whole = inside is not None and self.params.markers_against != "subset"
        wanted = None if keeps_whole else inside
        with self.steps.stage("first_pass") as done:
            if not self.passes.has("cells"):
                self._read_all(source, wanted, self._whole_folder() if keeps_whole else self.places.store)
                done.summary = "read once: "
            found = self.passes.load("cells")
            rows, reason = found[KEPT_ROWS], found["reason"]
            removed = self._take_out(found, reason, wanted)
            self.n_values = found["n_genes"][reason == ""]
            self.totals = found["n_counts"][reason == ""]
            done.summary += removed_in_words(removed, reason.size)
        if len(removed):
            self.steps.notice(done.summary.removeprefix("read once: "))
        if keeps_whole:
            assert inside is not None
            self._take_part(inside[rows])
        return removed

    def _read_all(self, source: MatrixInfo, wanted: np.ndarray | None, folder: Path) -> None:
        with h5py.File(self.opened.path, "r") as file:
            values = self._values(file, source)
            found = first_pass(
                values,
                self.spec.qc,
                self.params.target_sum,
                folder,
                wanted,
                self.steps.reporter("first_pass"),
            )
        if found.scaled_from is not None:
            self.steps.notice(brought_to_sum(found.scaled_from, self.params.target_sum))
        positions = np.arange(self.adata.n_obs) if wanted is None else np.flatnonzero(wanted)
        arrays: dict[str, Any] = {name: found.metrics[name].to_numpy() for name in METRICS}
        arrays |= {"reason": found.reason.astype(str), KEPT_ROWS: positions[found.reason == ""]}
        self.passes.save("cells", arrays | {"is_counts": not values.log_base or values.counts is not None})

    def _values(self, file: h5py.File, source: MatrixInfo) -> ValueSource:
        stored = self.opened.matrices[source.location]
        scratch, check = self.passes.scratch(), self.steps.check
        counts = None
        is_counts = source.state in COUNT_STATES
        if not is_counts and self.findings.counts in self.opened.matrices and self.findings.counts != "raw":
            beside = self.opened.matrices[self.findings.counts]
            counts = row_blocks(file[beside.at], scratch / "counts", check, cells_last=beside.cells_last)
        return ValueSource(
            rows=row_blocks(file[stored.at], scratch, check, cells_last=stored.cells_last),
            columns=stored.columns,
            genes=self.genes,
            log_base="" if is_counts else (source.log_base or "e"),
            counts=counts,
            replace_nan=self.spec.read.replace_nan,
        )

    def _take_out(
        self, found: dict[str, np.ndarray], reason: np.ndarray, wanted: np.ndarray | None
    ) -> pd.DataFrame:
        """Leave the cells that stay in the tables, with what was measured of them."""
        if wanted is not None:
            keep_subset(self.adata, wanted, self.params)
        metrics = pd.DataFrame({name: found[name] for name in METRICS}, index=self.adata.obs_names)
        add_quality_columns(self.adata, metrics, bool(found["is_counts"]), self.steps)
        gone = reason != ""
        removed = pd.DataFrame({"cell": self.adata.obs_names[gone], "reason": reason[gone]})
        if len(removed):
            keep_cells(self.adata, ~gone)
            self.adata.uns[REMOVED_KEY] = {
                "cell": removed["cell"].to_numpy(dtype=str),
                "reason": removed["reason"].to_numpy(dtype=str),
            }
        return removed

    def _whole_folder(self) -> Path:
        return self.passes.folder / "whole"

    def _take_part(self, inside: np.ndarray) -> None:
        """Leave the cells that are clustered; all others stay in a store of their own, for their markers."""
        whole = GeneStore(self._whole_folder())
        if not self.passes.has("part"):
            copy_cells(whole, inside, self.places.store, self.steps.reporter("first_pass"))
            self.passes.save("part", {"inside": inside})
        self.whole = _WholeStore(store=whole, inside=inside)
        keep_subset(self.adata, inside, self.params)
        self.n_values, self.totals = self.n_values[inside], self.totals[inside]

    # ---------------------------------------------------------------- the sketch

    def _sketch(self, store: GeneStore, own: CellGroups | None) -> np.ndarray:
        with self.steps.stage("sketch") as done:
            if not self.passes.has("sketch"):
                whole = self.params.subset_clusters and store.n_cells <= self.sizes[1]
                n = store.n_cells if whole else self.sizes[0]
                found = choose_sketch(store, self.n_values, self.totals, n, self.params, self.steps)
                cells = found.cells if own is None else _with_all_clusters(found.cells, own, self.params.seed)
                self.passes.save("sketch", {"cells": cells, "n_standing_out": found.n_standing_out})
            kept = self.passes.load("sketch")
            cells = kept["cells"]
            done.summary = f"{cells.size:,} of {store.n_cells:,} cells"
            if cells.size < store.n_cells:
                done.summary += (
                    f"; {int(kept['n_standing_out']):,} stand out from their group and are preferred"
                )
        return cells

    def _groups(
        self, store: GeneStore, sketch: np.ndarray, own: CellGroups | None, *, needs_map: bool
    ) -> SketchGroups:
        if not self.passes.has("groups"):
            found = group_sketch(
                store,
                sketch,
                self.n_values[sketch],
                self.adata,
                self.spec,
                self.reader,
                self.steps,
                own=None if own is None else np.asarray(own.ids, dtype=object)[own.codes[sketch]],
                needs_map=needs_map,
            )
            self.passes.save("groups", found.arrays())
        else:
            with self.steps.stage("leiden") as done:
                done.summary = _BEFORE
        return SketchGroups.of_arrays(self.passes.load("groups"))

    def _join(
        self, store: GeneStore, sketch: np.ndarray, found: SketchGroups, own: CellGroups | None
    ) -> tuple[np.ndarray, JoinedCells]:
        """Components of all cells, and where each belongs."""
        with self.steps.stage("join") as done:
            if not self.passes.has("joined"):
                report = self.steps.reporter("join")
                components = project(store, found.model, lambda fraction: report(0.5 * fraction))
                ids = CellGroups.of(found.names, self.params.min_cells_per_cluster)
                joined = join_cells(
                    components,
                    sketch,
                    ids.codes,
                    found.places,
                    self.params.seed,
                    lambda fraction: report(0.5 + 0.5 * fraction),
                )
                kept = {name: value for name, value in asdict(joined).items() if value is not None}
                self.passes.save("joined", kept | {"components": components})
            stored = self.passes.load("joined")
            components = stored.pop("components")
            joined = JoinedCells(
                codes=stored["codes"],
                agreement=stored["agreement"],
                nearest=stored["nearest"],
                places=stored.get("places"),
            )
            n_others = store.n_cells - sketch.size
            done.summary = f"{n_others:,} cells joined to their nearest in the sketch"
            if n_others and own is None:
                done.summary += f"; {joined.n_unsure:,} of them are unsure"
        if n_others and own is None:
            self.steps.notice(
                f"Clusters were found on a sketch of {sketch.size:,} cells; the other {n_others:,} joined "
                f"those of their nearest cells in it. {joined.n_unsure:,} of these are unsure: less than "
                f"{UNSURE:.0%} of what is near them agrees (obs column {AGREEMENT})."
            )
        return components, joined

    # ---------------------------------------------------------------- onto all cells

    def _keep_groups(
        self, found: SketchGroups, joined: JoinedCells, sketch: np.ndarray, own: CellGroups | None
    ) -> tuple[CellGroups, str]:
        in_sketch = np.zeros(self.adata.n_obs, dtype=bool)
        in_sketch[sketch] = True
        self.adata.obs[IN_SKETCH] = in_sketch
        if own is not None:
            store_clusters(self.adata.obs, own, str(self.params.cluster_column), self.steps, computed=False)
            return own, str(self.params.cluster_column)
        ids = CellGroups.of(found.names, self.params.min_cells_per_cluster).ids
        names = np.asarray(ids, dtype=object)[joined.codes]
        n_others = self.whole.n_others if self.whole else 0
        groups = CellGroups.of(names, self.params.min_cells_per_cluster, n_others)
        store_clusters(self.adata.obs, groups, COMPUTED_KEY, self.steps, computed=True)
        self.adata.obs[AGREEMENT] = joined.agreement
        self.adata.uns["cassia_clustering"] = {**found.note, "sketch_cells": int(sketch.size)}
        return groups, COMPUTED_KEY

    def _keep_places(self, components: np.ndarray, found: SketchGroups, joined: JoinedCells) -> None:
        self._put("X_pca", components)
        if found.moved is not None:
            self._put("X_pca_harmony", components + found.moved[joined.nearest])
        if joined.places is not None:
            self._put("X_umap", joined.places.astype(np.float32))

    def _put(self, name: str, values: np.ndarray) -> None:
        if name in self.adata.obsm:
            self.adata.obsm[f"{name}_original"] = self.adata.obsm[name]
        self.adata.obsm[name] = values

    def _markers(self, store: GeneStore, groups: CellGroups) -> MarkersOfClusters:
        refusal = refusal_of(groups, self.params)
        if refusal is not None:
            self.steps.notice(str(refusal))
            table, frame, expression = no_markers(groups, refusal)
            return MarkersOfClusters(
                table=table, frame=frame, expression=expression, statistics=None, refusal=refusal
            )
        with self.steps.stage("markers") as done:
            if not self.passes.has("statistics"):
                self.passes.save("statistics", _arrays_of(self._rank(store, groups)))
            statistics = _statistics_of(self.passes.load("statistics"), self.genes)
            frame = statistics.frame()
            table = groups.marker_table(frame, self.spec.markers)
            alone = replace(groups, n_others=0)
            if self.params.markers_against == "both" and self.whole is not None and alone.tested():
                among = self._ranked(store, alone, alone.tested_codes()).frame()
                table = alternate(
                    table, alone.marker_table(among, self.spec.markers), statistics, self.spec.markers.n_genes
                )
            with_genes = sum(bool(c.genes) for c in table.clusters)
            done.summary = f"{with_genes} of {len(groups.ids)} clusters have markers, from all cells"
        expression = CellExpression(statistics, self.findings.species)
        return MarkersOfClusters(
            table=table, frame=frame, expression=expression, statistics=statistics, refusal=None
        )

    def _rank(self, store: GeneStore, groups: CellGroups) -> ClusterStatistics:
        if self.whole is None:
            return self._ranked(store, groups, groups.tested_codes())
        return self._ranked(self.whole.store, groups, self.whole.codes(groups.tested_codes()))

    def _ranked(self, store: GeneStore, groups: CellGroups, codes: np.ndarray) -> ClusterStatistics:
        return rank_blocks(
            gene_chunks(store),
            self.genes,
            codes,
            groups.tested(),
            self.spec.markers.method,
            self.steps.reporter("markers"),
        )

    def _read_inside(self, found: SketchGroups, joined: JoinedCells, groups: CellGroups) -> None:
        """Kinds in every cluster, counted over all cells: each is of the kind of its nearest cell in the
        sketch.
        """
        kinds: dict[str, ClusterInside] = {}
        if found.kinds:
            readings = found.readings[joined.nearest]
            kinds = {
                cluster: _counted(inside, readings[groups.codes == groups.ids.index(cluster)])
                for cluster, inside in found.kinds.items()
                if cluster in groups.ids
            }
            self.adata.obs[READING] = pd.Categorical(pd.Series(readings, dtype=object).replace("", None))
            self.adata.obs[READING_SCORE] = found.reading_scores[joined.nearest]
        samples = samples_by_cluster(self.adata, self.findings, self.spec, groups)
        self.steps.inside_read(DatasetInside(kinds=kinds, samples=samples, borders=found.borders))


@dataclass(frozen=True, slots=True, kw_only=True)
class _WholeStore(ClusteredPart):
    """All cells of the file, and which of them are clustered."""

    store: GeneStore


def _with_all_clusters(sketch: np.ndarray, own: CellGroups, seed: int, least: int = 200) -> np.ndarray:
    """The sketch, with at least so many cells of every cluster of the file, where it has them."""
    rng = np.random.default_rng(seed)
    parts = [sketch]
    for code in range(len(own.ids)):
        there = np.flatnonzero(own.codes == code)
        missing = min(least, there.size) - int((own.codes[sketch] == code).sum())
        if missing > 0:
            parts.append(rng.choice(np.setdiff1d(there, sketch, assume_unique=True), missing, replace=False))
    return np.sort(np.concatenate(parts))


def _counted(inside: ClusterInside, readings: np.ndarray) -> ClusterInside:
    """The kinds of a cluster with the number of all its cells of each, largest first."""
    sizes = pd.Series(readings).value_counts()
    kinds = [
        KindInside(label=k.label, n_cells=int(sizes.get(k.label, 0)), confidence=k.confidence)
        for k in inside.kinds
    ]
    return replace(inside, kinds=tuple(sorted(kinds, key=lambda kind: -kind.n_cells)))


def _arrays_of(statistics: ClusterStatistics) -> dict[str, Any]:
    found = {f.name: getattr(statistics, f.name) for f in fields(statistics) if f.name != "genes"}
    return found | {"clusters": np.array(statistics.clusters, dtype=str)}


def _statistics_of(stored: dict[str, np.ndarray], genes: tuple[str, ...]) -> ClusterStatistics:
    return ClusterStatistics(
        clusters=tuple(map(str, stored["clusters"])),
        genes=genes,
        n_cells=stored["n_cells"],
        **{name: stored[name] for name in FIELDS},
    )


def _needs_memory(why: str, remedy: str) -> AnnDataError:
    return AnnDataError("This cannot be done while the counts stay on disk.", why, remedy)
