"""The choice of one gene: a few worth a look are offered, any that was measured can be typed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.services.plots import gene_plots
from cassia_core.services.plots.finding_genes import find_gene
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

MOST_OFFERED = 200
"""Every option goes to the browser, so a list of all genes does not."""
_OF_CHOSEN, _OF_OTHERS = 10, 3


def genes_to_offer(data: DatasetResults, cluster: str) -> tuple[str, ...]:
    """Measured genes worth a look: top markers of `cluster`, genes behind the labels, top markers of the
    other clusters.
    """
    tables = data.markers.clusters if data.markers else ()
    own = [gene for table in tables if table.cluster == cluster for gene in table.symbols(_OF_CHOSEN)]
    others = [gene for table in tables for gene in table.symbols(_OF_OTHERS)]
    genes = data.view.genes()
    there = set(genes)
    present = [
        g
        for g in dict.fromkeys(
            [*own, *gene_plots.genes_behind_labels(data.rows, data.spec.species, MOST_OFFERED), *others]
        )
        if g in there
    ]
    return tuple(present[:MOST_OFFERED]) or genes[:1]


def choose_gene(data: DatasetResults, offered: Sequence[str], first: str, *, key: str) -> str:
    """Draw the choice, `first` to begin with; returns a measured gene. One that was not measured is named as
    such.
    """
    options = list(offered) if first in offered else [first, *offered]
    typed = st.selectbox(
        "Gene: choose or type",
        options,
        index=options.index(first),
        key=key,
        accept_new_options=True,
        persist_state="session",
        label_visibility="collapsed",
        placeholder="Type any gene",
        help=f"Any of the {len(data.view.genes()):,} measured genes: type its name and press Enter.",
    )
    shown = f"{key}_shown"
    choice = find_gene(typed or "", data.view.genes(), data.spec.species)
    gene = choice.gene or session.value(shown, first)
    session.remember(shown, gene)
    if choice.also_called:
        st.caption(f"{plain(choice.also_called)} is another name of *{plain(gene)}*.")
    elif typed and not choice.gene:
        alike = (
            f" Names like it: {', '.join(f'*{plain(name)}*' for name in choice.alike)}."
            if choice.alike
            else ""
        )
        st.markdown(
            f":orange[:material/info:] **{plain(typed)}** is not in your data. "
            f"The map still shows *{plain(gene)}*.{alike}"
        )
    return gene
