"""Three groupings for all labels of a dataset, joined by cluster id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from cassia_core.agents import parse
from cassia_core.domain.annotation import ClusterResult, MergedLabels
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.tasks import MergeTask, Setting
from cassia_core.errors import BudgetExceeded, ProviderError, ReplyError
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.runs.call_log import LoggedCall

MERGE_ROUNDS = 2
Groupings = dict[str, tuple[str, str, str]]


def merge_labels(
    results: tuple[ClusterResult, ...],
    *,
    setting: Setting,
    params: AnnotationParams,
    asker: Asker,
    dataset: str,
    notice: Callable[[str], None],
    note: str = "",
) -> tuple[ClusterResult, ...]:
    """Group the labels; a cluster the merger leaves out is asked for once more, then stays without groups.

    `note` is what a person says of the sample beside species and tissue.

    Returns
    -------
    tuple of ClusterResult
        In the order given. Results without a label come back unchanged.

    Raises
    ------
    RunCancelled
        When a person cancelled the run.
    """
    sent = _names_sent(results, blind=params.blind)
    by_name = {sent[r.cluster]: r for r in results if r.cluster in sent}
    groupings: Groupings = {}
    trouble = ""
    for attempt in range(1, MERGE_ROUNDS + 1):
        open_names = [name for name in by_name if name not in groupings]
        if not open_names:
            break
        task = MergeTask(
            setting=setting,
            labels=tuple((name, _general(by_name[name]), by_name[name].label) for name in open_names),
            note=note,
        )
        try:
            groupings |= _answer(asker, task, dataset, attempt)
        except (ProviderError, BudgetExceeded) as error:
            notice(f"The labels were not merged into groups. {error}")
            return results
        except ReplyError as error:
            trouble = error.why or error.what
    merged = {by_name[name].cluster: groups for name, groups in groupings.items() if name in by_name}
    missing = [r.cluster for r in results if r.cluster in sent and r.cluster not in merged]
    if missing:
        names = ", ".join(missing)
        notice(
            f"{len(missing)} clusters have no groups: {names}. The merger left them out. {trouble}".strip()
        )
    return tuple(_with_groups(r, merged.get(r.cluster)) for r in results)


def _answer(asker: Asker, task: MergeTask, dataset: str, attempt: int) -> Groupings:
    reply = asker.ask("merger", task, dataset=dataset, cluster="", attempt=attempt)
    asked = {cluster for cluster, _, _ in task.labels}
    return {name: groups for name, groups in parse.read_groupings(reply.text).value.items() if name in asked}


def merger_repairs(calls: Iterable[LoggedCall]) -> Iterator[str]:
    """What had to be done to the merger's replies among `calls` before they could be read."""
    for entry in calls:
        if entry.call.agent != "merger":
            continue
        yield from ["from_reasoning_field"] if entry.from_thinking else []
        yield from ["cut_repetition"] if entry.finish_reason == "endless" else []
        with suppress(ReplyError):
            yield from parse.read_groupings(entry.reply).repairs


def _general(result: ClusterResult) -> str:
    return result.proposal.general if result.proposal else ""


def _names_sent(results: tuple[ClusterResult, ...], *, blind: bool) -> dict[str, str]:
    """What each labelled cluster is called in the request. A blind run sends numbers, never the clusters'
    names.
    """
    labelled = [r.cluster for r in results if r.proposal is not None]
    return {cluster: str(number) if blind else cluster for number, cluster in enumerate(labelled, start=1)}


def _with_groups(result: ClusterResult, groups: tuple[str, str, str] | None) -> ClusterResult:
    if groups is None:
        return result
    return replace(
        result, merged=MergedLabels(grouping_1=groups[0], grouping_2=groups[1], grouping_3=groups[2])
    )
