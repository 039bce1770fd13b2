"""The offline engine as consultant: it cannot talk, but looks up genes, types and measured values."""

from __future__ import annotations

from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import ConsultTask
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labels import plural
from cassia_core.knowledge.naming.named_in_text import genes_named, types_named
from cassia_core.knowledge.scoring.list_scores import species_key
from cassia_core.llm.offline.words import block, series

MOST_TYPES, MOST_GENES, MOST_NAMED = 3, 8, 5
CANNOT_TALK = "The offline engine is no language model and cannot talk; it answers what can be looked up."
HINT = "Name a gene (such as CD3E) or a cell type (such as plasma cell) in your question."
_WITHOUT_VALUES = {
    "only_elsewhere": "a marker of other clusters, not of this one",
    "not_in_table": "not in the marker table, which says nothing of it",
    "not_in_data": "not measured in this data",
}


def consult(task: ConsultTask) -> str:
    """Values and types of the genes that the question names, genes and values of the types that it names."""
    types = types_named(task.question)[:MOST_TYPES]
    asked = [gene for entry in types for gene in _genes_of(entry, task)]
    known = {value.gene for value in task.measured}
    missing = [gene for gene in dict.fromkeys(asked) if gene not in known]
    if missing and task.looks_left > 0:
        return block({"answer": "", "ask_genes": missing})
    values = {value.gene: value for value in task.measured}
    named = [gene for gene in genes_named(task.question, values.__contains__) if gene not in asked]
    lines = [_of_gene(values[gene], task) for gene in named[:MOST_GENES]]
    lines += [_of_type(entry, values, task) for entry in types]
    said = " ".join([CANNOT_TALK, *(lines or [HINT])])
    return block({"answer": said, "ask_genes": []})


def _genes_of(entry: CellTypeEntry, task: ConsultTask) -> list[str]:
    species = species_key(task.setting.species)
    kb = load_knowledge()
    genes = [m.gene for e in kb.lineage(entry) for m in kb.markers_of(e, species)]
    return list(dict.fromkeys(genes))[:MOST_GENES]


def _of_gene(value: GeneMeasurement, task: ConsultTask) -> str:
    uses = load_knowledge().by_gene(value.gene, species_key(task.setting.species))
    marks = [plural(entry.name) for entry, _ in sorted(uses, key=lambda use: -use[1])[:MOST_NAMED]]
    known = f"It marks {series(marks)}." if marks else "The knowledge base lists it for no type."
    return f"{value.gene}: {_in_words(value)}. {known}"


def _of_type(entry: CellTypeEntry, values: dict[str, GeneMeasurement], task: ConsultTask) -> str:
    genes = _genes_of(entry, task)
    if not genes:
        return f"The knowledge base has no genes of {plural(entry.name)} in this species."
    told = [f"{gene} ({_in_words(values[gene])})" if gene in values else gene for gene in genes]
    return f"Genes of {plural(entry.name)}: {series(told)}."


def _in_words(value: GeneMeasurement) -> str:
    """What was measured of a gene in this cluster."""
    if value.status != "measured_here":
        return _WITHOUT_VALUES[value.status]
    parts = []
    if value.pct_in is not None:
        elsewhere = f", {value.pct_out:.0%} elsewhere" if value.pct_out is not None else ""
        parts.append(f"in {value.pct_in:.0%} of cells here{elsewhere}")
    if value.log2fc is not None:
        parts.append(f"log2 fold {value.log2fc:+.1f}")
    return "; ".join(parts) or "in the marker list of this cluster"
