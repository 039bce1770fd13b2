"""The offline engine as booster: asks for markers that tell relatives apart, then concludes from their
values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene
from cassia_core.domain.tasks import BoostTask
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.scoring.engine import Ranking, rank_types
from cassia_core.knowledge.scoring.list_scores import species_key
from cassia_core.llm.offline.annotator import MOST_KEY_GENES, name_levels
from cassia_core.llm.offline.words import block, explain, series, state_sentence

MOST_ASKED = 20
NO_WORDS = "The offline engine is no language model and cannot answer a question in words."
EXPRESSED_PCT, ENRICHED_LOG2FC = 0.15, 0.5


def boost(task: BoostTask) -> str:
    """Ask for untold genes in a round, or name the type from the list and the values in the last."""
    ranking = rank_types(_with_measured(task), task.setting, task.n_genes + MOST_ASKED, cells=task.cells)
    genes = [] if task.last else _genes_to_ask(task, ranking)
    if genes:
        hypotheses = [c.entry.name for c in ranking.candidates[:3]]
        still = series(hypotheses, "or")
        text = f"Still open: {still}. Their markers are looked up in this cluster."
        return "\n\n".join([text, block({"hypotheses": hypotheses, "ask_genes": genes})])
    if not _confirmed(ranking, task):
        ranking = rank_types(task.markers, task.setting, task.n_genes, cells=task.cells)
    return "\n\n".join(
        [
            f"{_measured_sentence(task.measured)}{explain(ranking, task.setting, task.cells)}",
            _conclusion(ranking, task.question),
        ]
    )


def _confirmed(ranking: Ranking, task: BoostTask) -> bool:
    """Whether at least half of the type's markers that were looked up are there: hits alone would prove
    anything.
    """
    own = {
        m.gene for m in load_knowledge().markers_of(ranking.named.entry, species_key(task.setting.species))
    }
    asked = [m for m in task.measured if m.gene in own and m.status in ("measured_here", "only_elsewhere")]
    return 2 * sum(_speaks(m) for m in asked) >= len(asked)


def _conclusion(ranking: Ranking, question: str) -> str:
    general, subtypes = name_levels(ranking)
    answered = {"answer": f"{NO_WORDS} {_states_sentence(ranking)}"} if question else {}
    return block(
        {
            "general": general,
            "subtypes": subtypes,
            "mixed": [c.entry.name for c in ranking.mixed],
            "key_genes": list(ranking.named.genes[:MOST_KEY_GENES]) if ranking.entry else [],
            "tissue": "",
            **answered,
        }
    )


def _states_sentence(ranking: Ranking) -> str:
    """What the list shows of states, among them hints of malignant cells: all that is looked up of them."""
    if not ranking.states:
        return "No state (such as cycling, stressed or a sign of malignant cells) stands out in its genes."
    return " ".join(state_sentence(state) for state in ranking.states[:2])


def _genes_to_ask(task: BoostTask, ranking: Ranking) -> list[str]:
    """Markers of the candidates and the label's siblings that are neither listed nor looked up yet."""
    known = {g.gene for g in task.markers.genes[: task.n_genes]} | {m.gene for m in task.measured}
    kb, species = load_knowledge(), species_key(task.setting.species)
    most = 2 if task.strategy == "depth" else 5
    lists = [[m.gene for m in kb.markers_of(c.entry, species)[:10]] for c in ranking.candidates[:most]]
    lists += [list(genes) for _, genes in task.sibling_genes[:most]]
    return [gene for gene in _in_turn(lists) if gene not in known][:MOST_ASKED]


def _in_turn(lists: list[list[str]]) -> Iterable[str]:
    longest = max((len(genes) for genes in lists), default=0)
    return dict.fromkeys(genes[i] for i in range(longest) for genes in lists if i < len(genes))


def _with_measured(task: BoostTask) -> ClusterMarkers:
    """The list, with looked-up genes that are clearly expressed and enriched here added at its end."""
    listed = {g.gene for g in task.markers.genes[: task.n_genes]}
    speaking = [m for m in task.measured if m.gene not in listed and _speaks(m)]
    speaking.sort(key=lambda m: -(m.log2fc or 0.0))
    head = task.markers.genes[: task.n_genes]
    tail = tuple(
        MarkerGene(gene=m.gene, rank=len(head) + i, log2fc=m.log2fc, pct_in=m.pct_in, pct_out=m.pct_out)
        for i, m in enumerate(speaking, start=1)
    )
    return replace(task.markers, genes=(*head, *tail))


def _speaks(measured: GeneMeasurement) -> bool:
    expressed = measured.pct_in is None or measured.pct_in >= EXPRESSED_PCT
    return measured.status == "measured_here" and expressed and (measured.log2fc or 0.0) >= ENRICHED_LOG2FC


def _measured_sentence(measured: tuple[GeneMeasurement, ...]) -> str:
    present = [m.gene for m in measured if _speaks(m)]
    silent = [
        m.gene for m in measured if m.status == "measured_here" and m.pct_in is not None and m.pct_in < 0.05
    ]
    text = f"Looked up and clearly present: {series(present[:6])}. " if present else ""
    return text + (f"Looked up and silent: {series(silent[:6])}. " if silent else "")
