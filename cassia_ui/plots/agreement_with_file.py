"""The tab that compares the labels with labels that came with the file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cassia_core.services.labels import agreement
from cassia_core.services.labels.agreement import FileAgreement, Level, NotJudged
from cassia_core.services.plots import plot_numbers
from cassia_core.services.plots.plot_numbers import FigureOptions, Subject
from cassia_ui.frame.markup import plain
from cassia_ui.plots.figure_downloads import draw_take_home
from cassia_ui.plots.plot_style import (
    chart_text,
    colour_bar,
    draw_chart,
    heat_of_shares,
    name_columns,
    name_rows,
    row_height,
)

LEVEL_NAMES: dict[Level, str] = {"label": "Same label", "parent": "Parent level", "lineage": "Same lineage"}
LEVEL_MEANING: dict[Level, str] = {
    "label": "The same Cell Ontology term, or the same words.",
    "parent": "The same label, or one of the two is a broader type of the other: its ancestor at most three "
    '"is a" steps up '
    "in the Cell Ontology.",
    "lineage": "As at parent level, or both are of the same broad lineage, such as T cells or epithelial "
    "cells.",
}
AGREES = {
    "label": "● Same label",
    "parent": "◐ Parent level",
    "lineage": "◔ Lineage",
    "none": "▲ No",
    None: "– Cannot be judged",
}
MOST_NUMBERED = 16
"""Up to this many columns every field of the matrix carries its share."""
_MOST_LISTED = 8


def draw_reference(subject: Subject) -> None:
    """The tab "Compare with labels of the file"."""
    names = agreement.columns_of_labels(subject.data)
    if not names:
        st.markdown(":gray[The file has no column of labels to compare with.]")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox(
            "Labels of the file",
            names,
            key=f"plots_reference_{subject.data.spec.name}",
            width=260,
            persist_state="session",
        )
        st.space("stretch")
        draw_take_home(subject, "confusion", FigureOptions(column=by))
    agreement_with_column = agreement.agreement(subject.view, subject.cells, by)
    if agreement_with_column.confusion.empty:
        st.markdown(":gray[No cell has a value in this column.]")
        return
    _draw_levels(agreement_with_column)
    _draw_matrix(agreement_with_column)
    _draw_types(agreement_with_column)
    _draw_clusters(agreement_with_column)


def _draw_levels(agreed: FileAgreement) -> None:
    for column, share in zip(st.columns(3), agreed.levels, strict=True):
        column.metric(
            LEVEL_NAMES[share.level],
            "unknown" if share.share is None else f"{share.share:.1%}",
            help=f"{LEVEL_MEANING[share.level]} Share of the {share.n_judged:,} cells that can be judged.",
        )
        if share.mean_of_types is not None:
            column.markdown(
                f":gray[of {share.n_judged:,} cells; {share.mean_of_types:.1%} as mean over {share.n_types} "
                "labels "
                "of the file]"
            )
    if len({share.n_judged for share in agreed.levels}) > 1:
        st.markdown(
            ":gray[The levels are judged on different cells: of some labels only the lineage is known.]"
        )
    for side, words in (("file", "Labels of the file"), ("predicted", "Predicted labels")):
        unknown = [item for item in agreed.not_judged if item.side == side]
        if unknown:
            st.markdown(
                f":orange[:material/info: {words} that the Cell Ontology does not know:] {_listed(unknown)}. "
                ":gray[They are judged by lineage only, or, where not even that is known, not at all.]"
            )
    if agreed.n_without:
        st.markdown(
            f":gray[{agreed.n_without:,} of {agreed.n_cells:,} cells have no label in the file and are left "
            "out.]"
        )
    st.markdown(':gray[A cell without a predicted label, or with "Unknown", counts as not agreeing.]')


def _listed(items: list[NotJudged]) -> str:
    parts = [
        f"{plain(item.label)} ({item.n_cells:,} cells{', lineage known' if item.lineage else ''})"
        for item in items[:_MOST_LISTED]
    ]
    more = items[_MOST_LISTED:]
    return ", ".join(parts) + (
        f", and {len(more)} more ({sum(i.n_cells for i in more):,} cells)" if more else ""
    )


def _draw_matrix(agreed: FileAgreement) -> None:
    counts = agreed.confusion_shown
    shares = counts.div(counts.sum(axis=1), axis=0)
    golds, predicted = [str(g) for g in counts.index], [str(p) for p in counts.columns]
    numbers, share_of = counts.to_numpy(), shares.to_numpy(dtype=float)
    words = [
        [
            f"{chart_text(gold)}<br>predicted {chart_text(name)}: {numbers[i, j]:,} cells, "
            f"{share_of[i, j]:.1%} of the label"
            for j, name in enumerate(predicted)
        ]
        for i, gold in enumerate(golds)
    ]
    bar = colour_bar("Share of<br>the row")
    figure = heat_of_shares(share_of, words, bar, most_numbered=MOST_NUMBERED, top=1)
    name_rows(figure, [plot_numbers.short_name(g, 36) for g in golds], agreed.by)
    name_columns(figure, [chart_text(p, 34) for p in predicted], len(golds), italic=False, angle=-45)
    best = ", ".join(
        f"{t.label} mostly {agreed.shown[t.most_frequent]} ({t.most_frequent_share:.0%})"
        for t in agreed.types[:_MOST_LISTED]
    )
    draw_chart(
        figure,
        height=240 + row_height(len(golds)) * max(6, len(golds)),
        key="confusion",
        alt=f"Confusion matrix: {len(golds)} labels of the file in rows, {len(predicted)} predicted in "
        f"columns. {best}",
    )
    st.markdown(
        ":gray[Rows: labels of the file; columns: predicted labels, as corrected. Colour and number: share "
        "of the "
        "row's cells.]"
    )


def _draw_types(agreed: FileAgreement) -> None:
    st.markdown("**Each label of the file**")
    table = pd.DataFrame(
        [
            {
                "Label of the file": t.label,
                "Cell Ontology": f"{t.term} ({t.cl_id})" if t.cl_id else "not known to it",
                "Cells": t.n_cells,
                **{LEVEL_NAMES[level]: _percent(share) for level, share in t.shares.items()},
                "Most frequent prediction": agreed.shown[t.most_frequent],
                "Its share": _percent(t.most_frequent_share),
            }
            for t in agreed.types
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        column_config={
            "Cells": st.column_config.NumberColumn(format="localized"),
            **{
                name: st.column_config.NumberColumn(format="%.1f %%", help=LEVEL_MEANING[level])
                for level, name in LEVEL_NAMES.items()
            },
            "Its share": st.column_config.NumberColumn(format="%.1f %%", help="Share of the label's cells."),
        },
        alt="For each label of the file: cells, agreement at three levels, most frequent prediction",
    )


def _draw_clusters(agreed: FileAgreement) -> None:
    st.markdown("**Each cluster**")
    table = pd.DataFrame(
        [
            {
                "Cluster": c.cluster,
                "Predicted": agreed.shown[c.predicted],
                "Cells": c.n_cells,
                "Most frequent label of the file": c.majority or "none",
                "Its share": _percent(c.majority_share),
                "Agrees": AGREES[c.level],
                "Predicted, in full": c.predicted,
            }
            for c in agreed.clusters
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        column_config={
            "Cells": st.column_config.NumberColumn(format="localized"),
            "Its share": st.column_config.NumberColumn(
                format="%.1f %%", help="Of the cluster's cells that have a label in the file."
            ),
            "Predicted, in full": st.column_config.TextColumn(width="large"),
        },
        alt="For each cluster: predicted label, most frequent label of the file, and at which level they "
        "agree",
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
