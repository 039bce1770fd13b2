"""What is found on the cells of a sketch by the steps that all cells of a small file go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import anndata as ad
import numpy as np

from cassia_core.data.clustering.borders import borders_of
from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.cell_space import CellSpace, variable_space
from cassia_core.data.clustering.clustering_steps import Steps
from cassia_core.data.clustering.expression_matrix import Expression, log_normalised
from cassia_core.data.clustering.leiden_groups import leiden_groups, reader_for
from cassia_core.data.clustering.reading_cells import CellReader, read_cells
from cassia_core.data.kernels.pca import ComponentModel
from cassia_core.data.kernels.umap import UmapJob
from cassia_core.data.large.passes import as_text, from_text
from cassia_core.data.large.store_genes import cells_of_store
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import MatrixInfo
from cassia_core.domain.inside import Border, ClusterInside, KindInside

_MODEL = ("genes", "mean", "std", "centre", "loadings")


@dataclass(frozen=True, slots=True, kw_only=True)
class SketchGroups:
    """Clusters (`names`), places on the map (None where none was made) and readings of the sketch's cells,
    in order.

    `model` places further cells among the components; `moved` is what bringing samples together did to each
    cell's components, None where nothing was done. `readings` are "" where a cluster was not read.
    """

    names: np.ndarray
    places: np.ndarray | None
    model: ComponentModel
    moved: np.ndarray | None
    readings: np.ndarray
    reading_scores: np.ndarray
    kinds: dict[str, ClusterInside]
    borders: dict[str, tuple[Border, ...]]
    note: dict[str, object]

    def arrays(self) -> dict[str, Any]:
        """As arrays and text, to be kept on disk."""
        found: dict[str, Any] = {f"model_{name}": getattr(self.model, name) for name in _MODEL}
        found |= {"model_max_value": self.model.max_value, "names": self.names.astype(str)}
        found |= {"readings": self.readings.astype(str), "reading_scores": self.reading_scores}
        for name in ("places", "moved"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        said = {
            "kinds": {cluster: asdict(inside) for cluster, inside in self.kinds.items()},
            "borders": {cluster: [asdict(b) for b in borders] for cluster, borders in self.borders.items()},
            "note": self.note,
        }
        return found | {"said": as_text(said)}

    @classmethod
    def of_arrays(cls, stored: dict[str, np.ndarray]) -> SketchGroups:
        """What `arrays` gave."""
        said = from_text(stored["said"])
        model = ComponentModel(
            max_value=float(stored["model_max_value"]), **{name: stored[f"model_{name}"] for name in _MODEL}
        )
        return cls(
            names=stored["names"].astype(object),
            places=stored.get("places"),
            model=model,
            moved=stored.get("moved"),
            readings=stored["readings"].astype(object),
            reading_scores=stored["reading_scores"],
            kinds={cluster: _inside_of(inside) for cluster, inside in said["kinds"].items()},
            borders={
                c: tuple(Border(**border) for border in borders) for c, borders in said["borders"].items()
            },
            note=said["note"],
        )


def group_sketch(
    store: GeneStore,
    sketch: np.ndarray,
    n_values: np.ndarray,
    cells: ad.AnnData,
    spec: DatasetSpec,
    reader: CellReader | None,
    steps: Steps,
    *,
    own: np.ndarray | None,
    needs_map: bool,
) -> SketchGroups:
    """Variable genes, components, neighbours, map, clusters and readings of the cells of a sketch.

    Parameters
    ----------
    sketch
        Positions in the store.
    n_values
        Values of every cell of the sketch.
    cells
        Tables of all cells, without values.
    own
        Clusters that the file gives the cells of the sketch; None: they are computed.
    """
    some, expression = _values_of(store, sketch, n_values, cells, spec, steps)
    space = variable_space(some, expression, spec.clustering, spec.qc, steps)
    job = UmapJob(space.graph.connectivities, space.components, spec.clustering.seed) if needs_map else None
    if job is not None:
        steps.begin("umap")
        steps.beside(job.start())
    try:
        names, note = own, {}
        if names is None:
            with steps.stage("leiden") as done:
                found = steps.patiently(
                    lambda: leiden_groups(space, expression, spec.clustering, reader, steps)
                )
                done.summary, names, note = found.summary, found.names, found.note
        grouped = _read(space, expression, names, spec, reader, steps)
        if job is not None:
            steps.wait_beside()
            steps.end("umap", f"{sketch.size:,} cells of the sketch; the others lie between their nearest")
    finally:
        if job is not None:
            job.stop()
    return replace(
        grouped,
        note=note,
        places=None if job is None else job.embedding(),
        moved=None if "X_pca_harmony" not in some.obsm else space.components - some.obsm["X_pca"],
    )


def _values_of(
    store: GeneStore,
    sketch: np.ndarray,
    n_values: np.ndarray,
    cells: ad.AnnData,
    spec: DatasetSpec,
    steps: Steps,
) -> tuple[ad.AnnData, Expression]:
    """The sketch as cells in memory, and their log-normalised values."""
    with steps.stage("normalise") as done:
        matrix = cells_of_store(store, sketch, n_values, steps.reporter("normalise"))
        some = ad.AnnData(X=matrix, obs=cells.obs.iloc[sketch].copy(), var=cells.var.copy())
        state = MatrixInfo(
            location="X",
            state="counts" if store.is_counts else "log_normalised",
            n_genes=store.n_genes,
            log_base=None if store.is_counts else "e",
        )
        del matrix
        expression = steps.patiently(
            lambda: log_normalised(some, state, spec.clustering.target_sum, steps.notice)
        )
        done.summary = f"{sketch.size:,} cells of the sketch, {store.n_genes:,} genes"
    return some, expression


def _read(
    space: CellSpace,
    expression: Expression,
    names: np.ndarray,
    spec: DatasetSpec,
    reader: CellReader | None,
    steps: Steps,
) -> SketchGroups:
    groups = CellGroups.of(names, spec.clustering.min_cells_per_cluster)
    readings, scores = np.full(names.size, "", dtype=object), np.full(names.size, np.nan, dtype=np.float32)
    kinds: dict[str, ClusterInside] = {}
    if groups.tested() and (reading := reader_for(expression, reader)):
        work: Callable = lambda: read_cells(expression, groups, reading, spec.clustering.seed)  # noqa: E731
        found = steps.patiently(work)
        readings = np.where(found.names == None, "", found.names)  # noqa: E711  an array is compared
        scores, kinds = found.scores, found.inside
    assert space.model is not None, "a sketch is clustered on variable genes"
    return SketchGroups(
        names=names,
        places=None,
        model=space.model,
        moved=None,
        readings=readings,
        reading_scores=scores,
        kinds=kinds,
        borders=borders_of(space.graph.connectivities, groups),
        note={},
    )


def _inside_of(stored: dict) -> ClusterInside:
    kinds = tuple(KindInside(**kind) for kind in stored["kinds"])
    return ClusterInside(kinds=kinds, deciding=tuple(stored["deciding"]), rival=stored["rival"])
