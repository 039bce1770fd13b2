"""The clusters as a report shows them: label as it stands, doubts, evidence, and the conversation cut at its
genes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from cassia_core.domain.annotation import ClusterResult, OntologyTerm, deserves_a_look, names_a_type
from cassia_core.domain.conversation import Turn
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.knowledge.cells.words import inside_sentences
from cassia_core.knowledge.evidence.agreeing import agreement_in_words
from cassia_core.knowledge.evidence.telling import EvidenceLine, EvidenceReading, read_evidence
from cassia_core.knowledge.naming.identity import name_in_full
from cassia_core.knowledge.naming.names import shown_name
from cassia_core.look.palette import UNKNOWN_FAMILY
from cassia_core.look.turn_text import cut_at_genes, readable
from cassia_core.look.wording import NO_LABEL
from cassia_core.report.html.report_material import Material

STATUS_WORDS = {
    "done": "Done",
    "needs_review": "To review",
    "failed": "No answer",
    "skipped": "Not annotated",
    "cancelled": "Cancelled",
}
_CHIP = {"supporting": "in", "cited_not_in_data": "absent"}
MANY_TIMES = 10
"""log2 fold change above which the number itself says little: the gene is hardly seen elsewhere."""
_CL_ID = re.compile(r"CL:\d{7}")
_OLS = "https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id="


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedLabel:
    """A label that a person corrected: the new one, its Cell Ontology id, the run's own, why and when (UTC).

    `aside`: of cells that the person took out of a cluster.
    """

    label: str
    cl_id: str = ""
    original: str = ""
    reason: str = ""
    at: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text. `chip` is "" for plain words, else "in" (marker list), "measured" or "absent"; `tip`
    explains.
    """

    text: str
    chip: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPart:
    """One cluster of the report.

    `name` is the everyday name of the label as it stands (a person's own words as typed) or "No label",
    `in_full` the label with the ontology's name; `kind` is the number of its type. `evidence` is
    in reading order; `not_measured` are genes that the label lets expect and that the data do not have.
    """

    row: ClusterResult
    anchor: str
    name: str
    in_full: str
    kind: int
    family: str
    term: OntologyTerm | None
    edit: EditedLabel | None
    doubtful: bool
    why: str
    evidence: EvidenceReading | None
    not_measured: tuple[str, ...]
    turns: tuple[tuple[Turn, tuple[Piece, ...]], ...]

    @property
    def lines(self) -> tuple[EvidenceLine, ...]:
        """The genes of the evidence that were measured, in reading order."""
        told = self.evidence.lines if self.evidence else ()
        return tuple(line for line in told if line.part != "not_measured")

    @property
    def inside(self) -> tuple[str, ...]:
        """Kinds of cells, few cells and samples, as sentences."""
        return inside_sentences(self.row)

    @property
    def agreement(self) -> str:
        """What further answers say of the label, "" where nobody asked again."""
        return agreement_in_words(self.row.agreement) if self.row.agreement else ""

    @property
    def ontology_page(self) -> str:
        """Address of the term's page; "" unless the id is one of the Cell Ontology."""
        return _OLS + self.term.cl_id if self.term and _CL_ID.fullmatch(self.term.cl_id) else ""

    @property
    def status(self) -> str:
        """Status in words."""
        return STATUS_WORDS[self.row.status]

    @property
    def light(self) -> str:
        """Key of its confidence: the run's light, "edited" after a correction, "none" without a label."""
        return "edited" if self.edit else self.row.light or "none"


def cluster_parts(
    rows: Sequence[ClusterResult],
    material: Material,
    edits: Mapping[str, EditedLabel],
    families: Mapping[str, str],
    accepted: Collection[str] = (),
    *,
    species: str = "human",
) -> tuple[ClusterPart, ...]:
    """A part per row, in order; types are numbered in the order of their first cluster.

    No doubt is left about clusters that a person corrected or `accepted`. `species` decides which lists of
    the knowledge base part the evidence.
    """
    names = [name_of(row, edits) for row in rows]
    kinds = {name: at for at, name in enumerate(dict.fromkeys(names))}
    settled = {*edits, *accepted}
    labels = [row.label for row in rows if row.label]
    return tuple(
        _part(
            row,
            f"c{number}",
            name,
            kinds[name],
            material,
            edits.get(row.cluster),
            families,
            species,
            labels,
            doubtful=row.cluster not in settled and deserves_a_look(row),
        )
        for number, (row, name) in enumerate(zip(rows, names, strict=True), start=1)
    )


def name_of(row: ClusterResult, edits: Mapping[str, EditedLabel]) -> str:
    """The everyday name of the label as it stands, a person's own words as typed, or "No label"."""
    edit = edits.get(row.cluster)
    return shown_name(edit.label if edit else row.label, own_words=edit is not None) or NO_LABEL


