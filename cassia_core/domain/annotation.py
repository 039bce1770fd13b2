"""What is said of a cluster, by whom, and how well it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cassia_core.domain.config import AgentModel
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.conversation import Turn
from cassia_core.domain.inside import ClusterInside, ClusterSamples
from cassia_core.domain.markers import GeneMeasurement

Light = Literal["high", "medium", "look"]
ClusterStatus = Literal["done", "needs_review", "failed", "skipped", "cancelled"]
EvidenceKind = Literal[
    "supporting",
    "silent",
    "conflicting",
    "unexpected",
    "not_measured",
    "cited_not_in_list",
    "cited_not_in_data",
]


PROLIFERATING = "proliferating cell"
"""Answer for cells of which only the cell cycle is seen."""
NO_NAMES = ("", "unknown", "unassigned", PROLIFERATING)
"""Answers, in small letters, that name no cell type."""


def names_a_type(label: str) -> bool:
    """Whether a label names a cell type; "Unknown" is an answer, but no name."""
    return label.strip().lower() not in NO_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The annotator's answer for one cluster.

    `subtypes` are the detailed types, most likely first (at most three); `mixed` names the types that a mixed
    cluster seems to hold; `key_genes` are the genes the answer leans on, as cited; `tissue` is the tissue
    that
    was inferred when none was given.
    """

    general: str
    subtypes: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    key_genes: tuple[str, ...] = ()
    reasoning: str = ""
    tissue: str = ""

    @property
    def label(self) -> str:
        """The single best label: the first subtype, else the general type."""
        return self.subtypes[0] if self.subtypes else self.general


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The validator's answer. `feedback` says what to mend when it did not pass."""

    passed: bool
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyTerm:
    """A Cell Ontology term as the ontology names it.

    `nearest`: the ontology has no term for the label itself; this one is the nearest above it.
    """

    cl_id: str
    name: str
    nearest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One gene's testimony on one label, with what was measured and one sentence on what it says."""

    gene: str
    kind: EvidenceKind
    weight: float = 1.0
    points_to: str = ""
    text: str = ""
    measured: GeneMeasurement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTerm:
    """One term of an evidence score: points (0 to 100, below 0 where they are taken off) and why, in
    words.
    """

    points: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the data and the knowledge base say of a label, computed without any language model.

    `score` is 0 to 100 by the formula in docs/EVIDENCE.md, or None when the knowledge base does not know the
    label (which is not evidence against it). `basis` says whether cells or only a marker table were read.
    """

    label: str
    basis: Literal["cells", "markers"]
    score: float | None = None
    term: OntologyTerm | None = None
    known: bool = True
    items: tuple[EvidenceItem, ...] = ()
    best_alternative: str = ""
    alternative_score: float | None = None
    kind: float | None = None
    """How likely (0 to 1) the cells find the kind named, if its lineage is right; None without cells."""
    terms: tuple[ScoreTerm, ...] = ()
    """What makes up `score`: its points add up to it."""
    problems: tuple[str, ...] = ()
    """Sentences that go back to the annotator, hardest first; empty when the label holds."""

    def genes(self, kind: EvidenceKind) -> tuple[str, ...]:
        return tuple(item.gene for item in self.items if item.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityScore:
    """The scorer's reading, 0 to 100, with its reasons and the model that gave it."""

    value: float
    reasoning: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLabels:
    """Three groupings of one cluster's label, broad (1) to specific (3)."""

    grouping_1: str = ""
    grouping_2: str = ""
    grouping_3: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """Before and after of a boost: what was asked, measured and concluded."""

    before: Proposal
    after: Proposal
    score_before: float | None = None
    score_after: float | None = None
    rounds: int = 0
    accepted: bool = False
    reason: str = ""
    measured: tuple[GeneMeasurement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far further answers share the label: counted by the program, never told by a model.

    `votes` of the `answered` answers name the label or a kind of it; `asked` counts those that did not come
    too. `consensus` is what two thirds of them share, with its own votes, "" where they share nothing.
    """

    votes: int
    answered: int
    asked: int
    consensus: str = ""
    consensus_votes: int = 0
    similarity: float | None = None

    @property
    def share(self) -> float | None:
        """0 to 1; None where fewer than two answers came, which say nothing of agreement."""
        return self.votes / self.answered if self.answered > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterResult:
    """Everything known of one cluster at the end: the content of its checkpoint.

    A `failed` or `skipped` cluster has no proposal; `reason` says why. `needs_review` keeps the best label
    with the reason. `light` is derived by the rules of docs/EVIDENCE.md and None without a label.
    """

    cluster: str
    status: ClusterStatus
    reason: str = ""
    n_cells: int | None = None
    markers: tuple[str, ...] = ()
    proposal: Proposal | None = None
    iterations: int = 0
    verdict: Verdict | None = None
    evidence: Evidence | None = None
    score: QualityScore | None = None
    general_term: OntologyTerm | None = None
    detailed_term: OntologyTerm | None = None
    light: Light | None = None
    light_reason: str = ""
    contrast: Contrast | None = None
    """What the cells say by contrast with the other clusters; None without cells."""
    merged: MergedLabels | None = None
    boost: Boost | None = None
    turns: tuple[Turn, ...] = ()
    provider: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0
    inside: ClusterInside | None = None
    """The kinds of cells in the cluster; None where there are no cells, and in runs of earlier versions."""
    samples: ClusterSamples | None = None
    """Where its cells come from; None where the file names no samples."""
    agreement: Agreement | None = None
    """How far further answers share the label; None where nobody asked again."""

    @property
    def label(self) -> str:
        """The single best label, or "" where there is none."""
        return self.proposal.label if self.proposal else ""

    @property
    def opinion(self) -> float | None:
        """The score of a scorer of its own; None of the offline engine, whose score is the evidence again."""
        if self.score is None or (self.score.model or self.model) == AgentModel().model:
            return None
        return self.score.value


def deserves_a_look(row: ClusterResult) -> bool:
    """Whether a person should look at a cluster first: all that were asked about and are not of high
    confidence.
    """
    return row.light != "high" and row.status != "skipped"
