"""The set-up that all datasets of a batch share, and the exceptions of single ones."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from cassia_core.domain.config import ClusteringParams, QCParams
from cassia_core.services.batches.manifest_rows import EXCEPTIONS, ManifestRow
from cassia_core.services.batches.row_specs import SharedSetup
from cassia_ui.batch.batch_draft import batch_draft, keep, version
from cassia_ui.setup import clustering_help
from cassia_ui.setup.clustering_form import draw_how_finely, draw_resolution
from cassia_ui.setup.engine_form import draw_engine, draw_stages
from cassia_ui.setup.markers_form import draw_limits, draw_method

ROW, HEAD, MOST_SHOWN = 34, 40, 10


def draw_shared() -> None:
    """Clusters, cells, markers and who answers; the place of a switch for cheaper, slower answers is beside
    the engine.
    """
    shared = batch_draft().shared
    with st.container(border=True):
        st.subheader("Clusters and cells, for all datasets of cells", anchor=False)
        shared = replace(shared, clustering=_clustering(shared.clustering))
        shared = _cells(shared)
    with st.container(border=True):
        st.subheader("Marker genes", anchor=False)
        markers = replace(shared.markers, method=draw_method(shared.markers.method, "batch"))
        shared = replace(shared, markers=draw_limits(markers, "batch"))
    keep(shared=shared)
    with st.expander(_exceptions_title(batch_draft().rows), icon=":material/rule_settings:"):
        _draw_exceptions()
    with st.container(border=True):
        draw_engine()
        draw_stages()


def _clustering(now: ClusteringParams) -> ClusteringParams:
    st.caption("Datasets that name a column in “Clusters” keep those; these settings are for the others.")
    how = draw_how_finely(now, "batch")
    first, second, third, fourth = st.columns(4)
    with first:
        resolution = draw_resolution(now, how, "batch")
    neighbors = second.number_input(
        "Neighbours", 2, 200, now.n_neighbors, key="batch_neighbors", help=clustering_help.NEIGHBORS
    )
    n_pcs = third.number_input(
        "Principal components", 2, 200, now.n_pcs, key="batch_pcs", help=clustering_help.COMPONENTS
    )
    seed = fourth.number_input("Seed", 0, 1_000_000, now.seed, key="batch_seed", help=clustering_help.SEED)
    return replace(now, resolution=resolution, n_neighbors=neighbors, n_pcs=n_pcs, seed=seed)


def _cells(now: SharedSetup) -> SharedSetup:
    """Which cells stay, how many, and how many datasets at a time; 0 is no limit."""
    first, second, third, fourth = st.columns(4)
    genes = first.number_input(
        "Genes of a cell, at least (0: all)",
        0,
        10_000,
        now.qc.min_genes or 0,
        50,
        key="batch_min_genes",
        help="Cells with fewer genes go. The same limit for all may be wrong for some: see exceptions.",
    )
    mito = second.number_input(
        "Mitochondrial %, at most (0: all)",
        0.0,
        100.0,
        now.qc.max_pct_mito or 0.0,
        1.0,
        key="batch_max_mito",
        help="Cells with a larger share go.",
    )
    sample = third.number_input(
        "Random sample of cells (0: all)",
        0,
        10_000_000,
        now.max_cells or 0,
        1000,
        key="batch_max_cells",
        help="For files that are too large for this machine's memory; always the same sample.",
    )
    at_once = fourth.number_input(
        "Datasets at a time (0: ours)",
        0,
        64,
        now.side_by_side or 0,
        key="batch_side_by_side",
        help="Cells of so many datasets are prepared at once, as far as they fit into memory together. "
        "0: as many as the machine has cores, from three files of cells on.",
    )
    qc: QCParams = replace(now.qc, min_genes=genes or None, max_pct_mito=mito or None)
    return replace(now, qc=qc, max_cells=sample or None, side_by_side=at_once or None)


def _exceptions_title(rows: tuple[ManifestRow, ...]) -> str:
    n = sum(bool(row.exceptions) for row in rows)
    return f"Exceptions: {n} of {len(rows)} datasets" if n else "Exceptions for single datasets"


def _draw_exceptions() -> None:
    rows = batch_draft().rows
    st.caption("An empty cell: as set above.")
    edited = st.data_editor(
        _frame(rows),
        hide_index=True,
        num_rows="fixed",
        row_height=ROW,
        height=HEAD + ROW * min(len(rows), MOST_SHOWN),
        column_config=_COLUMNS,
        disabled=["Dataset"],
        key=f"table_batch_exceptions_{version()}",
        alt="Settings in which single datasets differ from the others",
    )
    typed = tuple(
        replace(row, exceptions=_typed(edited.iloc[place].to_dict())) for place, row in enumerate(rows)
    )
    if typed != rows:
        keep(rows=typed)


def _frame(rows: tuple[ManifestRow, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "Dataset": [row.name or row.path.name for row in rows],
            **{name: [row.exceptions.get(name, "") for row in rows] for name in EXCEPTIONS},
        }
    )
    numbers = [name for name in EXCEPTIONS if name != "resolution"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce").astype("float64")
    return frame


def _typed(cells: dict) -> dict[str, str]:
    """The cells that say something, as a manifest would write them."""
    texts = {name: _text(cells[name]) for name in EXCEPTIONS}
    return {name: text for name, text in texts.items() if text}


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


_COLUMNS = {
    "resolution": st.column_config.TextColumn(
        "Resolution", validate=r"^(fine|suggest|\d+(\.\d+)?)?$", help="fine, suggest, or a number such as 0.4"
    ),
    "n_genes": st.column_config.NumberColumn("Genes per cluster", min_value=1, max_value=1000, step=1),
    "max_cells": st.column_config.NumberColumn("Sample of cells", min_value=1, step=1),
    "min_genes": st.column_config.NumberColumn("Genes of a cell, at least", min_value=0, step=1),
    "max_mito": st.column_config.NumberColumn("Mitochondrial %, at most", min_value=0, max_value=100),
}
