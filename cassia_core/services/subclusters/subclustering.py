"""Look inside clusters of a run: their cells clustered and annotated anew, as a run of their own that knows
its parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cassia_core.data.cells.load_cells import MIN_CELLS
from cassia_core.data.h5ad.annotated_file import cluster_column_of
from cassia_core.domain.config import (
    AnnotationParams,
    ClusteringParams,
    DatasetSpec,
    MarkersAgainst,
    PartOf,
    QCParams,
    ReadOptions,
    RunConfig,
)
from cassia_core.errors import ConfigError, InputError, RunError, RunLocked
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import find_dataset
from cassia_core.services.labels import review
from cassia_core.services.runs import results, runs

FEWEST_CELLS = MIN_CELLS
"""Fewer cells than this cannot be clustered again."""


def start_child(
    run_id: str,
    dataset: str,
    clusters: tuple[str, ...],
    *,
    clustering: Mapping[str, Any] | None = None,
    annotation: AnnotationParams | None = None,
    replay_from: str = "",
    keys: Mapping[str, str] | None = None,
    root: Path | None = None,
) -> str:
    """Cluster and annotate the cells of some clusters of a finished run anew, in a run of their own.

    Parameters
    ----------
    run_id, dataset
        The parent run and its dataset of cells.
    clusters
        Exact ids of one or more of its clusters.
    clustering, annotation
        See `child_config`.
    replay_from
        Directory of a run whose recorded answers are used instead of asking anyone.
    keys
        Provider name to key, as in `runs.start_run`.

    Returns
    -------
    str
        Id of the new run, which lies beside its parent.

    Raises
    ------
    RunLocked
        When the parent is still being worked on.
    ConfigError, InputError, RunError
        See `child_config`.
    """
    config = child_config(run_id, dataset, clusters, clustering=clustering, annotation=annotation, root=root)
    return runs.start_run(replace(config, replay_from=replay_from), keys, root)


def child_config(
    run_id: str,
    dataset: str,
    clusters: tuple[str, ...],
    *,
    clustering: Mapping[str, Any] | None = None,
    annotation: AnnotationParams | None = None,
    root: Path | None = None,
) -> RunConfig:
    """What `start_child` would run: the parent's settings, its annotated file, and the clusters named.

    Variable genes, components, neighbours, clusters and map are computed for these cells alone. Markers come
    in turn
    from a comparison of each new cluster with all other cells of the parent and with the other new clusters
    ("both"),
    unless `clustering` sets `markers_against` (or the test is logistic regression, which knows only
    "subset"). Why:
    docs/guide/subclusters.md.

    Parameters
    ----------
    clustering
        Fields of `ClusteringParams` that differ from the parent's, such as `resolution` (None: a suggested
        one),
        `n_neighbors`, `n_pcs`, `batch_column` with `batch_method`, `markers_against`, `seed`.
    annotation
        The agents; None: the parent's, or none where it had none.

    Raises
    ------
    ConfigError
        When a cluster is not in the results, none is named, or a field of `clustering` cannot be set.
    InputError
        When the parent read a marker table, or the clusters have too few cells.
    RunError
        When the parent has not written its cells.
    RunLocked
        When the parent is still being worked on.
    """
    layout = runs.find_run(run_id, root)
    _require_ended(run_id, root)
    parent = runs.load_config(run_id, root)
    of_parent = results.load_results(run_id, dataset, root)
    chosen = tuple(dict.fromkeys(map(str, clusters)))
    path = _cells_of(layout, of_parent)
    _require_clusters(of_parent, chosen)
    labels = {item.cluster: item.label for item in review.labels(run_id, dataset, root, rows=of_parent.rows)}
    part = PartOf(
        run=run_id,
        dataset=dataset,
        clusters=chosen,
        labels=tuple(labels.get(c, "") for c in chosen),
        title=parent.title or dataset,
    )
    return RunConfig(
        datasets=(_child_spec(of_parent, path, chosen, clustering or {}),),
        annotation=annotation or parent.annotation,
        output_dir=parent.output_dir,
        title=f"{part.title}, inside {_words(chosen)}",
        part_of=part,
        tags=parent.tags,
    )


def n_cells_of(parent: results.DatasetResults, clusters: tuple[str, ...]) -> int:
    """Number of cells of some clusters together."""
    sizes = {c.cluster: c.n_cells or 0 for c in parent.markers.clusters} if parent.markers else {}
    return sum(sizes.get(c, 0) for c in clusters)


def _require_ended(run_id: str, root: Path | None) -> None:
    if runs.view_run(run_id, root).state in ("queued", "running"):
        raise RunLocked(
            "This run is still being worked on.",
            "Its clusters may still change.",
            "Wait until it is done, then look inside its clusters.",
        )


def _cells_of(layout: RunLayout, parent: results.DatasetResults) -> Path:
    """The parent's annotated file: all its cells with their clusters."""
    if parent.findings is not None and parent.findings.kind == "markers":
        raise InputError(
            "There are no cells to look into.",
            "This run read a table of markers, not cells.",
            "Open the file with the cells and run it; then look inside its clusters.",
        )
    path = find_dataset(layout, parent.spec.name)[1].annotated_h5ad
    if not path.exists():
        raise RunError(
            f"The cells of {parent.spec.name} are not there.",
            "The run ended before it wrote them, or the file was removed.",
            "Resume the run, then look inside its clusters.",
        )
    return path


