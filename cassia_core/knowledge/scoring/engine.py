"""The offline engine: which cell type a ranked marker list speaks for, how clearly, and what else it could
be.

No language model. A list is scored against every type of the knowledge base at once; the answer is the
deepest
type that the evidence carries. docs/EVIDENCE.md explains each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cassia_core.domain.annotation import PROLIFERATING
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.states import CYCLING, StateCall, call_states
from cassia_core.knowledge.naming.lineages import abstract_types, lineages
from cassia_core.knowledge.scoring.list_scores import DEFAULTS, TELLING, EngineSettings, Scores, score_types
from cassia_core.knowledge.scoring.mixtures import find_mixture
from cassia_core.knowledge.scoring.profiles import CLEARLY, Profiles

UNKNOWN = "Unknown"
SHOWN = 8
"""Candidates that a ranking carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One type as an explanation of the list. `llr` is the log-likelihood ratio against a random list,
    `share` the posterior of the type, `genes` the genes of the list that speak for it, most telling first."""

    entry: CellTypeEntry
    lineage: str
    llr: float
    share: float
    genes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What the engine makes of a list. `entry` is None when it abstains, and `reason` says why.

    `path` leads from the broadest type to the one named; `named` is that type as a candidate; `candidates`
    are the
    best types, most likely first; `runner_up` is the best of another lineage; `confidence` (0 to 1) is the
    posterior
    of the lineage, `specificity` that of the type named with all below it; `llr` and `support` (above 0: more
    than
    chance) are those of the lineage's best type; `mixed` holds two types of exclusive lineages when the list
    is a
    mixture.
    """

    entry: CellTypeEntry | None
    lineage: str
    path: tuple[CellTypeEntry, ...]
    named: Candidate
    candidates: tuple[Candidate, ...]
    runner_up: Candidate
    confidence: float
    specificity: float
    llr: float
    support: float
    mixed: tuple[Candidate, ...]
    states: tuple[StateCall, ...]
    genes_used: tuple[str, ...]
    cycling: bool = False
    """Whether the list shows the cell cycle, beyond what belongs to the type named (germinal centre B
    cells cycle).
    """
    reason: str = ""

    @property
    def label(self) -> str:
        """Name of the type, "proliferating" before it where the cells cycle; "proliferating cell" when only
        that is
        seen, and "Unknown" when the engine abstains."""
        if self.entry is None:
            return PROLIFERATING if self.cycling else UNKNOWN
        return f"proliferating {self.entry.name}" if self.cycling else self.entry.name

    @property
    def best(self) -> Candidate:
        """The best single candidate, whether or not it is good enough to be named."""
        return self.candidates[0]


def rank_types(
    markers: ClusterMarkers | Sequence[str],
    setting: Setting,
    n_genes: int = 50,
    settings: EngineSettings = DEFAULTS,
    cells: Contrast | None = None,
) -> Ranking:
    """Rank the knowledge base's types for one cluster.

    Parameters
    ----------
    markers
        The cluster's ranked genes, or bare symbols, best first.
    setting
        Species and tissue; the tissue weighs, it never excludes.
    n_genes
        How many genes from the top are read.
    cells
        What the cells say by contrast with the other clusters. Where they do, they decide how deep the name
        goes.

    Returns
    -------
    Ranking
        Deterministic: the same list gives the same ranking.
    """
    return answer(score_types(markers, setting, n_genes, settings, cells), settings)[0]


def answer(scores: Scores, settings: EngineSettings = DEFAULTS) -> tuple[Ranking, np.ndarray]:
    """The ranking of a scored list, and the posterior of every type."""
    profiles = scores.profiles
    # A list of fifty genes is not fifty independent witnesses: the temperature takes back the certainty that
    # multiplying them pretends (docs/EVIDENCE.md).
    share = _softmax(scores.fit / settings.temperature + scores.prior)
    here, below, members = _from_cells(scores) or _from_list(profiles, share, settings)
    inside = np.where(members, share, 0.0)
    best = int(inside.argmax())
    explained = {gene for gene, gain in zip(scores.genes, scores.gains(here), strict=True) if gain > TELLING}
    states = call_states(scores.genes, profiles.species, explained, tumour=scores.tumour)
    reason = _why_not(scores, best, states, settings)
    mixture = None if reason else find_mixture(scores, settings)
    outside = np.where(members, -1.0, share)
    # The types above the answer are no rivals: whoever is a CD4 T cell is a T cell.
    outside[[profiles.column[entry.name] for entry in _path(profiles, here)]] = -1.0
    runner_up = int(outside.argmax())
    ranking = Ranking(
        entry=None if reason else profiles.entries[here],
        lineage=profiles.lineage_names[profiles.lineage[here]],
        path=_path(profiles, here),
        named=candidate(scores, share, here),
        candidates=tuple(candidate(scores, share, int(t)) for t in np.argsort(-share, kind="stable")[:SHOWN]),
        runner_up=candidate(scores, share, runner_up),
        confidence=float(inside.sum()),
        specificity=below,
        llr=float(scores.llr[best]),
        support=scores.support(best, settings),
        mixed=tuple(candidate(scores, share, t) for t in mixture or ()),
        states=states,
        genes_used=scores.genes,
        cycling=_cycles(scores, states, None if reason else here),
        reason=reason,
    )
    return ranking, share


