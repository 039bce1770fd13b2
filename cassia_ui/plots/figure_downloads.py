"""Take a plot home: the figure as PNG, SVG or PDF at a stated size, and the table behind it as CSV or
Excel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from cassia_core.services.plots import figure_tables, figures
from cassia_core.services.plots.asked_genes import find_genes, read_genes
from cassia_core.services.plots.figure_tables import MOST_ROWS_IN_EXCEL
from cassia_core.services.plots.figures import FigureFormat
from cassia_core.services.plots.plot_numbers import (
    ColourBy,
    FigureKind,
    FigureOptions,
    Subject,
    species_of,
    subject_of,
)
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards

FIGURES: dict[FigureFormat, tuple[str, str]] = {
    "png": ("PNG", "image/png"),
    "svg": ("SVG", "image/svg+xml"),
    "pdf": ("PDF", "application/pdf"),
}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NARROWEST_MM, WIDEST_MM, MM_PER_POINT = 60, 500, 8
FURTHER_TABLES = {"confusion": ("Per label", "Per cluster")}
COLOURS: dict[ColourBy, str] = {
    "type": "Cell type",
    "cluster": "Cluster",
    "light": "Confidence",
    "score": "Score",
    "gene": "A gene",
    "column": "A column",
}


def draw_take_home(subject: Subject, kind: FigureKind, options: FigureOptions) -> None:
    """A small popover beside a plot. `options` say what the plot shows; its size is chosen here."""
    with st.popover("Take home", icon=":material/download:", key=f"home_{kind}", on_change="rerun") as home:
        if home.open:
            _draw_choices(subject, kind, options)


@st.fragment
def draw_map_take_home(data: DatasetResults) -> None:
    """The same for the map, with what colours it."""
    with st.popover("Take home", icon=":material/image:", key="home_map", on_change="rerun") as home:
        if home.open:
            with problems_as_cards("home_map"):
                subject = subject_of(data)
                options = _map_options(subject)
                if options:
                    _draw_choices(subject, "map", options)


def _draw_choices(subject: Subject, kind: FigureKind, options: FigureOptions) -> None:
    left, right = st.columns(2)
    width = left.number_input(
        "Width, mm",
        NARROWEST_MM,
        WIDEST_MM,
        170,
        key=f"home_{kind}_width",
        persist_state="session",
        help="85 is one column of most journals, 170 to 180 are two.",
    )
    font = right.number_input(
        "Font, points",
        4.0,
        width / MM_PER_POINT,
        7.0,
        0.5,
        key=f"home_{kind}_font",
        persist_state="session",
        help="A wider figure has room for a larger font.",
    )
    sized = replace(options, width_mm=float(width), font_pt=float(font))
    run_id, dataset = subject.data.run_id, subject.data.spec.name
    title = figures.file_title(dataset, kind, sized)
    st.markdown("**Figure** :gray[on white, with the labels as they stand]")
    with st.container(horizontal=True):
        for fmt, (name, mime) in FIGURES.items():
            _button(name, partial(_figure_bytes, run_id, dataset, kind, fmt, sized), f"{title}.{fmt}", mime)
    if lost := figures.signs_left_out(_texts(subject, sized)):
        st.markdown(
            f":orange[:material/info:] No font of this machine has {plain(' '.join(lost[:20]))}. "
            "PNG and PDF leave these signs out; the SVG keeps them."
        )
    st.markdown("**Table behind it**")
    with st.container(horizontal=True):
        for table in ("", *FURTHER_TABLES.get(kind, ())):
            ending = f"_{table.lower().replace(' ', '_')}" if table else ""
            _button(
                f"CSV {table.lower()}".strip(),
                partial(_table_bytes, run_id, dataset, kind, table, sized),
                f"{title}{ending}.csv",
                "text/csv",
            )
        if kind != "map" or subject.view.n_cells <= MOST_ROWS_IN_EXCEL:
            _button(
                "Excel",
                lambda: figure_tables.table_file(run_id, dataset, kind, "xlsx", sized)[1],
                f"{title}.xlsx",
                EXCEL,
            )
    if kind == "map" and subject.view.n_cells > MOST_ROWS_IN_EXCEL:
        st.markdown(f":gray[A row per cell: more than {MOST_ROWS_IN_EXCEL:,} are too many for Excel.]")


def _button(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A file that is made when it is asked for."""
    st.download_button(
        label,
        make,
        file_name=name,
        mime=mime,
        on_click="ignore",
        key=f"home_file_{name}",
        icon=":material/download:",
    )


def _texts(subject: Subject, options: FigureOptions) -> list[str]:
    """Words that stand in the figure."""
    words = [w for g in subject.cells.groups for w in (g.short, g.id)]
    if options.column and (column := subject.view.column(options.column)).kind == "categorical":
        words += column.categories
    return [*words, options.column, *options.genes]


def _map_options(subject: Subject) -> FigureOptions | None:
    """What colours the map; None while that is not said."""
    view = subject.view
    maps = view.embeddings()
    if not maps:
        st.markdown(":gray[There is no map of these cells.]")
        return None
    ways = [way for way in COLOURS if way != "score" or any(r.score for r in subject.data.rows)]
    embedding = (
        maps[0]
        if len(maps) == 1
        else st.selectbox(
            "Map",
            maps,
            key="home_map_embedding",
            persist_state="session",
            format_func=lambda name: name.removeprefix("X_").upper(),
        )
    )
    way = st.selectbox(
        "Coloured by", ways, format_func=lambda w: COLOURS[w], key="home_map_colour", persist_state="session"
    )
    options = FigureOptions(colour_by=way, embedding=embedding)
    if way == "gene":
        return _with_gene(subject, options)
    if way == "column":
        return replace(
            options,
            column=st.selectbox(
                "Column", [c.name for c in view.columns()], key="home_map_column", persist_state="session"
            ),
        )
    return replace(
        options,
        names_beside=st.toggle("Names beside the map", key="home_map_beside", persist_state="session"),
    )


def _with_gene(subject: Subject, options: FigureOptions) -> FigureOptions | None:
    typed = read_genes(st.text_input("Gene", key="home_map_gene", persist_state="session"))
    if not typed:
        st.markdown(":gray[Type a gene.]")
        return None
    named = find_genes(subject.view.genes(), typed[:1], species_of(subject.data))
    if not named.genes:
        st.markdown(f":orange[:material/info:] Not in your data: *{plain(typed[0])}*.")
        return None
    return replace(options, genes=named.genes)


def _figure_bytes(
    run_id: str, dataset: str, kind: FigureKind, fmt: FigureFormat, options: FigureOptions
) -> bytes:
    return figures.figure(run_id, dataset, kind, fmt, options)[1]


def _table_bytes(run_id: str, dataset: str, kind: FigureKind, table: str, options: FigureOptions) -> bytes:
    return figure_tables.table_file(run_id, dataset, kind, "csv", options, table=table)[1]
