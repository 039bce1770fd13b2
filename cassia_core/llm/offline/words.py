"""How the offline engine words its reasons, and the fenced block at the end of a reply."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cassia_core.domain.contrast import Contrast
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.content.states import MALIGNANT, StateCall
from cassia_core.knowledge.content.tissues import TUMOUR, tissue_keys
from cassia_core.knowledge.naming.labels import plural
from cassia_core.knowledge.naming.lineages import exclusive
from cassia_core.knowledge.scoring.engine import Ranking

TUMOUR_FORMING = frozenset(
    {
        "epithelial cell",
        "hepatocyte",
        "endocrine cell",
        "melanocyte",
        "astrocyte or radial glia",
        "oligodendrocyte lineage",
        "neural progenitor",
        "mesothelial cell",
        "myoepithelial cell",
        "germ cell",
    }
)
"""Lineages of solid tumours, and of tumours of the blood: cells that merely live in tumours are in neither.
"""
BLOOD_BORNE = frozenset({"B cell", "T cell", "hematopoietic precursor", "granulocyte", "lymphocyte"})
USUAL = {
    "T cell": "T cells",
    "B cell": "B cells",
    "monocyte or macrophage": "macrophages",
    "epithelial cell": "epithelial cells",
    "endothelial cell": "endothelial cells",
    "fibroblast or stromal cell": "fibroblasts",
}
"""Lineages named as absent when they are."""


def series(names: Sequence[str], joint: str = "and") -> str:
    """ "A", "A and B", "A, B and C"."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joint} {names[-1]}"


def block(content: Mapping[str, object]) -> str:
    """The fenced JSON block that ends a reply."""
    return "```json\n" + json.dumps(content, ensure_ascii=False) + "\n```"


def explain(ranking: Ranking, setting: Setting, cells: Contrast | None = None) -> str:
    """The reasons for a ranking in sentences a student can follow; those of the cells first, where there
    are any.
    """
    if ranking.entry is None:
        return ranking.reason if ranking.cycling else f"{ranking.reason} So no cell type is named."
    sentences = [_lineage_sentence(ranking), *_cells_sentences(ranking, cells)]
    if cells is None and (detail := _detail_sentence(ranking)):
        sentences.append(detail)
    if against := _absence_sentence(ranking):
        sentences.append(against)
    sentences.append(_alternative_sentence(ranking))
    if ranking.mixed:
        one, other = ranking.mixed
        sentences.append(
            f"Both {series(one.genes[:4])} ({plural(one.entry.name)}) and {series(other.genes[:4])} "
            f"({plural(other.entry.name)}) stand high in the list: a mixture or doublets."
        )
    sentences += [state_sentence(state) for state in ranking.states[:2]]
    if _may_be_tumour_cells(ranking, setting):
        sentences.append(
            f"The sample is a tumour: these {plural(ranking.label)} are possibly malignant. Markers do not "
            "tell "
            "them from normal ones; compare their copy-number profiles."
        )
    if ranking.entry.note:
        sentences.append(f"Note on {ranking.entry.name}: {ranking.entry.note}")
    return " ".join(sentences)


def _cells_sentences(ranking: Ranking, cells: Contrast | None) -> list[str]:
    """What the cells say by contrast: what tells the type from its rival, how many of its genes were
    measured, and why
    no finer kind is named."""
    if cells is None or ranking.entry is None or cells.named != ranking.entry.name:
        return []
    high = [gene.gene for gene in cells.genes if gene.high][:4]
    silent = [gene.gene for gene in cells.genes if not gene.high][:3]
    sentences = []
    if high and cells.rival:
        are = "is" if len(silent) == 1 else "are"
        against = f", while {series(silent)} {are} silent" if silent else ""
        verb = "tells" if len(high) == 1 else "tell"
        named, rival = plural(cells.named), plural(cells.rival)
        sentences.append(
            f"By contrast with the other clusters, {series(high)} {verb} {named} from {rival}{against}."
        )
    if cells.known and cells.measured < cells.known / 2:
        sentences.append(f"Of {cells.known} genes that tell this type, {cells.measured} were measured.")
    return [*sentences, cells.stopped] if cells.stopped else sentences


def state_sentence(state: StateCall) -> str:
    """What the genes of a state say; those of malignant cells are a hint and no proof."""
    genes = series(state.genes[:4])
    if state.entry.kind == MALIGNANT:
        name = state.name.removeprefix("possible malignant: ")
        hint = f"{genes} hint at malignant cells ({name})"
        return f"{hint}; markers alone do not prove it, look for copy-number changes."
    return f"{genes} show a state: {state.name}."


def _may_be_tumour_cells(ranking: Ranking, setting: Setting) -> bool:
    """Whether the type could be the tumour's own: cells that merely live in tumours are left out."""
    sample = f"{setting.tissue} {setting.context}"
    if TUMOUR not in tissue_keys(sample):
        return False
    blood = any(word in sample.lower() for word in ("lymphoma", "leuk", "myeloma"))
    return ranking.lineage in (BLOOD_BORNE if blood else TUMOUR_FORMING)


def _lineage_sentence(ranking: Ranking) -> str:
    genes = ranking.named.genes or ranking.best.genes
    verb = "marks" if len(genes[:5]) == 1 else "mark"
    return f"{series(genes[:5])} {verb} {plural(ranking.label)}."


def _detail_sentence(ranking: Ranking) -> str:
    """Where the list is closer to one kind but does not settle it."""
    best = ranking.best
    if best.entry.name == ranking.label or best.lineage != ranking.lineage:
        return ""
    extra = [gene for gene in best.genes if gene not in ranking.named.genes[:5]][:3]
    because = f" because of {series(extra)}" if extra else ""
    return (
        f"Of their kinds, {plural(best.entry.name)} come closest{because}, but the list does not settle it."
    )


def _absence_sentence(ranking: Ranking) -> str:
    """Lineages that compete in textbooks and have no gene in the list."""
    seen = {c.lineage for c in ranking.candidates if c.genes} | {ranking.runner_up.lineage}
    absent = [words for name, words in USUAL.items() if name not in seen and exclusive(name, ranking.lineage)]
    return f"No clear marker of {series(absent[:3], 'or')} is in the list." if absent else ""


def _alternative_sentence(ranking: Ranking) -> str:
    other = ranking.runner_up
    if not other.genes:
        return "No other lineage has a gene of weight in the list."
    return (
        f"Next best outside this lineage are {plural(other.entry.name)} ({series(other.genes[:3])}), "
        f"{'close behind' if ranking.llr - other.llr < 5 else 'far behind'}."
    )