def _require_clusters(parent: results.DatasetResults, chosen: tuple[str, ...]) -> None:
    there = parent.markers.ids() if parent.markers else ()
    unknown = [c for c in chosen if c not in there]
    if unknown or not chosen:
        raise ConfigError(
            f"There is no cluster {', '.join(unknown)}." if unknown else "No cluster is chosen.",
            f"The clusters are: {', '.join(there)}. Names are matched exactly.",
            "Choose one or more of them.",
        )
    n_cells = n_cells_of(parent, chosen)
    if n_cells < FEWEST_CELLS:
        raise InputError(
            f"The cells of {_words(chosen)} cannot be divided.",
            f"{n_cells} are too few; at least {FEWEST_CELLS} are needed.",
            "Choose a larger cluster, or several together.",
        )


def _child_spec(
    parent: results.DatasetResults, path: Path, chosen: tuple[str, ...], changes: Mapping[str, Any]
) -> DatasetSpec:
    """The parent's dataset, read from its annotated file: its genes and values are in order, its cells were
    chosen.
    """
    spec = parent.spec
    against: MarkersAgainst = "subset" if spec.markers.method == "logreg" else "both"
    expression = spec.clustering.expression or (parent.findings.expression if parent.findings else "") or None
    base = replace(
        spec.clustering,
        cluster_column=cluster_column_of(path),
        subset_clusters=chosen,
        embedding=None,
        expression=expression,
        markers_against=against,
    )
    return replace(
        spec,
        name=f"{spec.name}_{_words(chosen)}",
        path=str(path),
        sha256="",
        # A part of cells that stayed on disk may take no more memory than the whole could.
        read=ReadOptions(memory_gb=spec.read.memory_gb),
        qc=QCParams(min_cells_per_gene=spec.qc.min_cells_per_gene),
        clustering=_changed(base, changes),
        markers=replace(spec.markers, own_test=None),
        only_clusters=(),
    )


def _changed(base: ClusteringParams, changes: Mapping[str, Any]) -> ClusteringParams:
    fixed = {"cluster_column", "subset_clusters", "embedding", "expression"} & set(changes)
    unknown = set(changes) - set(ClusteringParams.__dataclass_fields__)
    if fixed or unknown:
        raise ConfigError(
            f"`clustering` cannot set {', '.join(sorted(fixed | unknown))}.",
            "The cells and values of a part are those of the parent run, and other names mean nothing.",
            "Set resolution, n_neighbors, n_pcs, batch_column, batch_method, markers_against or seed.",
        )
    return replace(base, **changes)


def _words(clusters: tuple[str, ...]) -> str:
    return f"cluster {clusters[0]}" if len(clusters) == 1 else f"clusters {', '.join(clusters)}"
