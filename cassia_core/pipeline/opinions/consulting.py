"""Answer a question about one cluster, with a bounded number of looks at measured genes."""

from __future__ import annotations

from cassia_core.agents import parse
from cassia_core.agents.parse import GeneRequest
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import check
from cassia_core.domain.opinions.closer_look import Consultation
from cassia_core.domain.tasks import ConsultTask
from cassia_core.knowledge.naming.named_in_text import genes_named
from cassia_core.pipeline.annotation.cluster_case import Case
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.looking_up import measure
from cassia_core.pipeline.opinions.looking_closer import refuse_without_markers

MOST_LOOKS = 3
LONGEST_QUESTION = 1000
MOST_SAID = 6
"""Earlier questions about the cluster that are shown again."""


def checked_question(question: str, parameter: str = "question") -> str:
    """A question without blanks around it.

    Raises
    ------
    ConfigError
        When it is empty or longer than `LONGEST_QUESTION` characters.
    """
    asked = question.strip()
    expected = f"a question of at most {LONGEST_QUESTION} characters"
    check(0 < len(asked) <= LONGEST_QUESTION, parameter, question, expected)
    return asked


def consult(
    case: Case,
    talk: Conversation,
    row: ClusterResult,
    question: str,
    label: str = "",
    said: tuple[Consultation, ...] = (),
) -> Consultation:
    """Put a question about the cluster of `row`.

    Genes that the question names are looked up before anybody is asked; the model may ask for others
    `MOST_LOOKS` times. `label` is what the cluster is called now, where a person has corrected it.

    Raises
    ------
    ConfigError, InputError
        An empty or overlong question; a cluster without marker genes.
    CassiaError
        From the asking.
    """
    asked = checked_question(question)
    refuse_without_markers(case)
    measured = measure(case, genes_named(asked, case.expression.has_gene), ())
    for looks in range(MOST_LOOKS + 1):
        task = ConsultTask(
            setting=case.setting,
            markers=case.markers,
            question=asked,
            label=label or row.label,
            evidence=row.evidence if label in ("", row.label) else None,
            measured=measured,
            said=tuple((earlier.question, earlier.answer) for earlier in said[-MOST_SAID:]),
            looks_left=MOST_LOOKS - looks,
            cells=case.cells,
            n_genes=case.n_genes,
        )
        answer = _answer(talk, task, looks + 1)
        if not isinstance(answer, GeneRequest):
            break
        measured = measure(case, answer.genes, measured)
    return Consultation(question=asked, answer=str(answer), measured=measured, looks=looks)


def _answer(talk: Conversation, task: ConsultTask, attempt: int) -> str | GeneRequest:
    if not task.looks_left:
        return talk.ask_twice("consultant", task, parse.read_answer, attempt=attempt)
    return talk.ask_twice("consultant", task, parse.read_answer_or_request, attempt=attempt)
