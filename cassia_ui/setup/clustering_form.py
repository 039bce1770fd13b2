"""Which clusters: those of the file, or computed ones with every setting explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from cassia_core.domain.config import FINE, NEW_MAP, ClusteringParams, ReadOptions
from cassia_core.domain.findings import ColumnInfo, Findings
from cassia_ui.frame import session
from cassia_ui.setup import clustering_help
from cassia_ui.setup.nudges import offer_samples

OWN, COMPUTE = "Keep clusters of the file", "Compute clusters (Leiden)"
AS_FINE, SUGGESTED, FIXED = "As fine as the cells carry", "Suggest the resolution", "A fixed resolution"
HOW = (AS_FINE, SUGGESTED, FIXED)
VIGNETTE = 0.4
"""The resolution of CASSIA's scanpy vignette."""
MOST_SAMPLES = 100
_MAP_WORDS = ("umap", "tsne", "draw_graph", "phate", "diffmap", "force")
_USABLE = ("counts", "counts_like", "log_normalised")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most neighbours and components that the data allow."""

    n_cells: int
    n_genes: int

    @property
    def neighbors(self) -> int:
        return max(2, min(200, self.n_cells - 1))

    @property
    def components(self) -> int:
        return max(2, min(200, self.n_cells - 1, self.n_genes - 1))


def caps_of(findings: Findings, read: ReadOptions) -> Caps:
    """Caps from the cells that a run starts from; limits of quality may lower them further."""
    n_cells = findings.n_cells or 0
    return Caps(n_cells=min(n_cells, read.max_cells or n_cells), n_genes=findings.n_genes or 0)


def draw_clusters(findings: Findings) -> bool:
    """Draw the choice and keep it in the draft; returns whether clusters are to be computed."""
    st.subheader("Clusters", anchor=False)
    now = session.draft().clustering
    own = [c for c in findings.obs_columns if c.kind == "categorical"]
    own.sort(key=lambda c: {"clusters": 0, "labels": 2}.get(c.looks_like, 1))
    way = st.segmented_control(
        "Clusters",
        [COMPUTE, OWN] if own else [COMPUTE],
        required=True,
        key="draft_way",
        default=OWN if now.cluster_column and own else COMPUTE,
        label_visibility="collapsed",
    )
    computes = way == COMPUTE
    if computes:
        params = _leiden(replace(now, cluster_column=None), findings, own)
    else:
        params = _advanced_of_own(replace(now, cluster_column=_column(now, own)), findings)
    session.change_draft(clustering=params)
    return computes


def _column(now: ClusteringParams, own: list[ColumnInfo]) -> str:
    names = [c.name for c in own]
    return st.selectbox(
        "Column with the clusters",
        names,
        key="draft_column",
        index=_at(names, now.cluster_column),
        format_func=lambda n: _column_line(own, n),
    )


def _column_line(columns: list[ColumnInfo], name: str) -> str:
    column = next(c for c in columns if c.name == name)
    return f"{name}: {column.n_values} groups ({', '.join(column.examples[:3])} ...)"


def _leiden(now: ClusteringParams, findings: Findings, columns: list[ColumnInfo]) -> ClusteringParams:
    caps = caps_of(findings, session.draft().read)
    how = draw_how_finely(now, "draft")
    first, second, third = st.columns(3)
    with first:
        resolution = draw_resolution(now, how, "draft")
    neighbors = second.number_input(
        "Neighbours",
        2,
        caps.neighbors,
        min(now.n_neighbors, caps.neighbors),
        key="draft_neighbors",
        help=f"{clustering_help.NEIGHBORS} At most {caps.neighbors} here: fewer than the cells.",
    )
    n_pcs = third.number_input(
        "Principal components",
        2,
        caps.components,
        min(now.n_pcs, caps.components),
        key="draft_pcs",
        help=f"{clustering_help.COMPONENTS} At most {caps.components} here: fewer than the cells and the "
        "genes.",
    )
    _say_what_is_capped(neighbors, n_pcs, caps)
    params = replace(now, resolution=resolution, n_neighbors=neighbors, n_pcs=n_pcs)
    params = _samples(params, columns)
    with st.expander("Advanced"):
        params = _variable_genes(params)
        params = _small_print(params, findings)
    return params


def draw_how_finely(now: ClusteringParams, prefix: str) -> str:
    """Which way clusters become as fine as they are; `prefix` is the head of the control's key."""
    return st.segmented_control(
        "How finely",
        HOW,
        default=how_finely(now.resolution),
        required=True,
        key=f"{prefix}_how",
        help=clustering_help.HOW_FINELY,
    )