def look_first(parts: Sequence[ClusterPart]) -> tuple[tuple[ClusterPart, ...], ...]:
    """The doubtful parts: without an answer, to look at, medium; weaker evidence first within each; one group
    per reason.
    """

    def doubt(part: ClusterPart) -> tuple[bool, bool, float]:
        evidence = part.row.evidence
        score = -1.0 if evidence is None or evidence.score is None else evidence.score
        return part.row.status != "failed", part.row.light == "medium", score

    groups: dict[tuple[str, str], list[ClusterPart]] = {}
    for part in sorted((p for p in parts if p.doubtful), key=doubt):
        groups.setdefault((part.why, part.name), []).append(part)
    return tuple(map(tuple, groups.values()))


def _part(
    row: ClusterResult,
    anchor: str,
    name: str,
    kind: int,
    material: Material,
    edit: EditedLabel | None,
    families: Mapping[str, str],
    species: str,
    rivals: Sequence[str],
    *,
    doubtful: bool,
) -> ClusterPart:
    label = edit.label if edit else row.label
    term = _term_of(edit) if edit else row.detailed_term
    markers = (
        next((c for c in material.markers.clusters if c.cluster == row.cluster), None)
        if material.markers
        else None
    )
    chip = _chips(row, markers, material.measured)
    genes = _genes_of(row, markers)
    turns = tuple((turn, tuple(_pieces(turn.text, genes, chip))) for turn in row.turns)
    return ClusterPart(
        row=row,
        anchor=anchor,
        name=name,
        in_full=name_in_full(label, term),
        kind=kind,
        family=families.get(label, UNKNOWN_FAMILY),
        term=term,
        edit=edit,
        turns=turns,
        doubtful=doubtful,
        why=row.reason or row.light_reason,
        evidence=read_evidence(row.evidence, species, rivals) if row.evidence else None,
        not_measured=row.evidence.genes("not_measured") if row.evidence else (),
    )


def _term_of(edit: EditedLabel) -> OntologyTerm | None:
    """The term of a label that a person gave, by the id that was noted then."""
    return OntologyTerm(cl_id=edit.cl_id, name=edit.label) if edit.cl_id else None


def chip_of(line: EvidenceLine) -> str:
    """Kind of a gene's chip: "in" for support, "absent" for what is not in the data, else "measured"."""
    return _CHIP.get(line.item.kind, "measured")


def no_evidence_words(row: ClusterResult) -> str:
    """Why a cluster has no table of evidence."""
    if not names_a_type(row.label):
        return "This cluster has no name that genes could speak for or against."
    if row.evidence is None or not row.evidence.known:
        return "The knowledge base does not know this label: it was not checked against the genes."
    return "No gene of this cluster is known to speak for or against the label."


def _genes_of(row: ClusterResult, markers: ClusterMarkers | None) -> frozenset[str]:
    listed = set(markers.symbols()) if markers else set(row.markers)
    evidence = {i.gene for i in row.evidence.items} if row.evidence else set()
    cited = set(row.proposal.key_genes) if row.proposal else set()
    asked = {m.gene for m in row.boost.measured} if row.boost else set()
    return frozenset(g for g in listed | evidence | cited | asked if len(g) > 1)


def _pieces(text: str, genes: frozenset[str], chip: Callable[[str], Piece]) -> list[Piece]:
    return [
        chip(piece) if is_gene else Piece(text=piece)
        for piece, is_gene in cut_at_genes(readable(text), genes)
    ]


def _chips(
    row: ClusterResult, markers: ClusterMarkers | None, measured: frozenset[str] | None
) -> Callable[[str], Piece]:
    known = {g.gene: g for g in markers.genes} if markers else {}

    def chip(gene: str) -> Piece:
        if gene in known:
            return Piece(text=gene, chip="in", tip=_tip(known[gene]))
        if gene in row.markers:
            return Piece(text=gene, chip="in", tip="In the marker list of this cluster.")
        if measured is None or gene in measured:
            return Piece(text=gene, chip="measured", tip="Not in the marker list of this cluster.")
        return Piece(text=gene, chip="absent", tip="Not in the data.")

    return chip


def _tip(gene: MarkerGene) -> str:
    lines = [f"Place {gene.rank} in the marker list"]
    if gene.log2fc is not None:
        times = (
            f"{2**gene.log2fc:,.1f} times higher" if gene.log2fc < MANY_TIMES else "Over 1,000 times higher"
        )
        lines.append(f"{times} here ({gene.log2fc:+.1f} log2)")
    if gene.pct_in is not None:
        elsewhere = "" if gene.pct_out is None else f", {gene.pct_out:.0%} elsewhere"
        lines.append(f"Seen in {gene.pct_in:.0%} of cells here{elsewhere}")
    return "\n".join(lines)
