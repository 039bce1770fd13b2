"""Across datasets: types by datasets as a heat map of shares, what is missing or odd, cells as one file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cassia_core.services.across.across_tables import across_csv, counts_across, labels_csv, shares_across
from cassia_core.services.across.labels_across import LEVELS, Across, Level, across
from cassia_core.services.across.oddities import oddities
from cassia_core.services.batches.packing import tissues_of_run
from cassia_core.services.plots import plot_numbers
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.plots.plot_style import (
    chart_text,
    colour_bar,
    draw_chart,
    heat_of_shares,
    name_columns,
    name_rows,
    row_height,
)

FEWEST_DATASETS, MOST_ODD, MOST_NUMBERED = 2, 12, 14
ALL = "All tissues"


def draw_across(run_id: str) -> None:
    """The part "Across datasets"; nothing where fewer than two have labels."""
    found = across(run_id)
    if len(found.datasets) < FEWEST_DATASETS:
        return
    with st.container(border=True, key="batch_across"):
        st.subheader("Across datasets", anchor=False)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            level: Level = st.segmented_control(
                "Show",
                list(LEVELS),
                default="type",
                required=True,
                format_func=lambda name: LEVELS[name],
                key="batch_level",
                help="The same type has the same name in all datasets, by its Cell Ontology id.",
            )
            st.space("stretch")
            _draw_files(run_id, found, level)
        counts, shares = counts_across(found, level), shares_across(found, level)
        _draw_heat(found, counts, shares)
        if any(label.n_cells is None for label in found.labels):
            st.caption("Tables of markers have no cells: of these, shares of clusters are shown.")
        _draw_odd(found, level)
        if st.toggle("Numbers", key="batch_across_numbers", help="The table behind the heat map."):
            st.dataframe(
                counts, key="table_batch_across", alt="Cells, or clusters, of each type in each dataset"
            )


def _draw_files(run_id: str, found: Across, level: Level) -> None:
    with st.popover("Take home", icon=":material/download:", key="batch_across_files"):
        for label, content, name in (
            ("Types by datasets (CSV)", across_csv(found, level), f"across_{level}.csv"),
            ("All labels with their shared names (CSV)", labels_csv(found), "labels_across.csv"),
        ):
            st.download_button(
                label, content, file_name=f"{run_id}_{name}", mime="text/csv", on_click="ignore"
            )
        tissues = tissues_of_run(run_id)
        choice = st.selectbox(
            "One h5ad of the cells of", [ALL, *tissues] if len(tissues) > 1 else [ALL], key="batch_combine_of"
        )
        st.caption(
            "The genes that all have; columns dataset, tissue and the shared names. Copied in pieces on disk."
        )
        if st.button("Combine the cells", icon=":material/merge:", key="batch_combine"):
            with problems_as_cards("batch_combine"):
                _combine(run_id, "" if choice == ALL else choice)


def _combine(run_id: str, tissue: str) -> None:
    from cassia_core.services.across.combining import combine  # loads what reads cells

    with st.spinner("Combining"):
        made = combine(run_id, tissue=tissue)
    size = made.path.stat().st_size / 1e6
    st.markdown(f":green-badge[:material/check_circle: {len(made.datasets)} datasets, {size:,.0f} MB]")
    st.code(str(made.path), language=None, wrap_lines=True)
    for sentence in made.said:
        st.caption(plain(sentence))
    if made.left_out:
        st.caption(plain(f"Without annotated cells, and left out: {', '.join(made.left_out)}."))


def _draw_heat(found: Across, counts: pd.DataFrame, shares: pd.DataFrame) -> None:
    tissues = {label.dataset: label.tissue for label in found.labels}
    order = sorted(counts.index, key=lambda name: (tissues[name], list(counts.index).index(name)))
    counts, shares = counts.loc[order], shares.loc[order]
    types, numbers, share_of = list(counts.columns), counts.to_numpy(), shares.to_numpy(dtype=float)
    words = [
        [
            f"{chart_text(name)} ({chart_text(tissues[name])})<br>{chart_text(kind)}: "
            f"{numbers[i, j]:,}, {share_of[i, j]:.1%}"
            for j, kind in enumerate(types)
        ]
        for i, name in enumerate(order)
    ]
    bar = colour_bar("Share of<br>the dataset") | {"tickformat": ".0%"}
    figure = heat_of_shares(share_of, words, bar, most_numbered=MOST_NUMBERED)
    name_rows(figure, [plot_numbers.short_name(f"{name} ({tissues[name]})", 40) for name in order], "Dataset")
    name_columns(figure, [chart_text(kind, 34) for kind in types], len(order), italic=False, angle=-45)
    draw_chart(
        figure,
        height=220 + row_height(len(order)) * max(4, len(order)),
        key="batch_heat",
        alt=_in_words(shares),
    )


def _in_words(shares: pd.DataFrame) -> str:
    """What the heat map shows, for those who cannot see it."""
    told = []
    for name, row in list(shares.iterrows())[:6]:
        largest = row.sort_values(ascending=False).head(3)
        told.append(f"{name}: " + ", ".join(f"{kind} {share:.0%}" for kind, share in largest.items()))
    return f"Heat map: shares of {shares.shape[1]} types in {len(shares)} datasets. {'; '.join(told)}"


def _draw_odd(found: Across, level: Level) -> None:
    odd = oddities(found, level)
    if not odd:
        st.markdown(
            ":gray[Nothing stands out, or no tissue has three datasets: with fewer, nobody can say which one "
            "is odd.]"
        )
        return
    st.markdown("**Missing or odd in one dataset**")
    st.markdown("\n".join(f"- {plain(oddity.in_words)}" for oddity in odd[:MOST_ODD]))
    if len(odd) > MOST_ODD:
        with st.expander(f"{len(odd) - MOST_ODD} more", type="compact"):
            st.markdown("\n".join(f"- {plain(oddity.in_words)}" for oddity in odd[MOST_ODD:]))
    st.caption(
        "Beside the datasets of the same tissue: missing where two thirds have it; much more or less where a "
        "share is three times the median of the others that have it, or a third, and five points off. "
        "Nothing is tested."
    )
