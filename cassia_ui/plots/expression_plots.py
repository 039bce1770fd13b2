"""The tab of genes: which ones, as dot plot, heat map or violins, and the numbers behind them."""

from __future__ import annotations

import streamlit as st

from cassia_core.look.wording import NO_LABEL
from cassia_core.services.plots import figure_tables, gene_plots, plot_numbers
from cassia_core.services.plots.asked_genes import MOST_GENES, AskedGenes, find_genes, read_genes
from cassia_core.services.plots.gene_plots import GroupExpression, Spread
from cassia_core.services.plots.plot_numbers import FigureKind, FigureOptions, Subject
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.plots.expression_charts import dot_plot, heat_map, highest_in_words, violins
from cassia_ui.plots.figure_downloads import draw_take_home
from cassia_ui.plots.plot_style import draw_chart, row_height

DOTS, HEAT, VIOLINS = "Dot plot", "Heat map", "Violins"
MOST_NAMED = 20
Grouping = tuple[tuple[str, str], ...]
_MOST_VIOLINS, _FEWEST_GENES, _MOST_GENES = 1600, 4, 12
"""How many violins a chart draws quickly, and the genes that stand side by side."""


def draw_expression(subject: Subject) -> None:
    """The tab "Markers behind the labels"."""
    asked = _chosen_genes(subject)
    if not asked.genes:
        st.markdown(
            ":gray[None of these genes is in your data. Type others, or none to see the markers behind the "
            "labels.]"
            if asked.absent
            else ":gray[No cluster of this run has marker genes. Type genes to see them.]"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Plot",
            (DOTS, HEAT, VIOLINS),
            default=DOTS,
            required=True,
            key="plots_kind",
            persist_state="session",
            label_visibility="collapsed",
        )
        arranged = st.toggle(
            "Alike side by side",
            value=True,
            key="plots_arranged",
            persist_state="session",
            help="Clusters with similar values beside each other, genes in the order of the cluster where "
            "each is highest. Off: clusters as in the file, genes as typed.",
        )
        scaled = kind != HEAT or st.toggle(
            "Each gene from 0 to 1",
            value=True,
            key="plots_scaled",
            persist_state="session",
            help="A gene's means are divided by its highest one, so that weak genes show, too. Off: the "
            "means themselves.",
        )
        numbers = st.toggle(
            "Numbers", key="plots_numbers", persist_state="session", help="The table behind the plot."
        )
        st.space("stretch")
        home = st.container(width="content")
    expression = _expression(subject, asked.genes, arranged)
    shown = {DOTS: _draw_dots, HEAT: _draw_heat, VIOLINS: _draw_violins}[kind](subject, expression, scaled)
    drawn: dict[str, FigureKind] = {DOTS: "dots", HEAT: "heat", VIOLINS: "violins"}
    with home:
        draw_take_home(subject, drawn[kind], FigureOptions(genes=shown, arranged=arranged, scaled=scaled))
    if numbers:
        _draw_numbers(subject, expression, kind, shown)


def _chosen_genes(subject: Subject) -> AskedGenes:
    typed = st.text_area(
        "Genes",
        key="plots_genes",
        persist_state="session",
        height=68,
        placeholder="Type or paste gene symbols. Empty: the markers behind the labels.",
        help="Divided by blanks, commas or lines. Capitals do not matter; old symbols and Ensembl ids are "
        "understood.",
    )
    wanted = read_genes(typed or "")
    asked = find_genes(
        subject.view.genes(),
        wanted or gene_plots.genes_behind_labels(subject.data.rows, plot_numbers.species_of(subject.data)),
        plot_numbers.species_of(subject.data),
    )
    if wanted and asked.absent:
        alike = f" :gray[Names like these: {_listed(asked.alike)}.]" if asked.alike else ""
        st.markdown(f":orange[:material/info: Not in your data:] {_listed(asked.absent)}.{alike}")
    if wanted and asked.renamed:
        st.markdown(
            ":gray["
            + ", ".join(f"{plain(name)} is *{plain(gene)}* here" for name, gene in asked.renamed[:MOST_NAMED])
            + ".]"
        )
    if asked.left_out:
        st.markdown(
            f":orange[:material/info: {MOST_GENES} genes fit into a plot.] Left out: "
            f"{_listed(asked.left_out)}."
        )
    return asked


def _listed(genes: tuple[str, ...]) -> str:
    more = f", and {len(genes) - MOST_NAMED} more" if len(genes) > MOST_NAMED else ""
    return ", ".join(f"*{plain(gene)}*" for gene in genes[:MOST_NAMED]) + more


def _expression(subject: Subject, genes: tuple[str, ...], arranged: bool) -> GroupExpression:
    expression = _read(subject.data.run_id, subject.data.spec.name, genes, _grouping(subject), subject)
    return gene_plots.arranged(expression) if arranged else expression


def _grouping(subject: Subject) -> Grouping:
    """What decides which cells are in which group: ids, and the choices of cells set aside; labels do not."""
    return tuple((g.id, g.edit.cells if g.group and g.edit else "") for g in subject.cells.groups)


