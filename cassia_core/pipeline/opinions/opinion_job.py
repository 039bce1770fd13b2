"""One job under way: what its questions need at hand, how far it is, and its clusters side by side."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.conversation import Turn
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionProgress, OpinionRequest
from cassia_core.domain.usage import CallRecord
from cassia_core.errors import CassiaError, RunCancelled
from cassia_core.pipeline.annotation.cluster import ANNOTATED_STATES
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.pipeline.opinions.reopening import Reopened
from cassia_core.runs.event_log import utc_now
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.opinion_log import append_opinion, read_opinions, save_progress

logger = logging.getLogger(__name__)
EVERY_S = 0.3


class JobProgress:
    """How far a job is, written to disk at each step. Safe for use from several threads."""

    def __init__(self, layout: RunLayout, request: OpinionRequest) -> None:
        self._layout, self._job = layout, request.id
        self._lock = threading.Lock()
        self._written_at = 0.0
        self._now = OpinionProgress(clusters=len(request.clusters))
        self._write()

    @property
    def now(self) -> OpinionProgress:
        return self._now

    def update(self, **changes: Any) -> None:
        """Set fields of the progress."""
        with self._lock:
            self._now = replace(self._now, **changes)
            self._write()

    def answered(self, more: int = 1) -> None:
        """Count answers that are there."""
        with self._lock:
            self._now = replace(self._now, answers=self._now.answers + more)
            self._write_soon()

    def cluster_done(self) -> None:
        with self._lock:
            self._now = replace(self._now, clusters_done=self._now.clusters_done + 1)
            self._write()

    def paid(self, call: CallRecord) -> None:
        """Add the cost of a call."""
        with self._lock:
            self._now = replace(self._now, usage=self._now.usage.plus(call))
            self._write_soon()

    def notice(self, text: str) -> None:
        """Tell a person something, once."""
        with self._lock:
            if text not in self._now.notices:
                self._now = replace(self._now, notices=(*self._now.notices, text))
                self._write()

    def _write_soon(self) -> None:
        """Small steps are written a few times a second at most; the next larger one writes them all."""
        if time.monotonic() - self._written_at >= EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        save_progress(self._layout, self._job, self._now)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What every question of a job needs. `pool` holds the answers under way; `asker` is the way to all its
    models (see `asker_of`).
    """

    layout: RunLayout
    config: RunConfig
    spec: DatasetSpec
    paths: DatasetLayout
    request: OpinionRequest
    data: Reopened
    asker: Asker
    askers: dict[AgentModel, Asker]
    pool: ThreadPoolExecutor
    progress: JobProgress

    def asker_of(self, model: AgentModel) -> Asker:
        """The way to one model for all roles. What ends all calls to it does not end those to others."""
        return self.askers[model]

    def params_of(self, model: AgentModel) -> AnnotationParams:
        """The run's settings with this one model for all roles, without score, boost and grouping."""
        return params_for(self.config, self.request, model)

    def markers_of(self, cluster: str) -> ClusterMarkers:
        return self.data.table.get(cluster)

    def first_of(self, cluster: str) -> ClusterResult | None:
        """What the run itself said."""
        return self.data.results.get(cluster)

    def cells_of(self, cluster: str) -> Contrast | None:
        return self.data.contrasts.get(cluster)

    def cancelled(self) -> bool:
        return self.layout.opinion_job(self.request.id).cancel.exists()


def params_for(config: RunConfig, request: OpinionRequest, model: AgentModel) -> AnnotationParams:
    """Settings of the questions to one model: the run's, but for who answers, and the job's limits."""
    base = config.annotation or AnnotationParams()
    own = model == base.annotator
    tokens, usd, before = request.max_tokens_total, request.max_cost_usd, request.spent_before
    return replace(
        base,
        annotator=model,
        validator=base.validator if own else None,
        scorer=None,
        booster=None,
        merger=None,
        score=False,
        boost="off",
        merge=False,
        max_workers=request.max_workers,
        max_retries=request.max_retries,
        max_tokens_total=None if tokens is None else tokens + before.total_tokens,
        max_cost_usd=None if usd is None else usd + before.cost_usd,
    )


Answered = tuple[Opinion, Sequence[Turn]]
Ask = Callable[[JobContext, str], Answered]
"""Ask for an opinion on one cluster. Raises `RunCancelled`; any other error becomes a failed opinion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one kind of opinion is asked for: about one cluster, and how many answers of models that takes at
    most, given the request and the run's own model.
    """

    ask: Ask | None = None
    together: Callable[[JobContext], None] | None = None
    """Instead: asks about all clusters of the request at once."""
    most_answers: Callable[[OpinionRequest, AgentModel], int] = lambda request, own: 1


def ask_all(context: JobContext, ask: Ask) -> None:
    """Ask about every cluster of the request that has no opinion of this job yet.

    Raises
    ------
    RunCancelled
        When a person stopped the job; what is done is kept.
    """
    done = {o.clusters for o in read_opinions(context.paths) if o.job == context.request.id}
    left = [cluster for cluster in context.request.clusters if (cluster,) not in done]
    context.progress.update(clusters_done=len(context.request.clusters) - len(left))
    at_once = max(1, min(len(left), context.request.max_workers))
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="opinion") as pool:
        futures = [pool.submit(_one, context, ask, cluster) for cluster in left]
        stopped = [error for future in futures if (error := future.result()) is not None]
    if stopped:
        raise stopped[0]


def _one(context: JobContext, ask: Ask, cluster: str) -> RunCancelled | None:
    turns: Sequence[Turn] = ()
    try:
        opinion, turns = _asked(context, ask, cluster)
    except RunCancelled as error:
        return error
    except CassiaError as error:
        opinion = failed_opinion(context, cluster, str(error))
    except Exception as error:
        logger.exception("The opinion on cluster %r failed", cluster)
        opinion = failed_opinion(
            context,
            cluster,
            f"The program itself failed ({type(error).__name__}). Details are in the run's log.",
        )
    append_opinion(context.paths, opinion, turns)
    context.progress.cluster_done()
    return None


def _asked(context: JobContext, ask: Ask, cluster: str) -> Answered:
    markers = context.markers_of(cluster)
    if markers.state not in ANNOTATED_STATES or not markers.genes:
        return failed_opinion(context, cluster, markers.reason or "It has no marker genes."), ()
    return ask(context, cluster)


def failed_opinion(context: JobContext, cluster: str, reason: str) -> Opinion:
    """An opinion that did not come about, with the reason."""
    return replace(new_opinion(context, cluster), status="failed", reason=reason)


def new_opinion(context: JobContext, cluster: str) -> Opinion:
    """The beginnings of an opinion on one cluster: what the job knows of it."""
    request = context.request
    return Opinion(
        job=request.id,
        kind=request.kind,
        clusters=(cluster,),
        at=utc_now(),
        models=tuple(dict.fromkeys(model.model for model in request.models)),
        question=request.question,
    )
