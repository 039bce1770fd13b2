"""What the map can be coloured by, turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cassia_core.look.palette import LIGHTS, QUIET_GREY, Theme, wheel
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters.inside import READING
from cassia_core.services.labels import review
from cassia_core.services.labels.names import everyday_name, name_in_full
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs.results import DatasetResults, label_colours
from cassia_ui.frame import session
from cassia_ui.frame.words import LIGHT_SHORT, light_word

BY_TYPE, BY_CLUSTER, BY_READING, BY_LIGHT, BY_EVIDENCE, BY_SCORE, BY_GENE, BY_COLUMN = (
    "Cell type",
    "Cluster",
    "Cell reading",
    "Confidence",
    "Evidence",
    "Score",
    "Gene",
    "Column",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colouring:
    """Either categories (`codes`, -1 is grey) with a colour each, or `values` (NaN is grey).

    `in_full`: what is said of each category on hover, where that is more than its name. `labelled`: whether
    names stand on the map; `of_clusters`: whether a category is made of whole clusters; `in_card`: whether
    the hover card repeats them; `gene`: the title is a gene.
    """

    title: str
    categories: tuple[str, ...] = ()
    in_full: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    codes: np.ndarray | None = None
    values: np.ndarray | None = None
    labelled: bool = True
    of_clusters: bool = False
    in_card: bool = False
    gene: bool = False


def colour_by_row(data: DatasetResults, labels: Mapping[str, ReviewedLabel], what: str) -> Colouring:
    """Colour every cell by something that is known of its cluster.

    The run's evidence, score and confidence are of its own labels: cells that a person named have none.
    """
    column = data.view.column(data.view.cluster_key)
    theme = session.theme()
    if what in (BY_EVIDENCE, BY_SCORE):
        grouped = review.grouped_cells(data.run_id, data.spec.name, listed=labels.values())
        weighed = {r.cluster: r.evidence.score for r in data.rows if r.evidence}
        told = weighed if what == BY_EVIDENCE else {r.cluster: r.opinion for r in data.rows}
        score = {cluster: value for cluster, value in told.items() if value is not None}
        by_code = np.array(
            [np.nan if g.edited else score.get(g.cluster, np.nan) for g in grouped.groups] + [np.nan],
            dtype=np.float32,
        )
        return Colouring(title=f"{what} (0 to 100)", values=by_code[grouped.codes])
    if what == BY_CLUSTER:
        names = column.categories
        return Colouring(
            title="Cluster", categories=names, codes=column.codes, colours=wheel(len(names)), of_clusters=True
        )
    if what == BY_LIGHT:
        grouped = review.grouped_cells(data.run_id, data.spec.name, listed=labels.values())
        rows = {r.cluster: r for r in data.rows}
        colours = {LIGHT_SHORT[k]: v for k, v in LIGHTS[theme].items()}
        of_group = [light_word(rows.get(g.cluster), by_hand=g.edited) for g in grouped.groups]
        return replace(
            _named("Confidence", of_group, grouped.codes, colours, theme), labelled=False, in_card=True
        )
    return _by_type(data, labels, column.codes, theme)


def _by_type(
    data: DatasetResults, labels: Mapping[str, ReviewedLabel], clusters: np.ndarray, theme: Theme
) -> Colouring:
    """Every cell by its label as it stands, those set aside by theirs; a cell of no cluster stays without."""
    codes, names = review.cell_names(data.run_id, data.spec.name, listed=labels.values())
    groups = review.grouped_cells(data.run_id, data.spec.name, listed=labels.values()).groups
    in_full = {
        name: name_in_full(group.label, group.term)
        for name, group in zip(reversed(review.names_of_groups(groups)), reversed(groups), strict=True)
        if name
    }
    colours = label_colours(names, theme)
    nameless = (codes < 0) & (clusters >= 0)
    if nameless.any():
        codes, names = np.where(nameless, len(names), codes), (*names, NO_LABEL)
    return Colouring(
        title="Cell type",
        categories=names,
        in_full=tuple(in_full.get(n, n) for n in names),
        codes=codes,
        of_clusters=True,
        colours=tuple(colours.get(n, QUIET_GREY[theme]) for n in names),
    )


def _named(
    title: str, of_group: list[str], codes: np.ndarray, colours: dict[str, str], theme: Theme
) -> Colouring:
    names = tuple(dict.fromkeys(of_group))
    position = {name: i for i, name in enumerate(names)}
    by_code = np.array([position[n] for n in of_group] + [-1], dtype=np.int32)
    return Colouring(
        title=title,
        categories=names,
        codes=by_code[codes],
        colours=tuple(colours.get(n, QUIET_GREY[theme]) for n in names),
    )


def colour_by_gene(data: DatasetResults, gene: str) -> Colouring:
    """Colour every cell by one gene's log-normalised value."""
    return Colouring(title=gene, values=data.view.gene(gene), gene=True)


def colour_by_reading(data: DatasetResults) -> Colouring:
    """Every cell by the kind that it is counted with, whatever its cluster is called."""
    column = data.view.column(READING)
    names = tuple(everyday_name(n) for n in column.categories)
    theme = session.theme()
    colours = label_colours(names, theme)
    return Colouring(
        title=BY_READING,
        categories=names,
        in_full=column.categories,
        codes=column.codes,
        in_card=True,
        colours=tuple(colours.get(n, QUIET_GREY[theme]) for n in names),
    )


def colour_by_column(data: DatasetResults, name: str) -> Colouring:
    """Colour every cell by a column of the file."""
    column = data.view.column(name)
    if column.kind == "numeric":
        return Colouring(title=name, values=column.values)
    return Colouring(
        title=name,
        categories=column.categories,
        codes=column.codes,
        in_card=True,
        colours=wheel(len(column.categories)),
    )