@st.cache_data(show_spinner=False, max_entries=32)
def _read(
    run_id: str, dataset: str, genes: tuple[str, ...], grouping: Grouping, _subject: Subject
) -> GroupExpression:
    """A number per group and gene: nothing here grows with the cells."""
    return gene_plots.expression_by_group(_subject.view, _subject.cells, genes)


@st.cache_data(show_spinner=False, max_entries=32)
def _read_spreads(
    run_id: str,
    dataset: str,
    genes: tuple[str, ...],
    grouping: Grouping,
    order: tuple[str, ...],
    _subject: Subject,
) -> tuple[Spread, ...]:
    return gene_plots.spread_by_group(_subject.view, _subject.cells, genes, order)


def _full_names(subject: Subject) -> dict[str, str]:
    return {g.id: f"{g.short or NO_LABEL} ({g.id})" for g in subject.cells.groups}


def _height(expression: GroupExpression) -> int:
    return 130 + row_height(len(expression.mean)) * max(8, len(expression.mean))


def _draw_dots(subject: Subject, expression: GroupExpression, scaled: bool) -> tuple[str, ...]:
    full = _full_names(subject)
    draw_chart(
        dot_plot(expression, plot_numbers.group_names(subject.cells), full),
        height=_height(expression),
        key="dot_plot",
        alt=f"Dot plot of {expression.mean.shape[1]} genes in {len(expression.mean)} groups of cells: "
        "share of cells with the "
        f"gene as size, mean as colour. {highest_in_words(expression, full)}",
    )
    st.markdown(
        ":gray[Size: share of the cells with a value above 0. Colour: mean of the log-normalised values, "
        "zeros "
        "included.]"
    )
    return tuple(expression.mean.columns)


def draw_dots_of(subject: Subject, genes: tuple[str, ...]) -> None:
    """The dot plot alone, of genes that the data have."""
    _draw_dots(subject, _expression(subject, genes, arranged=True), scaled=True)


def _draw_heat(subject: Subject, expression: GroupExpression, scaled: bool) -> tuple[str, ...]:
    full = _full_names(subject)
    values = gene_plots.scaled(expression.mean) if scaled else expression.mean
    draw_chart(
        heat_map(values, expression, plot_numbers.group_names(subject.cells), full, scaled=scaled),
        key="heat_map",
        height=_height(expression),
        alt=f"Heat map of the means of {expression.mean.shape[1]} genes in {len(expression.mean)} groups "
        f"of cells. {highest_in_words(expression, full)}",
    )
    st.markdown(
        ":gray[Each gene's means are divided by its highest one: 1 where the gene is highest, 0 where it is "
        "not seen. "
        "Compare within a column.]"
        if scaled
        else ":gray[Mean of the log-normalised values, zeros included.]"
    )
    return tuple(expression.mean.columns)


def _draw_violins(subject: Subject, expression: GroupExpression, scaled: bool) -> tuple[str, ...]:
    genes = _page_of_genes(tuple(expression.mean.columns), len(expression.mean))
    spreads = _read_spreads(
        subject.data.run_id,
        subject.data.spec.name,
        genes,
        _grouping(subject),
        tuple(expression.mean.index),
        subject,
    )
    colours = plot_numbers.colours_of_groups(subject.cells, session.theme())
    full = _full_names(subject)
    draw_chart(
        violins(spreads, plot_numbers.group_names(subject.cells), full, colours),
        key="violins",
        height=_height(expression) + 10,
        alt=f"Violins of {len(genes)} genes in {len(expression.mean)} groups of cells. "
        f"{highest_in_words(expression, full)}",
    )
    st.markdown(
        ":gray[Every cell counts, none is sampled. A violin is widest at the value that most of its cells "
        "have; the "
        "line is the median. Each gene has its own scale: the numbers under its name.]"
    )
    return genes


def _page_of_genes(genes: tuple[str, ...], n_groups: int) -> tuple[str, ...]:
    """As many genes as can be drawn side by side; the others are one choice away."""
    size = max(_FEWEST_GENES, min(_MOST_GENES, _MOST_VIOLINS // max(1, n_groups)))
    if len(genes) <= size:
        return genes
    pages = [genes[i : i + size] for i in range(0, len(genes), size)]
    at = st.segmented_control(
        "Genes shown",
        range(len(pages)),
        default=0,
        required=True,
        key=f"plots_page_{len(pages)}",
        persist_state="session",
        format_func=lambda i: f"{i * size + 1} to {i * size + len(pages[i])}",
        help=f"{len(genes)} genes; {size} stand side by side.",
    )
    return pages[at]


def _draw_numbers(subject: Subject, expression: GroupExpression, kind: str, shown: tuple[str, ...]) -> None:
    if kind == VIOLINS:
        spreads = _read_spreads(
            subject.data.run_id,
            subject.data.spec.name,
            shown,
            _grouping(subject),
            tuple(expression.mean.index),
            subject,
        )
        table = figure_tables.spread_table(spreads, subject.cells)
    else:
        table = figure_tables.expression_table(expression, subject.cells)
    st.dataframe(table, hide_index=True, placeholder="", height=320, alt="The numbers behind the plot")
