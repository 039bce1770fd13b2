"""Labels of all datasets of a run side by side: one merge over all of them, by the Cell Ontology.

Two labels that mean the same type are one type with one name, however each run of agents wrote it; the id of
the term, the label as it stands and its cluster are kept.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cassia_core.domain.annotation import names_a_type
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.progress import FINISHED, DatasetView
from cassia_core.errors import CassiaError
from cassia_core.knowledge.naming.consensus import vote_of
from cassia_core.knowledge.naming.groupings import groupings_of
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.knowledge.naming.ontology import term_of
from cassia_core.look.wording import NO_LABEL
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.digest import stamp_of
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import load_record, may_change
from cassia_core.services.labels import review
from cassia_core.services.runs import runs

Level = Literal["type", "group", "lineage"]
LEVELS: dict[Level, str] = {"type": "Types", "group": "Groups of types", "lineage": "Lineages"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAcross:
    """One cluster of one dataset. `type`, `group` and `lineage` are the names that all datasets share;
    `label` is its own, as it stands. `n_cells` is None in a table of markers. `cl_id` may be that of the
    nearest type above (`nearest`).
    """

    dataset: str
    tissue: str
    cluster: str
    label: str
    type: str
    group: str
    lineage: str
    cl_id: str = ""
    nearest: bool = False
    n_cells: int | None = None

    def at(self, level: Level) -> str:
        """The shared name at a level."""
        return {"type": self.type, "group": self.group, "lineage": self.lineage}[level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """All labels of a run. `left_out` gives the datasets without labels, each with the reason."""

    stamp: str = ""
    labels: tuple[LabelAcross, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(label.dataset for label in self.labels))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    dataset: str
    tissue: str
    cluster: str
    label: str
    n_cells: int | None


def across(run_id: str, root: Path | None = None) -> Across:
    """The labels of all datasets of a run as they stand, under names that all share.

    They are kept beside the run, and merged anew when it goes on or a label is corrected.

    Raises
    ------
    RunNotFound
        There is no such run.
    """
    layout = runs.find_run(run_id, root)
    stamp = _stamp(layout)
    if layout.across.exists():
        with suppress(CassiaError):  # damaged, or of another version: it is made anew
            saved = read_json(layout.across, Across)
            if saved.stamp == stamp:
                return saved
    view = runs.view_run(run_id, root)
    specs = {spec.name: spec for spec in load_record(layout).config.datasets}
    named = {dataset.name: dataset for dataset in view.datasets}
    labels = [
        label
        for at, (name, spec) in enumerate(specs.items())
        for label in _labels(layout, at, spec, named.get(name, DatasetView(name=name)), root)
    ]
    merged = Across(
        stamp=stamp,
        labels=tuple(_merged(labels)),
        left_out=tuple(_left_out(specs, named, {label.dataset for label in labels})),
    )
    if view.state in runs.ENDED and may_change(layout):
        with suppress(OSError):  # a folder that can only be read is shown all the same
            write_json(layout.across, merged)
    return merged


def shared_names(labels: Iterable[str]) -> dict[str, str]:
    """Every label to the everyday name of the type that it means: one name for one type.

    A type that the ontology has goes by the ontology's name; of one that it has not, the most frequent
    spelling.
    """
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        spellings[vote_of(label).leaf][label] += 1
    return {label: _name(leaf, counted) for leaf, counted in spellings.items() for label in counted}


def _name(leaf: str, spellings: Counter[str]) -> str:
    term = term_of(leaf) if leaf.startswith("CL:") else None
    if term is not None:
        return everyday_name(term.name)
    return everyday_name(min(spellings, key=lambda label: (-spellings[label], label)))


def _merged(labels: list[_Label]) -> Iterator[LabelAcross]:
    names = shared_names(label.label for label in labels if names_a_type(label.label))
    for item in labels:
        name = names.get(item.label)
        broad, middle, _ = groupings_of(item.label) if name else (NO_LABEL, NO_LABEL, "")
        term = identify(item.label) if name else None
        yield LabelAcross(
            dataset=item.dataset,
            tissue=item.tissue,
            cluster=item.cluster,
            label=item.label,
            type=name or NO_LABEL,
            group=everyday_name(middle) if name else NO_LABEL,
            lineage=everyday_name(broad) if name else NO_LABEL,
            cl_id=term.cl_id if term else "",
            nearest=bool(term and term.nearest),
            n_cells=item.n_cells,
        )


def _labels(
    layout: RunLayout, at: int, spec: DatasetSpec, view: DatasetView, root: Path | None
) -> Iterator[_Label]:
    """Labels of one dataset; its own files are opened only where a person has corrected some."""
    if layout.dataset(at, spec).edits.exists():
        for group in review.groups(layout.root.name, spec.name, root):
            yield _Label(
                dataset=spec.name,
                tissue=spec.tissue,
                cluster=group.id,
                label=group.label,
                n_cells=group.n_cells,
            )
        return
    for tile in view.tiles:
        if tile.state in FINISHED:
            yield _Label(
                dataset=spec.name,
                tissue=spec.tissue,
                cluster=tile.cluster,
                label=tile.label,
                n_cells=tile.n_cells,
            )


def _left_out(
    specs: dict[str, DatasetSpec], views: dict[str, DatasetView], told: set[str]
) -> Iterator[tuple[str, str]]:
    for name in specs:
        if name not in told:
            view = views.get(name)
            yield name, (view.error if view and view.error else "It has no labels yet.")


def _stamp(layout: RunLayout) -> str:
    """The state of the run's files and of all corrections."""
    specs = load_record(layout).config.datasets
    edits = (layout.dataset(at, spec).edits for at, spec in enumerate(specs))
    changed = repr([path.stat().st_mtime_ns if path.exists() else 0 for path in edits])
    return f"{stamp_of(layout)} {hashlib.blake2b(changed.encode(), digest_size=8).hexdigest()}"
