"""The process of one job of further opinions: `python -m cassia_core.pipeline.opinions.opinion_worker RUN_DIR
JOB`, keys as JSON on standard input.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cassia_core.data.kernels.numba_cache import use_numba_cache
from cassia_core.domain.config import AgentModel, AnnotationParams, RunConfig
from cassia_core.domain.opinions.opinion import OpinionKind
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.usage import Usage
from cassia_core.errors import CassiaError, RunCancelled, RunLocked
from cassia_core.llm.protocol import Provider
from cassia_core.llm.registry import open_providers
from cassia_core.log import start_log
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.pipeline.asking.sending import CallReports
from cassia_core.pipeline.opinions.asking_again import ask_again, most_answers
from cassia_core.pipeline.opinions.asking_parts import ask_parts
from cassia_core.pipeline.opinions.opinion_files import write_after
from cassia_core.pipeline.opinions.opinion_job import JobContext, JobProgress, Way, ask_all, params_for
from cassia_core.pipeline.opinions.reopening import reopen
from cassia_core.pipeline.opinions.single_looks import closer_look, compare, most_scores, question
from cassia_core.runs.call_log import CallLog
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.live_words import LiveWords
from cassia_core.runs.lock import hold_run
from cassia_core.runs.opinion_log import read_opinions, read_request
from cassia_core.runs.store import find_dataset, load_record

logger = logging.getLogger(__name__)

WAYS: dict[OpinionKind, Way] = {
    "repeat": Way(ask=ask_again, most_answers=most_answers),
    "several": Way(ask=ask_again, most_answers=most_answers),
    "comparison": Way(ask=compare, most_answers=most_scores),
    "closer_look": Way(ask=closer_look),
    "question": Way(ask=question),
    "parts": Way(together=ask_parts, most_answers=lambda request, own: request.times),
}
"""Who asks for which kind of opinion."""
GOES_ON = "Resume it whenever you like; what is done is kept, and what is paid is not paid again."


def main(run_dir: str, job: str) -> int:
    """Do one job. Exit code: 0 done, 1 failed, 2 cancelled, 3 somebody else is at work on the run."""
    layout = RunLayout(root=Path(run_dir))
    paths = layout.opinion_job(job)
    keys = json.loads(sys.stdin.read() or "{}")
    start_log(keys.values())
    signal.signal(signal.SIGTERM, lambda *_: paths.cancel.touch())
    use_numba_cache()
    progress = JobProgress(layout, read_request(layout, job))
    try:
        with hold_run(layout, note=paths.worker):
            do_job(layout, read_request(layout, job), keys, progress)
    except RunLocked as error:
        progress.update(state="failed", problem=str(error))
        return 3
    except RunCancelled:
        progress.update(state="cancelled", problem=f"The job was cancelled. {GOES_ON}")
        return 2
    except CassiaError as error:
        logger.error("The job ended: %s", error)
        progress.update(state="failed", problem=str(error))
        return 1
    except Exception as error:
        logger.exception("The job ended by a fault of the program")
        name = type(error).__name__
        progress.update(
            state="failed", problem=f"The program itself failed ({name}). Details are in worker.log."
        )
        return 1
    progress.update(state="done")
    return 0


def do_job(
    layout: RunLayout, request: OpinionRequest, keys: Mapping[str, str], progress: JobProgress
) -> None:
    """Ask what is left of a job, then write the files that show its opinions.

    Raises
    ------
    RunCancelled
        When a person stopped it.
    CassiaError
        When nothing can be asked: a key is missing, the dataset cannot be read.
    """
    config = load_record(layout).config
    spec, paths = find_dataset(layout, request.dataset)
    providers = open_providers(_models(config, request), keys)
    call_log = CallLog(layout.calls)
    progress.update(usage=_spent_so_far(paths, request))
    try:
        with ThreadPoolExecutor(max_workers=request.max_workers, thread_name_prefix="answer") as pool:
            asker = _asker(layout, config, request, providers, call_log, progress)
            context = JobContext(
                layout=layout,
                config=config,
                spec=spec,
                paths=paths,
                request=request,
                data=reopen(config, spec, paths),
                asker=asker,
                askers={m: asker.asking(params_for(config, request, m)) for m in request.models},
                pool=pool,
                progress=progress,
            )
            way = WAYS[request.kind]
            progress.update(most_answers=way.most_answers(request, config.annotator) * len(request.clusters))
            if way.together is not None:
                way.together(context)
            if way.ask is not None:
                ask_all(context, way.ask)
    finally:
        layout.opinion_job(request.id).live_words.unlink(missing_ok=True)
        for provider in set(providers.values()):
            provider.close()
        call_log.close()
        for problem in write_after(layout, config, spec, paths):
            progress.notice(problem)


def _models(config: RunConfig, request: OpinionRequest) -> tuple[AgentModel, ...]:
    """All models that may be asked: those of the request, and the run's validator beside the run's own."""
    asked = [params_for(config, request, model).model_of(role) for model in request.models for role in _ROLES]
    return tuple(dict.fromkeys(asked))


_ROLES = ("annotator", "validator")


def _spent_so_far(paths: DatasetLayout, request: OpinionRequest) -> Usage:
    """What the opinions of this job have cost before its process was started anew."""
    return Usage.of(o.usage for o in read_opinions(paths) if o.job == request.id)


def _asker(
    layout: RunLayout,
    config: RunConfig,
    request: OpinionRequest,
    providers: Mapping[AgentModel, Provider],
    call_log: CallLog,
    progress: JobProgress,
) -> Asker:
    paths = layout.opinion_job(request.id)
    live = LiveWords(paths.live_words)
    params: AnnotationParams = params_for(config, request, request.models[0])
    return Asker(
        providers,
        params,
        call_log,
        progress.paid,
        paths.cancel.exists,
        notice=progress.notice,
        reports=CallReports(
            words=lambda asked, words, thinking: live.add(
                asked.dataset, asked.cluster, asked.agent, words, thinking=thinking
            ),
            failed=lambda fault: progress.notice(fault.problem),
            paused=lambda until, why: progress.notice(f"Paused until {until}: {why}") if until else None,
        ),
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
