"""What a plot shows, and the numbers behind it: the same for the screen, the figure and the table to take
home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cassia_core.data.view.view_store import View
from cassia_core.errors import InputError
from cassia_core.knowledge.evidence.label_genes import genes_behind_labels
from cassia_core.look.palette import GREY, Theme
from cassia_core.look.wording import NO_LABEL
from cassia_core.report.tables.single_line import one_line, shortened
from cassia_core.services.clusters import composition
from cassia_core.services.clusters.composition import Composition
from cassia_core.services.labels import agreement, review
from cassia_core.services.labels.agreement import FileAgreement
from cassia_core.services.labels.review import GroupedCells
from cassia_core.services.plots import gene_plots
from cassia_core.services.plots.asked_genes import find_genes
from cassia_core.services.plots.gene_plots import GroupExpression, Spread
from cassia_core.services.runs.results import DatasetResults, label_colours, load_results

FigureKind = Literal["map", "dots", "heat", "violins", "composition", "confusion"]
ColourBy = Literal["type", "cluster", "light", "score", "gene", "column"]
Unit = Literal["share", "cells"]
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOptions:
    """What a figure shows and its size.

    `colour_by` and `embedding` are for the map ("" is the first embedding); `column` names the column to
    colour, split
    or compare by; `genes` are for the dot plot, heat map and violins (empty: the markers behind the labels),
    and its
    first one colours a map by a gene. `arranged`: similar groups side by side and genes along the diagonal,
    else as
    the file and the person order them. `scaled` (heat map): each gene as share of its highest mean. `unit`:
    what the
    bars of a composition count.
    """

    width_mm: float = 170.0
    height_mm: float | None = None
    font_pt: float = 7.0
    dpi: int = 300
    colour_by: ColourBy = "type"
    embedding: str = ""
    genes: tuple[str, ...] = ()
    column: str = ""
    names_beside: bool = False
    arranged: bool = True
    scaled: bool = True
    unit: Unit = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The results of one dataset with the group of every cell, labels as they stand after corrections."""

    data: DatasetResults
    cells: GroupedCells

    @property
    def view(self) -> View:
        return self.data.view


def load_subject(run_id: str, dataset: str, root: Path | None = None) -> Subject:
    """What plots are made of.

    Raises
    ------
    InputError
        When the run has no cells, or none of them is in a cluster.
    """
    return subject_of(load_results(run_id, dataset, root), root)


def subject_of(data: DatasetResults, root: Path | None = None) -> Subject:
    """The same for results that are loaded already."""
    if not data.has_cells:
        raise InputError(
            "There are no cells to draw.",
            "This run was made from a table of marker genes.",
            "Plots need a run of cells (an h5ad file, for example).",
        )
    run, name = data.run_id, data.spec.name
    cells = review.grouped_cells(run, name, root, listed=review.labels(run, name, root, rows=data.rows))
    if not (cells.codes >= 0).any():
        raise InputError(
            "There are no groups of cells to draw.", "No cell is in a cluster.", "Choose another clustering."
        )
    return Subject(data=data, cells=cells)


def species_of(data: DatasetResults) -> str:
    """Whose gene names to understand: the species of the run, else the one seen in the file."""
    species = data.findings.species if data.findings else ""
    return (
        data.spec.species.strip().lower()
        if data.spec.species.strip().lower() in ("human", "mouse")
        else species
    )


def group_names(cells: GroupedCells) -> dict[str, str]:
    """Group to "everyday name (cluster)". The middle of a long name is left out."""
    return {g.id: f"{short_name(g.short or NO_LABEL)} ({short_name(g.id)})" for g in cells.groups}


def short_name(text: object, most: int = LONGEST_NAME) -> str:
    """A label on one line of at most `most` letters."""
    return shortened(one_line(text), most)


def colours_of_labels(labels: Sequence[str], theme: Theme = "light") -> dict[str, str]:
    """A colour per label; grey without a label."""
    known = label_colours([n for n in labels if n != NO_LABEL], theme)
    return {name: known.get(name, GREY[theme]) for name in labels}


def colours_of_groups(cells: GroupedCells, theme: Theme = "light") -> dict[str, str]:
    """Group to the colour of its label, the same as on the map."""
    of_group = {g.id: g.short or NO_LABEL for g in cells.groups}
    colours = colours_of_labels(tuple(dict.fromkeys(of_group.values())), theme)
    return {group: colours[label] for group, label in of_group.items()}


def genes_of(subject: Subject, asked: Sequence[str]) -> tuple[str, ...]:
    """Genes of the data that were asked for; without any, the markers behind the labels.

    Raises
    ------
    InputError
        When none of them was measured.
    """
    wanted = tuple(asked) or genes_behind_labels(subject.data.rows, species_of(subject.data))
    genes = find_genes(subject.view.genes(), wanted, species_of(subject.data)).genes
    if not genes:
        raise InputError(
            "None of these genes is in your data.",
            f"Asked for: {', '.join(wanted[:20]) or 'no gene'}.",
            "Check the spelling.",
        )
    return genes


def expression_of(subject: Subject, options: FigureOptions) -> GroupExpression:
    """Means and shares of the chosen genes, in the chosen order."""
    expression = gene_plots.expression_by_group(subject.view, subject.cells, genes_of(subject, options.genes))
    return gene_plots.arranged(expression) if options.arranged else expression


def spreads_of(subject: Subject, options: FigureOptions) -> tuple[Spread, ...]:
    """Spreads of the chosen genes, groups in the chosen order."""
    expression = expression_of(subject, options)
    return gene_plots.spread_by_group(
        subject.view, subject.cells, expression.mean.columns, tuple(expression.mean.index)
    )


def composition_of(subject: Subject, options: FigureOptions) -> Composition:
    """Cells of each label in the groups of the chosen column."""
    return composition.composition(subject.view, subject.cells, checked_column(subject.view, options.column))


def agreement_of(subject: Subject, options: FigureOptions) -> FileAgreement:
    """Agreement with the chosen column."""
    return agreement.agreement(subject.view, subject.cells, checked_column(subject.view, options.column))


def checked_column(view: View, name: str, kinds: tuple[str, ...] = ("categorical",)) -> str:
    """`name`, when the view has such a column of these kinds.

    Raises
    ------
    InputError
        When it has not.
    """
    fit = [c.name for c in view.columns() if c.kind in kinds]
    if name not in fit:
        raise InputError(
            f"The cells have no column {name} that fits." if name else "No column was chosen.",
            f"Columns: {', '.join(fit)}.",
            "Choose one of these.",
        )
    return name