def draw_resolution(now: ClusteringParams, how: str, prefix: str) -> float | Literal["fine"] | None:
    """The resolution that goes with the way chosen, set by hand where that is the way."""
    resolution = st.slider(
        "Resolution",
        0.1,
        3.0,
        now.resolution if isinstance(now.resolution, float) else VIGNETTE,
        0.1,
        disabled=how != FIXED,
        key=f"{prefix}_resolution",
        help=clustering_help.RESOLUTION,
    )
    return chosen_resolution(how, resolution)


def how_finely(resolution: float | str | None) -> str:
    """The way to choose a resolution that one goes with."""
    if resolution is None:
        return SUGGESTED
    return AS_FINE if resolution == FINE else FIXED


def _say_what_is_capped(neighbors: int, n_pcs: int, caps: Caps) -> None:
    usual = ClusteringParams()
    capped = [
        f"{value} {name}"
        for name, value, cap, default in (
            ("neighbours", neighbors, caps.neighbors, usual.n_neighbors),
            ("components", n_pcs, caps.components, usual.n_pcs),
        )
        if value == cap < default
    ]
    if capped:
        st.caption(
            f":material/info: {' and '.join(capped)}: the most that {caps.n_cells:,} cells and "
            f"{caps.n_genes:,} genes "
            "allow."
        )


def _samples(now: ClusteringParams, columns: list[ColumnInfo]) -> ClusteringParams:
    """The column of samples, and whether they are brought together; the column also serves the doublets."""
    fit = sorted(
        (c for c in columns if 1 < c.n_values <= MOST_SAMPLES), key=lambda c: c.looks_like != "sample"
    )
    if not fit:
        return replace(now, batch_column=None, batch_method="none")
    names = [None, *(c.name for c in fit)]
    qc = session.draft().qc
    column_now = now.batch_column or qc.sample_column
    left, right = st.columns((3, 2), vertical_alignment="bottom")
    column = left.selectbox(
        "Sample of each cell",
        names,
        key="draft_batch",
        index=_at(names, column_now),
        format_func=lambda n: "one sample, or it does not matter" if n is None else _column_line(fit, n),
        help=clustering_help.SAMPLES,
    )
    harmony = right.toggle(
        "Join the samples (Harmony)",
        now.batch_method == "harmony" and column is not None,
        disabled=column is None,
        key="draft_harmony",
        help=clustering_help.HARMONY,
    )
    harmony = harmony and column is not None
    if column is None:
        offer_samples(fit)
    if harmony:
        st.caption(f":material/info: {clustering_help.HARMONY}")
    session.change_draft(qc=replace(qc, sample_column=column))
    return replace(now, batch_column=column, batch_method="harmony" if harmony else "none")