def _cycles(scores: Scores, states: tuple[StateCall, ...], here: int | None) -> bool:
    """Whether genes of the cell cycle are called that are no markers of the type in column `here` (None:
    of no type).
    """
    seen = {gene for state in states if state.entry.kind == CYCLING for gene in state.genes}
    if not seen or here is None:
        return bool(seen)
    rows = dict(zip(scores.genes, scores.rows, strict=True))
    owned = sum(float(scores.profiles.gain[rows[gene], here]) > CLEARLY for gene in seen)
    # Germ cells and progenitors have cycling genes among their own markers: then they say nothing more.
    return 2 * owned < len(seen)


def _from_list(
    profiles: Profiles, share: np.ndarray, settings: EngineSettings
) -> tuple[int, float, np.ndarray]:
    """The type that the posterior carries, its share with all below it, and which types are of its
    lineage.
    """
    by_lineage = np.bincount(profiles.lineage, weights=share, minlength=len(profiles.lineage_names))
    top = int(by_lineage.argmax())
    umbrella = _umbrella(profiles, share, by_lineage, settings)
    members = _members(profiles, top if umbrella is None else umbrella, whole=umbrella is not None)
    inside = np.where(members, share, 0.0)
    if umbrella is not None:
        return umbrella, float(inside.sum()), members
    return *_deepest(profiles, inside, settings), members


def _from_cells(scores: Scores) -> tuple[int, float, np.ndarray] | None:
    """The same from what the cells say; None where there are none, or they name a type of another edition."""
    profiles = scores.profiles
    here = profiles.column.get(scores.cells.named) if scores.cells is not None else None
    if here is None or scores.cells is None:
        return None
    lineage = lineages().get(profiles.lineage_names[profiles.lineage[here]])
    vague = lineage is not None and lineage.vague
    return (
        here,
        scores.cells.confidence,
        _members(profiles, here if vague else int(profiles.lineage[here]), whole=vague),
    )


def candidate(scores: Scores, share: np.ndarray, t: int) -> Candidate:
    """Type column `t` as a candidate, with the genes that speak for it."""
    gains = scores.gains(t)
    telling = tuple(scores.genes[i] for i in np.argsort(-gains, kind="stable") if gains[i] > TELLING)
    profiles = scores.profiles
    return Candidate(
        entry=profiles.entries[t],
        lineage=profiles.lineage_names[profiles.lineage[t]],
        llr=float(scores.llr[t]),
        share=float(share[t]),
        genes=telling,
    )


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def _umbrella(
    profiles: Profiles, share: np.ndarray, by_lineage: np.ndarray, settings: EngineSettings
) -> int | None:
    """The umbrella over the likeliest lineage ("lymphocyte") when that does not stand out below it; else
    None.
    """
    top = int(by_lineage.argmax())
    uppermost = next(
        int(t)
        for t in np.flatnonzero(profiles.lineage == top)
        if profiles.parent[t] < 0 or profiles.lineage[profiles.parent[t]] != top
    )
    above = int(profiles.parent[uppermost])
    # No lineage stands out below their common roof: the roof is the honest answer.
    if above < 0 or by_lineage[top] >= settings.stand_out * _subtree_share(profiles, share, above):
        return None
    return above


def _members(profiles: Profiles, at: int, *, whole: bool) -> np.ndarray:
    """Which types count for the answer: those of lineage `at`, or the `whole` subtree of type `at`."""
    if not whole:
        return profiles.lineage == at
    inside = np.zeros(len(profiles.entries), dtype=bool)
    inside[profiles.subtree(at)] = True
    return inside


def _why_not(scores: Scores, best: int, states: tuple[StateCall, ...], settings: EngineSettings) -> str:
    """Why a list is not labelled; "" when it can be."""
    if not scores.genes:
        return "The cluster has no marker genes."
    # Better than chance at this length of list; without this test every list would get some name.
    if scores.support(best, settings) > 0:
        return ""
    if any(state.entry.kind == CYCLING for state in states):
        return "These are proliferating cells; of which kind is not told by these genes."
    if states:
        return f"The list shows a state ({states[0].name}) but no cell type."
    return "The genes do not point to any one cell type more than chance would."


def _deepest(profiles: Profiles, share: np.ndarray, settings: EngineSettings) -> tuple[int, float]:
    """Walk down from the lineage's top: on to a child as long as it holds most of what is below the node."""
    totals = {int(t): _subtree_share(profiles, share, int(t)) for t in np.flatnonzero(share > 0)}
    tops = [t for t in totals if profiles.parent[t] not in totals]
    here = max(tops, key=lambda t: (totals[t], -t))
    while True:
        best = max(
            (t for t in profiles.children[here] if t in totals), key=lambda t: (totals[t], -t), default=None
        )
        # From a class that nobody uses as a label ("leukocyte") the step down needs less certainty.
        abstract = profiles.entries[here].name in abstract_types()
        needed = settings.descend_abstract if abstract else settings.descend
        if best is None or totals[best] < needed * totals[here]:
            return here, totals[here]
        here = best


def _subtree_share(profiles: Profiles, share: np.ndarray, t: int) -> float:
    return float(sum(share[node] for node in profiles.subtree(t)))


def _path(profiles: Profiles, t: int) -> tuple[CellTypeEntry, ...]:
    return tuple(profiles.entries[node] for node in reversed([t, *profiles.above(t)]))
