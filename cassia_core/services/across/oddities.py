"""Where a type is missing or odd in one dataset, beside the others of its tissue. Nothing is tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

import pandas as pd

from cassia_core.knowledge.naming.consensus import vote_of
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.across.across_tables import shares_across
from cassia_core.services.across.labels_across import Across, Level

Kind = Literal["missing", "only_here", "much_more", "much_less"]
FEWEST_DATASETS = 3
"""Of a tissue: with fewer nobody can say which of them is the odd one."""
COMMON = 2 / 3
"""A type is common in a tissue when so many of its datasets have it."""
TIMES, POINTS = 3.0, 0.05
"""A share is odd when it is three times the median of the others (or a third), and five points off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One type in one dataset. `share` is there, `usual` the median of the others that have it; `instead`
    names kinds of it, or broader types, that the dataset has.
    """

    kind: Kind
    dataset: str
    tissue: str
    type: str
    share: float
    usual: float
    n_with: int
    n_datasets: int
    instead: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """Such as "Donor 3 has no NK cell: 4 of 5 datasets of blood have it, 6.0% in the median."."""
        others = f"{self.n_with} of {self.n_datasets} datasets of {self.tissue} have it"
        usual = f"{self.usual:.1%} in the median of the others that have it"
        kin = f" It has {', '.join(self.instead)}, which may be the same cells." if self.instead else ""
        told = {
            "missing": f"{self.dataset} has no {self.type}: {others}, {self.usual:.1%} in the median.{kin}",
            "only_here": f"{self.type} is in {self.dataset} alone ({self.share:.1%}), of "
            f"{self.n_datasets} datasets of {self.tissue}.{kin}",
            "much_more": f"{self.dataset} has much more {self.type}: {self.share:.1%}, and {usual}.",
            "much_less": f"{self.dataset} has much less {self.type}: {self.share:.1%}, and {usual}.",
        }
        return told[self.kind]


def oddities(labels: Across, level: Level = "type") -> tuple[Oddity, ...]:
    """What stands out, the commonest types first; nothing of tissues with fewer than three datasets."""
    shares = shares_across(labels, level)
    tissues: dict[str, list[str]] = {}
    for label in labels.labels:
        tissues.setdefault(label.tissue, [])
        if label.dataset not in tissues[label.tissue]:
            tissues[label.tissue].append(label.dataset)
    listed = [
        oddity
        for tissue, names in tissues.items()
        if len(names) >= FEWEST_DATASETS
        for oddity in _of_tissue(tissue, shares.loc[names])
    ]
    return tuple(sorted(listed, key=lambda o: (o.kind != "missing", -o.usual, -o.share)))


def _of_tissue(tissue: str, shares: pd.DataFrame) -> Iterator[Oddity]:
    rows = {str(name): dict(shares.loc[[name]].iloc[0]) for name in shares.index}
    for name in shares.columns:
        column = shares[name]
        n_with = int((column > 0).sum())
        if name == NO_LABEL or not n_with:
            continue
        for dataset, share in column.items():
            others = [float(value) for other, value in column.items() if other != dataset and value > 0]
            usual = median(others) if others else 0.0
            kind = _kind(float(share), usual, n_with, len(column))
            if kind:
                yield Oddity(
                    kind=kind,
                    dataset=str(dataset),
                    tissue=tissue,
                    type=name,
                    share=float(share),
                    usual=usual,
                    n_with=n_with,
                    n_datasets=len(column),
                    instead=_kin(name, rows[str(dataset)]) if kind in ("missing", "only_here") else (),
                )


def _kind(share: float, usual: float, n_with: int, n_datasets: int) -> Kind | None:
    if share == 0:
        return "missing" if n_with >= COMMON * n_datasets else None
    if n_with == 1:
        return "only_here"
    if usual == 0 or n_with < FEWEST_DATASETS or abs(share - usual) < POINTS:
        return None
    if share >= TIMES * usual:
        return "much_more"
    return "much_less" if share * TIMES <= usual else None


def _kin(name: str, of_dataset: Mapping[str, float]) -> tuple[str, ...]:
    """Types of the dataset that are a kind of this one, or of which this one is a kind."""
    here = vote_of(name)
    names = [str(other) for other, share in of_dataset.items() if share > 0 and other not in (name, NO_LABEL)]
    return tuple(
        other for other in names if here.leaf in vote_of(other).types or vote_of(other).leaf in here.types
    )
