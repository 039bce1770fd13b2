"""Names and ids of labels for pages: what a screen writes, and which term of the Cell Ontology it is."""

from __future__ import annotations

from cassia_core.knowledge.evidence.agreeing import agreement_in_words
from cassia_core.knowledge.evidence.telling import EvidenceLine, EvidenceReading, read_evidence
from cassia_core.knowledge.naming.identity import identify, name_in_full, term_in_words
from cassia_core.knowledge.naming.names import everyday_name, shown_name

__all__ = [
    "EvidenceLine",
    "EvidenceReading",
    "agreement_in_words",
    "everyday_name",
    "identify",
    "name_in_full",
    "read_evidence",
    "shown_name",
    "term_in_words",
]