def _variable_genes(now: ClusteringParams) -> ClusteringParams:
    first, second, third, fourth = st.columns(4)
    top = first.number_input(
        "Variable genes (0: by cut-offs)",
        0,
        20_000,
        now.n_top_genes or 0,
        100,
        key="draft_top_genes",
        help=clustering_help.TOP_GENES,
    )
    fixed = top > 0
    low = second.number_input(
        "Mean, at least",
        0.0,
        10.0,
        now.min_mean,
        0.01,
        format="%.4f",
        disabled=fixed,
        key="draft_min_mean",
        help=clustering_help.MIN_MEAN,
    )
    high = third.number_input(
        "Mean, at most",
        0.1,
        20.0,
        now.max_mean,
        0.5,
        disabled=fixed,
        key="draft_max_mean",
        help=clustering_help.MAX_MEAN,
    )
    spread = fourth.number_input(
        "Dispersion, at least",
        -5.0,
        10.0,
        now.min_disp,
        0.1,
        disabled=fixed,
        key="draft_min_disp",
        help=clustering_help.MIN_DISPERSION,
    )
    return replace(now, n_top_genes=top or None, min_mean=low, max_mean=high, min_disp=spread)


def _small_print(now: ClusteringParams, findings: Findings) -> ClusteringParams:
    first, second, third = st.columns(3)
    cap = first.number_input(
        "Scaled values, at most",
        1.0,
        100.0,
        now.max_value,
        1.0,
        key="draft_max_value",
        help=clustering_help.MAX_VALUE,
    )
    fewest = _fewest_cells(second, now)
    seed = third.number_input("Seed", 0, 1_000_000, now.seed, key="draft_seed", help=clustering_help.SEED)
    return _sources(replace(now, max_value=cap, min_cells_per_cluster=fewest, seed=seed), findings)


def _advanced_of_own(now: ClusteringParams, findings: Findings) -> ClusteringParams:
    """What counts beside the file's own clusters. The settings of computed ones are kept for a change of
    mind.
    """
    with st.expander("Advanced"):
        return _sources(replace(now, min_cells_per_cluster=_fewest_cells(st, now)), findings)


def _fewest_cells(place, now: ClusteringParams) -> int:
    return place.number_input(
        "Cells in a cluster, at least",
        2,
        1000,
        now.min_cells_per_cluster,
        key="draft_min_cells",
        help=clustering_help.MIN_CELLS,
    )


def _sources(now: ClusteringParams, findings: Findings) -> ClusteringParams:
    """Which map is shown, and which values are used, where the file leaves a choice."""
    left, right = st.columns(2)
    return replace(now, embedding=_map(left, now, findings), expression=_values(right, now, findings))


def _map(place, now: ClusteringParams, findings: Findings) -> str | None:
    maps = [n for n in findings.embeddings if any(word in n.lower() for word in _MAP_WORDS)]
    others = [n for n in findings.embeddings if n not in maps]
    if not findings.embeddings:
        place.caption("Map: the file has none, so one is computed (UMAP).")
        return None
    names = [None, *maps, *others, NEW_MAP]
    words: dict[str | None, str] = {
        None: f"the file's own ({maps[0]})" if maps else "compute one (UMAP): the file has none",
        NEW_MAP: "compute a new one (UMAP)",
        **{n: f"{n}, its first two columns" for n in others},
    }
    return place.selectbox(
        "Map to show",
        names,
        index=_at(names, now.embedding),
        key="draft_map",
        format_func=lambda n: words.get(n, n),
        help=clustering_help.MAP,
    )


def _values(place, now: ClusteringParams, findings: Findings) -> str | None:
    usable = [m for m in findings.matrices if m.state in _USABLE]
    if len(usable) < 2:
        return now.expression
    names = [None, *(m.location for m in usable)]
    words = {m.location: f"{m.location}: {m.state.replace('_', '-')}, {m.n_genes:,} genes" for m in usable}
    return place.selectbox(
        "Values to compute from",
        names,
        index=_at(names, now.expression),
        key="draft_values",
        format_func=lambda n: words.get(n, f"our choice ({findings.expression})"),
        help=clustering_help.VALUES,
    )


def _at(names: Sequence[str | None], chosen: str | None) -> int:
    return names.index(chosen) if chosen in names else 0


def chosen_resolution(how: str, resolution: float) -> float | Literal["fine"] | None:
    """The resolution that goes with one of the ways to choose it."""
    if how == SUGGESTED:
        return None
    return FINE if how == AS_FINE else resolution
