"""The map of the page Results with the choice of its colours."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cassia_core.services.results import DatasetResults
from cassia_core.services.review import ReviewedLabel
from cassia_ui.chosen_cluster import chosen_cluster
from cassia_ui.colouring import (
    BY_CLUSTER,
    BY_COLUMN,
    BY_GENE,
    BY_LIGHT,
    BY_SCORE,
    BY_TYPE,
    Colouring,
    colour_by_column,
    colour_by_gene,
    colour_by_row,
)
from cassia_ui.umap import ClustersOfCells, MapChoice, draw_map

WAYS = (BY_TYPE, BY_CLUSTER, BY_LIGHT, BY_SCORE, BY_GENE, BY_COLUMN)


def draw_ways() -> str:
    """The choice of what colours the map."""
    return st.segmented_control("Colour by", WAYS, default=BY_TYPE, required=True, key="results_colour",
                                label_visibility="collapsed")


def draw_results_map(data: DatasetResults, labels: Mapping[str, ReviewedLabel], what: str, *, height: int) -> MapChoice:
    """Draw the map coloured by `what`, and say what was chosen on it."""
    with st.container(horizontal=True):
        name = st.selectbox("Map", data.view.embeddings(), key="results_map", label_visibility="collapsed", width=140,
                            format_func=_short)
        colouring = _chosen_colouring(data, labels, what)
    chosen = chosen_cluster()
    boxed = {BY_TYPE: labels[chosen].label if chosen in labels else "", BY_CLUSTER: chosen}.get(what, "")
    return draw_map(data.view.embedding(name), colouring, _clusters_of_cells(data, labels), height=height, boxed=boxed,
                    key=f"map_{data.spec.name}_{name}", axes=f"{_short(name)} 1 → {_short(name)} 2 ↑")


def _chosen_colouring(data: DatasetResults, labels: Mapping[str, ReviewedLabel], what: str) -> Colouring:
    if what == BY_GENE:
        genes = data.view.genes()
        listed = [g for c in (data.markers.clusters if data.markers else ()) for g in c.symbols(3)]
        first = next((g for g in listed if g in set(genes)), genes[0])
        gene = st.selectbox("Gene", genes, index=genes.index(first), key="results_gene", label_visibility="collapsed",
                            width=200)
        return colour_by_gene(data, gene)
    if what == BY_COLUMN:
        names = [c.name for c in data.view.columns()]
        name = st.selectbox("Column", names, key="results_column", label_visibility="collapsed", width=200)
        return colour_by_column(data, name)
    return colour_by_row(data, labels, what)


def _clusters_of_cells(data: DatasetResults, labels: Mapping[str, ReviewedLabel]) -> ClustersOfCells:
    column = data.view.column(data.view.cluster_key)
    return ClustersOfCells(codes=column.codes, ids=column.categories,
                           labels=tuple(labels[c].label if c in labels else "" for c in column.categories))


def _short(name: str) -> str:
    return name.removeprefix("X_").upper()
