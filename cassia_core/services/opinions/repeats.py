"""The answers of a job that asked again, as tables of the same form as the run's own, one per repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.config import OFFLINE
from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.opinion import Opinion, OpinionAnswer
from cassia_core.report.tables.dataset_tables import summary_table
from cassia_core.report.tables.dataset_texts import conversations_json
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.runs.codec import write_text
from cassia_core.services.opinions import opinions
from cassia_core.services.runs.results import load_results


def repeated_rows(
    run_id: str, dataset: str, job: str, times: int, root: Path | None = None
) -> tuple[tuple[ClusterResult, ...], ...]:
    """Every cluster in each of `times` repetitions, joined by cluster id; the first is the run's own answer.

    A cluster whose answer is missing is there with the status "failed" and the reason. The offline engine's
    one answer stands in every repetition: it always gives the same.
    """
    rows = load_results(run_id, dataset, root).rows
    opinion_of = {
        o.clusters[0]: o for o in opinions.list_opinions(run_id, dataset, root=root) if o.job == job
    }
    said = {
        cluster: opinions.conversation_of(run_id, dataset, opinion, root)
        for cluster, opinion in opinion_of.items()
    }
    return tuple(
        tuple(
            _repetition(row, opinion_of.get(row.cluster), said.get(row.cluster, ()), number) for row in rows
        )
        for number in range(1, times + 1)
    )


def write_repeats(
    run_id: str, dataset: str, job: str, times: int, target: Path, root: Path | None = None
) -> tuple[Path, ...]:
    """Write `{target}_{i}_summary.csv` and `{target}_{i}_conversations.json` for i from 1 to `times`.

    Returns
    -------
    tuple of Path
        The tables, in order.
    """
    spec = load_results(run_id, dataset, root).spec
    target.parent.mkdir(parents=True, exist_ok=True)
    tables = []
    for number, rows in enumerate(repeated_rows(run_id, dataset, job, times, root), start=1):
        path = target.with_name(f"{target.name}_{number}_summary.csv")
        write_csv(path, summary_table(rows, spec))
        write_text(target.with_name(f"{target.name}_{number}_conversations.json"), conversations_json(rows))
        tables.append(path)
    return tuple(tables)


def _repetition(
    row: ClusterResult, opinion: Opinion | None, turns: Sequence[Turn], number: int
) -> ClusterResult:
    own = replace(row, agreement=None)
    if number == 1 or row.status == "skipped" or row.provider == OFFLINE:
        return own
    if opinion is None or not opinion.answers:
        return _missing(own, opinion.reason if opinion else "It was not asked again.")
    at = 0
    for answer in opinion.answers:
        if answer.repetition == number:
            return as_result(own, answer, tuple(turns[at : at + answer.n_turns]))
        at += answer.n_turns
    return _missing(own, "It was not asked that often.")


def _missing(row: ClusterResult, reason: str) -> ClusterResult:
    return ClusterResult(
        cluster=row.cluster, status="failed", reason=reason, n_cells=row.n_cells, markers=row.markers
    )


def as_result(row: ClusterResult, answer: OpinionAnswer, turns: tuple[Turn, ...]) -> ClusterResult:
    """One answer as a result of the cluster of `row`; a missing one is failed, with the reason."""
    result = replace(
        _missing(row, answer.reason),
        provider=answer.provider,
        model=answer.model,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=answer.cost_usd,
        seconds=answer.seconds,
        turns=turns,
        iterations=max((turn.attempt for turn in turns), default=0),
    )
    if answer.status == "missing":
        return result
    proposal = Proposal(
        general=answer.general,
        subtypes=answer.subtypes,
        mixed=answer.mixed,
        key_genes=answer.key_genes,
        reasoning=answer.reason,
    )
    return replace(result, status="done", reason="", proposal=proposal)
