"""The evidence score of a label, 0 to 100, and the terms that make it up. The formula stands in
docs/EVIDENCE.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cassia_core.domain.annotation import EvidenceItem, ScoreTerm
from cassia_core.knowledge.scoring.list_scores import DEFAULTS, TELLING, Scores

SUPPORT_SCALE = 10.0
KIND_SHARE, KIND_SHARE_CELLS = 0.35, 0.5
"""Part of the score that hangs on the kind within its lineage, from a list alone and with cells."""
SILENT_COST, SILENT_FREE = 0.5, 0.4
CONFLICT_COST = 0.6
OUT_OF_QUESTION = 0.02
"""How likely a kind is that the cells do not bring into question at all."""
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What speaks against a label: its markers that are silent, with their share by weight, and genes in
    conflict.
    """

    silent: tuple[str, ...] = ()
    silent_share: float = 0.0
    conflicts: tuple[EvidenceItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedScore:
    """A score with its terms, which add up to it; `kind` is how likely the kind is by the cells, None
    without.
    """

    value: float
    kind: float | None
    terms: tuple[ScoreTerm, ...]


def evidence_score(
    scores: Scores, share: np.ndarray, column: int, against: Against = Against()
) -> WeighedScore:
    """Score the type of `column`.

    A label speaks through its best descendant: a broad label is right when any of its kinds is. Types above
    the label
    are neither for nor against it.

    Parameters
    ----------
    scores
        The list against all types, with the cells where there are any.
    share
        Posterior of every type, shape (T,).
    """
    profiles = scores.profiles
    own, above = profiles.subtree(column), profiles.above(column)
    best = max(own, key=lambda t: (float(share[t]), -t))
    support = 1 - math.exp(-max(scores.support(best, DEFAULTS), 0.0) / SUPPORT_SCALE)
    related = np.zeros(len(share), dtype=bool)
    related[[*own, *above]] = True
    kinds = related.copy()
    kinds[above] = False
    inside = profiles.lineage == profiles.lineage[column]
    lineage = float(share[kinds | inside].sum())
    weight, kind = _kind(scores, column, float(share[kinds].sum()), float(share[inside & ~related].sum()))
    silent = SILENT_COST * max(0.0, against.silent_share - SILENT_FREE) / (1 - SILENT_FREE)
    strength = sum(item.weight for item in against.conflicts)
    conflict = CONFLICT_COST * strength / (strength + max(float(scores.llr[best]), 1.0)) if strength else 0.0
    factors = (
        (support, _support_text(scores, best)),
        (lineage, _lineage_text(scores, share, inside | kinds)),
        (1 - weight + weight * kind, _kind_text(scores, kind)),
        (1 - silent, f"expected, but silent: {_series(against.silent)}"),
        (1 - conflict, f"genes of another lineage: {_series([item.gene for item in against.conflicts])}"),
    )
    terms = _as_terms(factors)
    value = round(sum(term.points for term in terms), 1)
    return WeighedScore(value=value, kind=None if scores.cells is None else kind, terms=terms)


def _kind(scores: Scores, column: int, own: float, rivals: float) -> tuple[float, float]:
    """How much of the score hangs on the kind, and how likely it is: by the cells, else by the posterior."""
    if scores.cells is None:
        return KIND_SHARE, own / (own + rivals) if own + rivals > 0 else 0.0
    reading = scores.cells.type_reading(scores.profiles.entries[column].name)
    return KIND_SHARE_CELLS, reading.kind if reading is not None else OUT_OF_QUESTION


def _as_terms(factors: Sequence[tuple[float, str]]) -> tuple[ScoreTerm, ...]:
    """A product of factors as a sum: each takes its part of what the ones before it have left."""
    terms = [ScoreTerm(points=100.0, text="a label for which everything speaks")]
    left, shown = 100.0, 100.0
    for factor, text in factors:
        left *= factor
        points = round(round(left, 1) - shown, 1)
        if points:
            terms.append(ScoreTerm(points=points, text=text))
            shown = round(left, 1)
    return tuple(terms)


def _support_text(scores: Scores, best: int) -> str:
    telling = int(np.sum(scores.gains(best) > TELLING))
    read = len(scores.genes)
    return f"{telling} of the {read} genes read speak for it; chance alone gives some"


def _lineage_text(scores: Scores, share: np.ndarray, mine: np.ndarray) -> str:
    other = int(np.where(mine, -1.0, share).argmax())
    return f"other lineages also explain the genes, {scores.profiles.entries[other].name} best"


def _kind_text(scores: Scores, kind: float) -> str:
    rival = (
        f", {scores.cells.rival} comes close"
        if scores.cells is not None and scores.cells.rival and kind > 0.1
        else ""
    )
    return f"its lineage is not in doubt, but which kind of it is{rival}"


def _series(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
