"""What an agent is asked, typed: prompts are rendered from it, and the offline engine answers from it."""

from __future__ import annotations

from dataclasses import dataclass

from cassia_core.domain.annotation import Evidence, Proposal
from cassia_core.domain.config import ValidatorStrictness
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement
from cassia_core.domain.opinions.comparison import TypeScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where the cells come from, as the user said it. An unknown tissue is ""."""

    species: str
    tissue: str = ""
    context: str = ""
    panel_genes: int | None = None
    """Number of genes measured when it is a small targeted panel (absence of others says nothing), else None.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceType:
    """What the knowledge base holds on one type: the broader type, genes that mark it, and genes that speak
    against it.
    """

    name: str
    kind_of: str = ""
    marked_by: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateTask:
    """Name this cluster. From the second attempt on, `previous` and `feedback` say what to mend.

    `may_ask` lets the annotator ask for measured genes instead of answering (fused boost); `measured` holds
    what was looked up so far. `reference` is what the knowledge base holds on the types left open.
    """

    setting: Setting
    markers: ClusterMarkers
    n_genes: int = 50
    attempt: int = 1
    previous: Proposal | None = None
    feedback: str = ""
    may_ask: bool = False
    cells: Contrast | None = None
    """What the cells say by contrast with the other clusters; None without cells."""
    measured: tuple[GeneMeasurement, ...] = ()
    reference: tuple[ReferenceType, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateTask:
    """Does the proposal hold? `evidence` is what the deterministic checks found."""

    setting: Setting
    markers: ClusterMarkers
    proposal: Proposal
    evidence: Evidence
    strictness: ValidatorStrictness = "v1"
    with_score: bool = False
    """True: the reply also carries the scorer's JSON block, before the verdict line (docs/adr/0004)."""
    n_genes: int = 50
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatTask:
    """Turn a free text answer into the JSON block."""

    setting: Setting
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTask:
    """Give 0 to 100 for a finished annotation."""

    setting: Setting
    markers: ClusterMarkers
    proposal: Proposal
    evidence: Evidence
    n_genes: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostTask:
    """One round of boosting: hypotheses and genes to check, or the final label when `last`."""

    setting: Setting
    markers: ClusterMarkers
    proposal: Proposal
    evidence: Evidence
    measured: tuple[GeneMeasurement, ...] = ()
    sibling_genes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Markers of the label's siblings in the ontology: (sibling, genes)."""
    strategy: str = "breadth"
    round: int = 1
    last: bool = False
    cells: Contrast | None = None
    n_genes: int = 50
    question: str = ""
    """What a person asks about the cluster, to be answered with the label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTask:
    """Group the labels of all clusters at three levels, answered by cluster id."""

    setting: Setting
    labels: tuple[tuple[str, str, str], ...]
    """(cluster, general, detailed) of every labelled cluster."""
    note: str = ""
    """What a person says of the sample beside species and tissue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareTask:
    """Score each candidate type for one cluster. From the second round on, `own` holds the asked model's
    scores of the round before, and `others` those of the other models.

    `evidence` is what the deterministic checks found for each candidate, in the order of `candidates`;
    `measured` are values of the genes that tell the candidates apart.
    """

    setting: Setting
    markers: ClusterMarkers
    candidates: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    measured: tuple[GeneMeasurement, ...] = ()
    round: int = 1
    own: tuple[TypeScore, ...] = ()
    others: tuple[tuple[TypeScore, ...], ...] = ()
    cells: Contrast | None = None
    n_genes: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultTask:
    """Answer a person's question about one cluster, or ask for measured genes while `looks_left`.

    `said` are earlier questions about this cluster with their answers, oldest first.
    """

    setting: Setting
    markers: ClusterMarkers
    question: str
    label: str = ""
    evidence: Evidence | None = None
    measured: tuple[GeneMeasurement, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    looks_left: int = 0
    cells: Contrast | None = None
    n_genes: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsTask:
    """Name all parts of one cluster (`whole` says what it is), answered by the ids of the parts.

    `reference` is what the knowledge base holds for a part on types that its genes leave open.
    """

    setting: Setting
    whole: str
    parts: tuple[ClusterMarkers, ...]
    n_genes: int = 50
    reference: tuple[tuple[str, tuple[ReferenceType, ...]], ...] = ()


AgentTask = (
    AnnotateTask
    | ValidateTask
    | FormatTask
    | ScoreTask
    | BoostTask
    | MergeTask
    | CompareTask
    | ConsultTask
    | PartsTask
)
