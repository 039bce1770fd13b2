"""What several labels for the same cells agree on, counted through the Cell Ontology; no model decides it.

Every answer votes for the type that it names and for all broader types of it, so that "CD4+ T cells", "CD4 T
cell" and "T cell" agree on T cell. The consensus is the deepest type that two thirds of the answers share.
An answer that did not come is no vote. Nothing depends on the order of the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from cassia_core.domain.opinions.opinion import SHARED, Consensus, Level, OpinionAnswer
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.lineages import lineage_of_term, lineages
from cassia_core.knowledge.naming.ontology import ancestors, term_of

MAIN_WEIGHT, SUB_WEIGHT = 0.5, 0.5
"""Weights of general type and subtype in the similarity score (CASSIA 1.4.0: `main_weight`, `sub_weight`)."""
_UNSEEN = "\0a type that nobody named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A label as it is counted: the type named (`leaf`) with how deep it lies, and the broader ones above.

    Keys are Cell Ontology ids; the leaf of a label without a term of its own goes by its words.
    """

    leaf: str
    depth: int
    above: frozenset[str]

    @property
    def types(self) -> frozenset[str]:
        return self.above | {self.leaf}


@cache
def vote_of(label: str) -> Vote:
    """What a label votes for. Plural, case and synonyms make no difference; "Unknown" votes for nothing
    else.
    """
    term = identify(label)
    if term is None:
        return Vote(leaf=normal_form(label) or "unknown", depth=0, above=frozenset())
    broader = frozenset(above for above in ancestors(term.cl_id) if _counts(above, term.cl_id))
    if not term.nearest:
        return Vote(leaf=term.cl_id, depth=_depth(term.cl_id), above=broader)
    labelled = read_label(label)
    # The ontology has no term of its own for it: votes for it meet at the nearest term above.
    own = labelled.entry.name if labelled and labelled.exact else label
    return Vote(leaf=normal_form(own), depth=_depth(term.cl_id) + 1, above=broader | {term.cl_id})


def consensus_of(labels: Sequence[str], *, asked: int | None = None, planned: int | None = None) -> Consensus:
    """Count the labels of the answers that came.

    Parameters
    ----------
    labels
        One for each answer that came; missing answers are left out.
    asked, planned
        How many answers were asked for, and how many would have been without stopping early; by default as
        many as came.
    """
    tally = _Tally(labels)
    best = tally.best()
    asked = len(labels) if asked is None else asked
    return Consensus(
        label=tally.name(best) if best else "",
        cl_id=_cl_id(best) if best else "",
        votes=tally.votes[best] if best else 0,
        answered=len(labels),
        asked=asked,
        planned=asked if planned is None else planned,
        levels=tally.levels(),
    )


def support_of(label: str, consensus: Consensus) -> int:
    """How many of the counted answers name the type of `label`, or a kind of it."""
    leaf = vote_of(label).leaf
    return next((level.votes for level in consensus.levels if level.key == leaf), 0)


def settled(labels: Sequence[str], remaining: int) -> bool:
    """Whether no `remaining` further answers, whatever they say and however many of them fail to come, could
    change the consensus.
    """
    if remaining <= 0:
        return True
    tally, total = _Tally(labels), len(labels) + remaining
    best = tally.best()
    if best and not _is_shared(tally.votes[best], total):
        return False
    if _is_shared(remaining, total):  # enough for a type that nobody has named yet
        return False
    # Only a deeper type could still take the place of the best one; broader ones never do.
    deeper = (key for key in tally.votes if best is None or tally.rank(key) > tally.rank(best))
    return not any(_is_shared(tally.votes[key] + remaining, total) for key in deeper)


def fewest_to_settle(labels: Sequence[str], remaining: int) -> int:
    """How many further answers are needed at the least before the votes can be settled: so many can be asked
    at once without asking any in vain.
    """
    # The quickest way to a settled vote is that all further answers are alike.
    candidates = (*dict.fromkeys(labels), _UNSEEN)
    for more in range(1, remaining):
        if any(settled((*labels, *(label,) * more), remaining - more) for label in candidates):
            return more
    return remaining


