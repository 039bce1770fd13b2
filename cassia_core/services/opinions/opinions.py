"""Further opinions on clusters of a finished run: start, watch, cancel, resume and list them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult, deserves_a_look
from cassia_core.domain.config import OFFLINE, AgentModel, RunConfig, check
from cassia_core.domain.conversation import Speaking, Turn
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionJob, OpinionProgress, OpinionRequest
from cassia_core.errors import ConfigError, RunError
from cassia_core.llm.registry import require_key
from cassia_core.pipeline.opinions.asking_parts import check_parts
from cassia_core.pipeline.opinions.single_looks import check_looks
from cassia_core.report.tables.run_tables import usage_of
from cassia_core.runs import opinion_log
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.event_log import utc_now
from cassia_core.runs.launcher import launch_opinions
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.live_words import read_live_words
from cassia_core.runs.lock import process_alive
from cassia_core.runs.store import find_dataset
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import load_results

POLL_S = 0.3
DOUBTFUL, ALL = "doubtful", "all"
"""Instead of cluster ids: those that deserve a look, or every cluster that was asked about."""


def chosen_clusters(rows: Sequence[ClusterResult], clusters: Sequence[str]) -> tuple[str, ...]:
    """Cluster ids from ids, or from one of the words `DOUBTFUL` and `ALL` where no cluster is called that.

    Raises
    ------
    ConfigError
        When a cluster is not in the results, or none is left.
    """
    asked = [row for row in rows if row.status != "skipped"]
    known = {row.cluster for row in rows}
    if len(clusters) == 1 and clusters[0] not in known and clusters[0] in (DOUBTFUL, ALL):
        chosen = [r.cluster for r in asked if clusters[0] == ALL or deserves_a_look(r)]
    else:
        chosen = list(dict.fromkeys(clusters))
    unknown = [cluster for cluster in chosen if cluster not in known]
    if unknown or not chosen:
        raise ConfigError(
            f"There is no cluster {', '.join(unknown)}." if unknown else "There is no such cluster.",
            "Cluster names are matched exactly." if unknown else "None of them is doubtful.",
            f'Use ids from the table, "{DOUBTFUL}" or "{ALL}".',
        )
    return tuple(chosen)


def prepared(run_id: str, request: OpinionRequest, root: Path | None = None) -> OpinionRequest:
    """A request with what it leaves open: the run's own model where none is named, the clusters by id.

    Raises
    ------
    ConfigError
        When a cluster is not in the results, or one model is named twice.
    """
    data = load_results(run_id, request.dataset, root)
    models = request.models or (runs.load_config(run_id, root).annotator,)
    check(
        len(set(models)) == len(models), "models", [m.model for m in models], "each model once; use `times`"
    )
    ready = replace(request, models=models, clusters=chosen_clusters(data.rows, request.clusters))
    check_looks(ready)
    if ready.kind == "parts":
        check_parts(ready)
    return ready


def check_request(request: OpinionRequest) -> None:
    """Refuse a request whose own options can lead nowhere, without a run. Raises `ConfigError`."""
    check_looks(request)


def start(
    run_id: str, request: OpinionRequest, keys: Mapping[str, str] | None = None, root: Path | None = None
) -> str:
    """Start a job in a process of its own.

    Parameters
    ----------
    request
        What to ask. `clusters` may be ids, or one of the words "doubtful" and "all".
    keys
        Provider name to key; handed to the process through a pipe, written nowhere.

    Returns
    -------
    str
        The id of the job.

    Raises
    ------
    ConfigError
        When the request cannot be fulfilled.
    MissingKeyError
        When a provider needs a key and `keys` has none.
    RunLocked
        When the run, or another job on it, is still at work.
    RunError
        When the dataset has no results yet.
    """
    layout = runs.idle_run(run_id, root)
    ready = prepared(run_id, request, root)
    _require_results(run_id, ready, root)
    _require_keys(runs.load_config(run_id, root), ready, keys or {})
    noted = replace(
        ready,
        id=f"{datetime.now():%Y%m%d_%H%M%S}_{uuid.uuid4().hex[:6]}",
        at=utc_now(),
        spent_before=usage_of([entry.call for entry in read_calls(layout.calls)]),
    )
    opinion_log.save_request(layout, noted)
    launch_opinions(layout, noted.id, keys or {})
    return noted.id


def resume(run_id: str, job: str, keys: Mapping[str, str] | None = None, root: Path | None = None) -> None:
    """Go on with a job that was cancelled or interrupted. Clusters that have their opinion are not asked
    about again, and repeated questions are answered from the run's record of calls. Raises as `start`.
    """
    layout = runs.idle_run(run_id, root)
    _require_keys(runs.load_config(run_id, root), opinion_log.read_request(layout, job), keys or {})
    opinion_log.save_progress(layout, job, replace(opinion_log.read_progress(layout, job), state="running"))
    launch_opinions(layout, job, keys or {})


def cancel(run_id: str, job: str, root: Path | None = None) -> None:
    """Ask the process of a job to stop; what is done is kept."""
    runs.run_to_change(run_id, root).opinion_job(job).cancel.touch()


def is_stopping(run_id: str, job: str, root: Path | None = None) -> bool:
    """Whether a job was asked to stop."""
    return runs.find_run(run_id, root).opinion_job(job).cancel.exists()


def view_job(run_id: str, job: str, root: Path | None = None) -> OpinionJob:
    """A job with its progress; "interrupted" when it should be at work and no process is."""
    layout = runs.find_run(run_id, root)
    return OpinionJob(request=opinion_log.read_request(layout, job), progress=_progress(layout, job))


def wait_for(run_id: str, job: str, root: Path | None = None) -> OpinionJob:
    """Wait until a job has ended.

    Raises
    ------
    RunError
        When it could not be done; what is done is kept.
    """
    while (seen := view_job(run_id, job, root)).progress.state == "running":
        time.sleep(POLL_S)
    if seen.progress.state != "done":
        raise RunError(
            "The further answers did not all come.",
            seen.progress.problem or "Their process was ended.",
            "What is done is kept. Ask again, or resume the job on the page of the run.",
        )
    return seen


def list_jobs(run_id: str, root: Path | None = None) -> tuple[OpinionJob, ...]:
    """All jobs of a run, newest first."""
    layout = runs.find_run(run_id, root)
    return tuple(view_job(run_id, job, root) for job in reversed(opinion_log.job_ids(layout)))


def job_at_work(run_id: str, root: Path | None = None) -> OpinionJob | None:
    """The job whose process is at work, if there is one."""
    return next((job for job in list_jobs(run_id, root) if job.progress.state == "running"), None)


def replies_under_way(run_id: str, job: str, root: Path | None = None) -> tuple[Speaking, ...]:
    """The ends of the replies that are being written now."""
    return read_live_words(runs.find_run(run_id, root).opinion_job(job).live_words)


def list_opinions(
    run_id: str, dataset: str, *, cluster: str | None = None, root: Path | None = None
) -> tuple[Opinion, ...]:
    """The opinions on clusters of a dataset, or on one cluster, oldest first."""
    paths = find_dataset(runs.find_run(run_id, root), dataset)[1]
    opinions_of_dataset = opinion_log.read_opinions(paths)
    return tuple(o for o in opinions_of_dataset if cluster is None or cluster in o.clusters)


def conversation_of(
    run_id: str, dataset: str, opinion: Opinion, root: Path | None = None
) -> tuple[Turn, ...]:
    """All turns of an opinion."""
    return opinion_log.read_turns(find_dataset(runs.find_run(run_id, root), dataset)[1], opinion.id)


def always_the_same(models: Sequence[AgentModel]) -> bool:
    """Whether asking again cannot give another answer: only the offline engine is asked."""
    return all(model.provider == OFFLINE for model in models)


def _progress(layout: RunLayout, job: str) -> OpinionProgress:
    progress = opinion_log.read_progress(layout, job)
    if progress.state == "running" and not process_alive(layout.opinion_job(job).worker):
        progress = opinion_log.read_progress(layout, job)  # its last word may have come between the two looks
        if progress.state == "running":
            return replace(progress, state="interrupted")
    return progress


def _require_results(run_id: str, request: OpinionRequest, root: Path | None) -> None:
    if load_results(run_id, request.dataset, root).outcome is None:
        raise RunError(
            "No further opinion can be asked for yet.",
            "The dataset has no results.",
            "Wait until the run has finished, or resume it.",
        )


def _require_keys(config: RunConfig, request: OpinionRequest, keys: Mapping[str, str]) -> None:
    validator = config.annotation.validator if config.annotation else None
    beside = (validator,) if validator and config.annotator in request.models else ()
    for model in (*request.models, *beside):
        require_key(model, keys.get(model.provider))
        check(bool(model.model.strip()), "model", model.model, f"the name of a model of {model.provider}")
