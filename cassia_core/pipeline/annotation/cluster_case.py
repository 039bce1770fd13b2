"""One cluster on its way: what is known of it, and the drafts of its label."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cassia_core.domain.annotation import Evidence, Light, OntologyTerm, Proposal, QualityScore, Verdict
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import ReferenceType, Setting
from cassia_core.knowledge.evidence.light import light_of
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.scoring.open_types import open_types
from cassia_core.knowledge.scoring.siblings import sibling_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The knowledge base's part: everything here is computed, no model is asked."""

    weigh: Callable[..., Evidence] = weigh
    light_of: Callable[..., tuple[Light, str]] = light_of
    identify: Callable[[str], OntologyTerm | None] = identify
    open_types: Callable[..., tuple[ReferenceType, ...]] = open_types
    sibling_markers: Callable[[str, str], tuple[tuple[str, tuple[str, ...]], ...]] = sibling_markers


class ValidatedLabels:
    """Labels of one cluster that the validator has passed, shared by several answers to one question.

    Whoever brings a label that nobody has brought yet has it validated; others with the same label wait for
    that verdict instead of paying for their own. Safe for use from several threads.
    """

    def __init__(self, passed: Iterable[str] = ()) -> None:
        self._passed = {label.casefold() for label in passed}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @contextmanager
    def one_at_a_time(self, label: str) -> Iterator[bool]:
        """Whether `label` was passed already; the block is entered by one thread at a time for each label."""
        with self._lock:
            own = self._locks[label.casefold()]
        with own:
            yield label.casefold() in self._passed

    def add(self, label: str) -> None:
        """Note that the validator passed `label`."""
        with self._lock:
            self._passed.add(label.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One cluster with all that the agents may see of it."""

    markers: ClusterMarkers
    setting: Setting
    params: AnnotationParams
    expression: ExpressionSource
    n_genes: int
    checks: Checks
    cells: Contrast | None = None
    validated: ValidatedLabels | None = None
    """Labels that need no validator any more; None: every label is validated."""

    def weigh(self, proposal: Proposal) -> Evidence:
        """Evidence for the label from the genes that the annotator saw, no fewer and no more."""
        return self.checks.weigh(
            proposal.label,
            self.markers,
            self.setting,
            self.expression,
            proposal.key_genes,
            self.n_genes,
            self.cells,
        )

    @property
    def shown(self) -> frozenset[str]:
        """Genes that the annotator saw, in capitals."""
        return frozenset(gene.upper() for gene in self.markers.symbols(self.n_genes))

    @property
    def scores_with_validator(self) -> bool:
        """One call does both where both are the same model (docs/adr/0004)."""
        return self.params.score and self.params.model_of("scorer") == self.params.model_of("validator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A label with all that was said of it.

    `verdict` is the validator's, None when it was not asked; `feedback` is what goes back to the annotator,
    "" when
    there is nothing to mend; `reason` says why a person should look, "" when nothing stands open.
    """

    proposal: Proposal
    evidence: Evidence
    attempt: int
    verdict: Verdict | None = None
    score: QualityScore | None = None
    feedback: str = ""
    reason: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict is not None and self.verdict.passed