def similarity_of(
    answers: Iterable[tuple[str, str]], main_weight: float = MAIN_WEIGHT, sub_weight: float = SUB_WEIGHT
) -> float | None:
    """The original's similarity score: how often general type and subtype are the most frequent ones.

    The sum over the answers of `main_weight` where the general type is the most frequent one and `sub_weight`
    where the subtype is, divided by their number (CASSIA 1.4.0). Here two spellings of one type are one, and
    missing answers are left out.

    Parameters
    ----------
    answers
        General type and best subtype ("" for none) of each answer that came.

    Returns
    -------
    float or None
        0 to 1 for weights that add up to 1; None without an answer.
    """
    pairs = [(vote_of(general).leaf, vote_of(sub).leaf if sub else "") for general, sub in answers]
    if not pairs:
        return None
    main, sub = (_most_frequent([pair[at] for pair in pairs]) for at in (0, 1))
    total = sum(main_weight * (pair[0] == main) + sub_weight * (pair[1] == sub) for pair in pairs)
    return total / len(pairs)


def consensus_of_answers(
    answers: Sequence[OpinionAnswer],
    *,
    planned: int | None = None,
    main_weight: float = MAIN_WEIGHT,
    sub_weight: float = SUB_WEIGHT,
) -> Consensus:
    """Count answers of which some may be missing; `planned` as in `consensus_of`."""
    came = [answer for answer in answers if answer.status == "answered"]
    counted = consensus_of([answer.label for answer in came], asked=len(answers), planned=planned)
    pairs = [(answer.general, answer.subtypes[0] if answer.subtypes else "") for answer in came]
    return replace(counted, similarity=similarity_of(pairs, main_weight, sub_weight))


class _Tally:
    """Votes at every level."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._n = len(labels)
        self._spellings: dict[str, Counter[str]] = {}
        self._depths: dict[str, int] = {}
        self.votes: Counter[str] = Counter()
        for label in labels:
            vote = vote_of(label)
            self.votes.update(vote.types)
            self._depths[vote.leaf] = vote.depth
            self._spellings.setdefault(vote.leaf, Counter())[label] += 1

    def rank(self, key: str) -> tuple[int, str]:
        """Deeper types rank higher; the key decides among equally deep ones, never the order of answers."""
        return (self._depths[key] if key in self._depths else _depth(key), key)

    def best(self) -> str | None:
        shared = [key for key, votes in self.votes.items() if _is_shared(votes, self._n)]
        return max(shared, key=self.rank, default=None)

    def name(self, key: str) -> str:
        term = term_of(key) if _cl_id(key) else None
        if term is not None:
            return term.name
        spellings = self._spellings[key]
        return min(spellings, key=lambda label: (-spellings[label], label))

    def levels(self) -> tuple[Level, ...]:
        return tuple(
            Level(key=key, name=self.name(key), votes=self.votes[key], cl_id=_cl_id(key))
            for key in sorted(self.votes, key=lambda key: (-self.votes[key], self.rank(key)))
        )


def _is_shared(votes: int, answered: int) -> bool:
    part, whole = SHARED
    return answered > 0 and votes * whole >= answered * part


def _cl_id(key: str) -> str:
    return key if key.startswith("CL:") else ""


@cache
def _depth(cl_id: str) -> int:
    """How many types lie above a term: a kind always has more above it than what it is a kind of."""
    return len(ancestors(cl_id))


def _counts(above: str, cl_id: str) -> bool:
    """Whether a broader term is a type that people name: one of the same lineage, or an umbrella such as
    "leukocyte". "Nucleate cell" and the like order the ontology and say nothing.
    """
    lineage = lineage_of_term(above)
    return bool(lineage) and (lineage == lineage_of_term(cl_id) or lineages()[lineage].vague)


def _most_frequent(keys: Sequence[str]) -> str:
    counts = Counter(keys)
    return min(counts, key=lambda key: (-counts[key], key))


def most_frequent_label(labels: Sequence[str]) -> str:
    """The label that most answers give, spellings of one type counted together; "" of none. It is written as
    most of them do; ties are decided by the words, never by their order.
    """
    if not labels:
        return ""
    leaf = _most_frequent([vote_of(label).leaf for label in labels])
    return _most_frequent([label for label in labels if vote_of(label).leaf == leaf])
