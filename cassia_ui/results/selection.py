"""The card of the cells that a person has drawn around."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cassia_core.services.clusters import selecting
from cassia_core.services.clusters.selecting import CellLabels, ChosenPart, GeneOfCells
from cassia_core.services.labels import review
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame.markup import escaped
from cassia_ui.frame.words import cells as cells_of
from cassia_ui.map.umap import MapChoice, clear_chosen
from cassia_ui.results.correcting import draw_split

MOST_PARTS, MOST_GENES, NARROWEST = 6, 10, 270
SHARE = "share of the chosen cells, and below it of all other cells"


def draw_selection(data: DatasetResults, choice: MapChoice, labels: Mapping[str, ReviewedLabel]) -> None:
    """What the chosen cells are, what they express, and what can be done with them."""
    chosen = choice.cells
    codes, names = review.cell_labels(data.run_id, data.spec.name, listed=labels.values())
    of_cells = CellLabels(codes=codes, names=names)
    codes, names = review.cell_names(data.run_id, data.spec.name, listed=labels.values())
    named = CellLabels(codes=codes, names=names)
    with st.container(border=True, key="chosen_cells"):
        _draw_actions(data, choice, labels, of_cells)
        grid = st.grid(3, min_column_width=NARROWEST)
        with grid.cell():
            st.html(_parts_table("Cell type", selecting.parts_by_label(data.view, chosen, named)))
        with grid.cell():
            _draw_by_column(data, chosen)
        with grid.cell():
            _draw_genes(data, chosen)


def _draw_actions(
    data: DatasetResults, choice: MapChoice, labels: Mapping[str, ReviewedLabel], of_cells: CellLabels
) -> None:
    """How many are chosen, and what can be done with them."""
    chosen = choice.cells
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{cells_of(len(chosen))} chosen** :gray[{len(chosen) / data.view.n_cells:.1%} of all]",
            width="content",
        )
        st.space("stretch")
        st.download_button(
            "Save these cells (CSV)",
            lambda: selecting.csv_of_cells(data.view, chosen, of_cells),
            file_name=f"{data.spec.name}_chosen_cells.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="Name, cluster and label of every chosen cell.",
        )
        draw_split(data, chosen, dict(labels))
        st.button(
            "Clear",
            icon=":material/close:",
            key="clear_chosen",
            on_click=clear_chosen,
            args=(choice.key,),
            help="Choose no cells any more.",
        )


def _draw_by_column(data: DatasetResults, chosen: np.ndarray) -> None:
    columns = selecting.columns_to_split_by(data.view)
    if not columns:
        st.markdown(":gray[The file has no column of samples or conditions to split these cells by.]")
        return
    name = st.selectbox(
        "Split by",
        columns,
        key=f"chosen_by_{data.spec.name}",
        persist_state="session",
        label_visibility="collapsed",
    )
    st.html(_parts_table(name, selecting.parts_by_column(data.view, chosen, name)))


def _draw_genes(data: DatasetResults, chosen: np.ndarray) -> None:
    # The cache knows the cells by this: hashing a million numbers at every rerun by Streamlit itself is slow.
    digest = hashlib.blake2b(np.ascontiguousarray(chosen).tobytes(), digest_size=16).hexdigest()
    genes = _genes(data.run_id, data.spec.name, digest, data, chosen)
    if not genes:
        st.markdown(":gray[No gene is seen in a larger share of these cells than of the others.]")
        return
    st.html(_genes_table(genes))
    st.caption(
        "Genes by share of cells in which they were seen (value above 0), here minus elsewhere. Difference: "
        "mean "
        "log-normalised value here minus elsewhere. No statistical test: the cells were chosen by hand."
    )


@st.cache_data(show_spinner="Comparing the chosen cells with all others", max_entries=16)
def _genes(
    run_id: str, dataset: str, digest: str, _data: DatasetResults, _chosen: np.ndarray
) -> tuple[GeneOfCells, ...]:
    return selecting.genes_against_rest(_data.view, _chosen, MOST_GENES)


def _parts_table(title: str, parts: Sequence[ChosenPart]) -> str:
    """Groups with their number of chosen cells and bars: here in petrol, elsewhere in grey."""
    rows = "".join(_part_row(part) for part in parts[:MOST_PARTS])
    rest = parts[MOST_PARTS:]
    if rest:
        rows += (
            f'<tr><td class="cw-muted">{len(rest)} more</td><td class="n">{sum(p.n for p in rest):,}</td>'
            f'<td class="n">{sum(p.here for p in rest):.0%}</td><td></td></tr>'
        )
    return (
        f'<table class="cw-evidence"><thead><tr><th>{escaped(title)}</th><th class="n">Cells</th><th '
        'class="n">Share</th>'
        f'<th title="{SHARE}">Here, elsewhere</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _part_row(part: ChosenPart) -> str:
    within = ", ".join(f"{escaped(cluster)} ({n:,})" for cluster, n in part.clusters[:MOST_PARTS])
    more = ", ..." if len(part.clusters) > MOST_PARTS else ""
    clusters = f'<br><span class="cw-muted cw-small">cluster {within}{more}</span>' if within else ""
    bars = f'<i style="width:{100 * part.here:.0f}%"></i><i style="width:{100 * part.elsewhere:.0f}%"></i>'
    says = f"{part.here:.0%} of the chosen cells, {part.elsewhere:.0%} of all other cells"
    return (
        f'<tr><td style="overflow-wrap:anywhere">{escaped(part.name)}{clusters}</td><td '
        f'class="n">{part.n:,}</td>'
        f'<td class="n">{part.here:.0%}</td>'
        f'<td><div class="cw-bars" style="width:72px" role="img" aria-label="{says}" '
        f'title="{says}">{bars}</div></td></tr>'
    )


def _genes_table(genes: Sequence[GeneOfCells]) -> str:
    rows = "".join(
        f'<tr><td><i>{escaped(g.gene)}</i></td><td class="n">{g.here:.0%}</td><td '
        f'class="n">{g.elsewhere:.0%}</td>'
        f'<td class="n">{g.difference:+.2f}</td></tr>'
        for g in genes
    )
    return (
        '<table class="cw-evidence"><thead><tr><th>Gene</th><th class="n">Here</th><th '
        'class="n">Elsewhere</th>'
        f'<th class="n">Difference</th></tr></thead><tbody>{rows}</tbody></table>'
    )
