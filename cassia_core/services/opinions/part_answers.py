"""All parts of one cluster named in one question: a run of the parts' table, and a job of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import NOBODY, OFFLINE, AgentModel, RunConfig
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import RunError
from cassia_core.services.opinions import opinions
from cassia_core.services.opinions.repeats import as_result
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import load_results


def parts_config(config: RunConfig) -> RunConfig:
    """The same run, in which no cluster is asked about by itself."""
    return replace(config, datasets=tuple(replace(spec, only_clusters=NOBODY) for spec in config.datasets))


def ask_about_parts(
    run_id: str, whole: str, model: AgentModel, times: int, keys: Mapping[str, str], root: Path
) -> str:
    """Ask about all parts of a run's first dataset at once, `times` times, and wait for it; gives the job.

    Raises
    ------
    ConfigError
        `whole` says nothing.
    RunError
        The job did not come to its end.
    """
    config = runs.load_config(run_id, root)
    dataset = config.datasets[0].name
    workers = config.annotation.max_workers if config.annotation else 1
    rows = load_results(run_id, dataset, root).rows
    request = OpinionRequest(
        dataset=dataset,
        clusters=tuple(row.cluster for row in rows),
        kind="parts",
        models=(model,),
        times=times,
        question=whole,
        max_workers=workers,
        max_retries=config.annotation.max_retries if config.annotation else 5,
    )
    job = opinions.start(run_id, request, keys, root)
    opinions.wait_for(run_id, job, root)
    progress = opinions.view_job(run_id, job, root).progress
    if progress.state != "done":
        raise RunError("The parts were not named.", progress.problem, f"See {root / run_id}.")
    return job


def named_parts(
    run_id: str, job: str, times: int, root: Path
) -> tuple[tuple[tuple[ClusterResult, ...], ...], tuple[Opinion, ...]]:
    """Every part in each repetition, by its id, and the opinions with what the answers agree on."""
    dataset = runs.load_config(run_id, root).datasets[0].name
    rows = load_results(run_id, dataset, root).rows
    given = tuple(o for o in opinions.list_opinions(run_id, dataset, root=root) if o.job == job)
    by_part = {opinion.clusters[0]: opinion for opinion in given}
    repetitions = [
        tuple(_result(row, by_part.get(row.cluster), number) for row in rows)
        for number in range(1, times + 1)
    ]
    return tuple(repetitions), given


def _result(row: ClusterResult, opinion: Opinion | None, number: int) -> ClusterResult:
    if opinion is None or not opinion.answers:
        reason = opinion.reason if opinion is not None else "It was not asked about."
        return ClusterResult(cluster=row.cluster, status="failed", reason=reason, markers=row.markers)
    # The one answer of the offline engine stands in every repetition: it always gives the same.
    offline = opinion.answers[0].provider == OFFLINE
    answer = next(a for a in opinion.answers if offline or a.repetition == number)
    return as_result(row, answer, ())
