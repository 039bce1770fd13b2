"""The map of the page Results: one panel or several, each with colours of its own."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cassia_core.services.clusters.inside import READING
from cassia_core.services.labels import review
from cassia_core.services.labels.names import name_in_full
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.plots import gene_plots
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.map.colouring import (
    BY_CLUSTER,
    BY_COLUMN,
    BY_EVIDENCE,
    BY_GENE,
    BY_LIGHT,
    BY_READING,
    BY_SCORE,
    BY_TYPE,
    Colouring,
    colour_by_column,
    colour_by_gene,
    colour_by_reading,
    colour_by_row,
)
from cassia_ui.map.umap import CellMap, ClustersOfCells, MapChoice, draw_panel, open_map
from cassia_ui.results.chosen_cluster import chosen_cluster, open_cluster
from cassia_ui.results.gene_choice import choose_gene, genes_to_offer

WAYS = (BY_TYPE, BY_CLUSTER, BY_READING, BY_LIGHT, BY_EVIDENCE, BY_SCORE, BY_GENE, BY_COLUMN)
PANELS = (1, 2, 4)
NARROWEST = 300
"""Panels narrower than this stand below each other (pixels)."""
LOW = 240
"""Height of each of four panels; of one or two it is the page's choice."""
_PANELS, _PANELS_WIDGET = "panels_of_map", "results_panels"


def n_panels() -> int:
    """How many panels the map has now."""
    return session.value(_PANELS, PANELS[0])


def draw_ways(data: DatasetResults) -> None:
    """The choice of what colours the map, where there is one panel."""
    ways = _ways(data)
    session.remember(
        _way_of(1),
        st.segmented_control(
            "Colour by",
            ways,
            default=_kept_way(1, ways),
            required=True,
            key="results_colour",
            label_visibility="collapsed",
        ),
    )


def draw_results_map(data: DatasetResults, labels: Mapping[str, ReviewedLabel], *, height: int) -> MapChoice:
    """Draw all panels, and say what was chosen on them."""
    n = n_panels()
    with st.container(horizontal=True):
        name = st.selectbox(
            "Map",
            data.view.embeddings(),
            key="results_map",
            persist_state="session",
            label_visibility="collapsed",
            width=120,
            format_func=_short,
        )
        way = _kept_way(1, _ways(data))
        only = _colouring(data, labels, 1, way) if n == 1 else None
        st.space("stretch")
        st.segmented_control(
            "Panels",
            PANELS,
            default=n,
            required=True,
            key=_PANELS_WIDGET,
            on_change=_keep_panels,
            label_visibility="collapsed",
            format_func=lambda k: "1 panel" if k == 1 else str(k),
            help="Maps side by side, each with its own colours. They move, zoom and choose together.",
        )
    with st.container(gap=None):
        cells = open_map(
            data.view.embedding(name),
            _clusters_of_cells(data, labels),
            key=data.spec.name,
            axes=f"{_short(name)} 1 → {_short(name)} 2 ↑",
            chosen_cluster=chosen_cluster(),
        )
        if only:
            draw_panel(cells, only, height=height, boxed=_boxed(data, labels, way, only))
        else:
            _draw_several(cells, data, labels, n, height if n == PANELS[1] else LOW)
    return cells.choice


def _draw_several(
    cells: CellMap, data: DatasetResults, labels: Mapping[str, ReviewedLabel], n: int, height: int
) -> None:
    ways = _ways(data)
    grid = st.grid(2, min_column_width=NARROWEST)
    for panel in range(1, n + 1):
        with grid.cell():
            with st.container(horizontal=True, gap="xsmall"):
                way = st.selectbox(
                    f"Colour panel {panel} by",
                    ways,
                    index=ways.index(_kept_way(panel, ways)),
                    width=130,
                    key=f"panel_{panel}_way",
                    label_visibility="collapsed",
                )
                session.remember(_way_of(panel), way)
                colouring = _colouring(data, labels, panel, way)
            draw_panel(
                cells, colouring, panel=panel, height=height, boxed=_boxed(data, labels, way, colouring)
            )


def _boxed(data: DatasetResults, labels: Mapping[str, ReviewedLabel], way: str, colouring: Colouring) -> str:
    """The category of the cluster whose card is open, "" for none."""
    chosen = open_cluster(data.rows)
    if way == BY_CLUSTER:
        return chosen
    name = labels[chosen].short.casefold() if way == BY_TYPE and chosen in labels else ""
    return next((c for c in colouring.categories if name and c.casefold() == name), "")


def _colouring(data: DatasetResults, labels: Mapping[str, ReviewedLabel], panel: int, way: str) -> Colouring:
    if way == BY_GENE:
        cluster = open_cluster(data.rows)
        offered = genes_to_offer(data, cluster)
        first = _first_gene(data, offered, cluster, panel)
        return colour_by_gene(
            data, choose_gene(data, offered, first, key=f"panel_{panel}_gene_{data.spec.name}")
        )
    if way == BY_COLUMN:
        names = [c.name for c in data.view.columns()]
        column = st.selectbox(
            "Column",
            names,
            key=f"panel_{panel}_column_{data.spec.name}",
            persist_state="session",
            label_visibility="collapsed",
        )
        return colour_by_column(data, column)
    if way == BY_READING:
        return colour_by_reading(data)
    return colour_by_row(data, labels, way)


def _first_gene(data: DatasetResults, offered: tuple[str, ...], cluster: str, panel: int) -> str:
    """The top marker of the chosen cluster in the first panels, then genes behind the labels of other
    clusters.
    """
    if panel <= PANELS[1]:
        return offered[0]
    of_others = gene_plots.genes_behind_labels(
        [r for r in data.rows if r.cluster != cluster], data.spec.species, len(data.rows)
    )
    further = [g for g in dict.fromkeys([*of_others, *offered]) if g in offered and g != offered[0]]
    return further[panel - PANELS[1] - 1] if len(further) >= panel - PANELS[1] else offered[0]


def _ways(data: DatasetResults) -> tuple[str, ...]:
    """What these cells can be coloured by."""
    opinions = any(r.opinion is not None for r in data.rows)
    absent = {
        BY_EVIDENCE: not any(r.evidence for r in data.rows) or opinions,
        BY_SCORE: not opinions,
        BY_GENE: not data.view.genes(),
        BY_READING: READING not in {c.name for c in data.view.columns()},
        BY_COLUMN: not data.view.columns(),
    }
    return tuple(way for way in WAYS if not absent.get(way))


def _way_of(panel: int) -> str:
    return f"way_of_panel_{panel}"


def _kept_way(panel: int, ways: tuple[str, ...]) -> str:
    way = session.value(_way_of(panel), BY_TYPE if panel == 1 else BY_GENE)
    return way if way in ways else BY_TYPE


def _keep_panels() -> None:
    session.remember(_PANELS, session.value(_PANELS_WIDGET))


def _clusters_of_cells(data: DatasetResults, labels: Mapping[str, ReviewedLabel]) -> ClustersOfCells:
    """Cells set aside from a cluster have their own label and the id of their cluster."""
    grouped = review.grouped_cells(data.run_id, data.spec.name, listed=labels.values())
    return ClustersOfCells(
        codes=grouped.codes,
        ids=tuple(g.cluster for g in grouped.groups),
        names=tuple(g.short for g in grouped.groups),
        labels=tuple(name_in_full(g.label, g.term) if g.label else "" for g in grouped.groups),
    )


def _short(name: str) -> str:
    return name.removeprefix("X_").upper()
