"""A run from its configuration to its status: who answers, what was paid before, all its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cassia_core.domain import events as ev
from cassia_core.domain.config import OFFLINE, AgentModel, RunConfig
from cassia_core.domain.outcome import DatasetStatus, overall_of_run
from cassia_core.domain.usage import CallFault, CallRecord
from cassia_core.errors import RunNotFound
from cassia_core.llm.protocol import Provider
from cassia_core.llm.registry import open_providers
from cassia_core.llm.replay import ReplayProvider
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.pipeline.asking.answered_models import AnsweredFile
from cassia_core.pipeline.asking.sending import CallReports
from cassia_core.pipeline.context import RunContext
from cassia_core.runs.call_log import CallLog
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.live_words import LiveWords
from cassia_core.runs.store import find_folder


def run_batch(layout: RunLayout, config: RunConfig, log: EventLog, keys: Mapping[str, str]) -> DatasetStatus:
    """Fill a run directory. Returns the run's status.

    Raises
    ------
    ConfigError
        When a provider cannot be made (no key, unknown model): before anything is computed or paid.
    """
    providers, call_log = _sources(layout, config, keys)
    workers = config.annotation.max_workers if config.annotation else 1
    try:
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="cluster") as pool:
            asker = _asker(layout, config, log, providers, call_log)
            if asker is not None and not config.replay_from:
                _ask_first(layout, config, asker)
            # Only now: this loads what reads cells, for seconds, in which the models can answer already.
            from cassia_core.pipeline.many.processing import process_all

            context = RunContext(layout=layout, config=config, log=log, pool=pool, asker=asker)
            outcomes = process_all(context)
    finally:
        layout.live_words.unlink(missing_ok=True)
        for provider in set(providers.values()):
            provider.close()
        call_log.close()
    return overall_of_run(tuple(o.status for o in outcomes), stopped=layout.cancel.exists())


def _ask_first(layout: RunLayout, config: RunConfig, asker: Asker) -> None:
    """The small question, to each model that has not answered it in this session."""
    known = AnsweredFile(layout.answered)
    have_answered = known.read()
    models = (m for m in config.models() if m.provider != OFFLINE and m not in have_answered)
    asker.ask_first(tuple(models), lambda model: known.add([model]))


def _sources(
    layout: RunLayout, config: RunConfig, keys: Mapping[str, str]
) -> tuple[dict[AgentModel, Provider], CallLog]:
    """Where answers come from: the models and what a parent run has paid already, or for a replay the
    recorded run
    and nothing else."""
    if not config.replay_from:
        return open_providers(config.models(), keys), CallLog(
            layout.calls, earlier=_paid_before(layout, config)
        )
    recorded = RunLayout(root=Path(config.replay_from)).calls
    if not recorded.exists():
        raise RunNotFound(
            f"There is nothing to replay in {config.replay_from}.",
            "It holds no recorded calls.",
            "Name the directory of a run that was annotated.",
        )
    return dict.fromkeys(config.models(), ReplayProvider()), CallLog(layout.calls, earlier=(recorded,))


def _paid_before(layout: RunLayout, config: RunConfig) -> tuple[Path, ...]:
    """The call log of the run that this one goes on from, if it does: one of the same folder, or one that
    was opened there from elsewhere.
    """
    if not config.parent_run:
        return ()
    gone = RunNotFound(
        f"The run {config.parent_run}, which this one goes on from, is not there.",
        "It was moved, archived or deleted, and its answers would have to be paid again.",
        "Put it back, or start a new run.",
    )
    try:
        log = find_folder(config.parent_run, layout.root.parent).calls
    except RunNotFound as error:
        raise gone from error
    if not log.exists():
        raise gone
    return (log,)


def _asker(
    layout: RunLayout,
    config: RunConfig,
    log: EventLog,
    providers: Mapping[AgentModel, Provider],
    call_log: CallLog,
) -> Asker | None:
    if config.annotation is None:
        return None

    def on_call(call: CallRecord) -> None:
        log.emit(
            ev.UsageAdded(
                dataset=call.dataset,
                cluster=call.cluster,
                agent=call.agent,
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                cost_usd=call.cost_usd,
            )
        )

    return Asker(
        providers,
        config.annotation,
        call_log,
        on_call,
        layout.cancel.exists,
        paused=layout.pause.exists,
        notice=lambda text: log.emit(ev.Notice(text=text)),
        reports=_reports(layout, log),
    )


def _reports(layout: RunLayout, log: EventLog) -> CallReports:
    live = LiveWords(layout.live_words)

    def failed(fault: CallFault) -> None:
        log.emit(
            ev.CallFailed(
                dataset=fault.dataset,
                cluster=fault.cluster,
                agent=fault.agent,
                problem=fault.problem,
                said=fault.said,
            )
        )

    return CallReports(
        words=lambda request, words, thinking: live.add(
            request.dataset, request.cluster, request.agent, words, thinking=thinking
        ),
        failed=failed,
        paused=lambda until, why: log.emit(ev.RunPaused(until=until, why=why)),
    )
