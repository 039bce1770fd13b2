"""Start, watch, cancel, resume and list runs: the one path of page, command line and Python."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import count
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.agents.prompts import prompt_hashes
from cassia_core.domain.config import AnnotationParams, DatasetSpec, RunConfig, check
from cassia_core.domain.conversation import Speaking
from cassia_core.domain.events import RunState
from cassia_core.domain.outcome import RunSummary, Spending
from cassia_core.domain.progress import RunView, fold
from cassia_core.domain.usage import Estimate
from cassia_core.errors import CassiaError, InputError, RunError, RunLocked
from cassia_core.llm.registry import require_key
from cassia_core.own_files import require_readable
from cassia_core.pipeline.estimate import estimate
from cassia_core.runs import orders, store
from cassia_core.runs.digest import digest_of, spending
from cassia_core.runs.event_log import read_events
from cassia_core.runs.file_hash import file_sha256
from cassia_core.runs.launcher import launch_worker
from cassia_core.runs.layout import RunLayout, file_stem
from cassia_core.runs.live_words import read_live_words
from cassia_core.runs.lock import wait_for_process, wait_for_worker, worker_alive
from cassia_core.runs.office.links import is_link
from cassia_core.runs.opinion_log import job_ids, read_progress
from cassia_core.runs.queue.turns import QueuePlace
from cassia_core.services.intake.intake import server_path
from cassia_core.services.runs.queueing import place_in_queue, work_of
from cassia_core.services.runs.session_answers import hand_on
from cassia_core.services.sharing.lab_keys import keys_again, lent_to, note_reserved, settle, within_allowance
from cassia_core.services.sharing.limits import require_another_run

LEAVING_S = 20.0
ENDED: tuple[RunState, ...] = ("success", "partial", "failed", "cancelled")


def start_run(config: RunConfig, keys: Mapping[str, str] | None = None, root: Path | None = None) -> str:
    """Make a run directory and start its worker.

    Parameters
    ----------
    config
        What to do. Input paths must exist; their hashes are added here.
    keys
        Provider name to key; handed to the worker through a pipe, written nowhere.
    root
        Folder for the run directory; None: the one runs folder of app, command line and Python.

    Returns
    -------
    str
        The run id: the name of its directory.

    Raises
    ------
    InputError
        When an input is missing.
    MissingKeyError
        When a provider of the run needs a key and `keys` has none.
    LimitReached
        In shared mode, when the person may keep no more, or no more of the operator's keys may be spent.
    NotYours
        In shared mode, when an input or `root` is not the person's own.
    """
    folder = root or settings.runs_root()
    if persons.is_shared():
        require_another_run(store.run_ids(folder))
    lent = lent_to(config, keys or {})
    config, keys = within_allowance(config, keys or {})
    _require_keys(config, keys)
    if config.replay_from:
        require_readable(config.replay_from)
    ready = replace(config, datasets=_distinct_names(tuple(_checked(d) for d in config.datasets)))
    layout = store.create_run(ready, folder, prompt_hashes())
    note_reserved(layout, ready, lent)
    hand_on(layout, ready, keys)
    launch_worker(layout, keys, work_of(ready))
    return layout.root.name


def _require_keys(config: RunConfig, keys: Mapping[str, str]) -> None:
    """A replay asks nobody and needs no key."""
    for model in config.models() if not config.replay_from else ():
        require_key(model, keys.get(model.provider))
        check(bool(model.model.strip()), "model", model.model, f"the name of a model of {model.provider}")


def _checked(spec: DatasetSpec) -> DatasetSpec:
    path = Path(spec.path).expanduser().resolve()
    require_readable(path)
    if not path.exists():
        return replace(spec, path=str(path))  # reported by the worker as this dataset's failure
    return replace(spec, path=str(path), sha256=spec.sha256 or file_sha256(path))


def _distinct_names(datasets: tuple[DatasetSpec, ...]) -> tuple[DatasetSpec, ...]:
    """Give names that are equal but for capitals a number, so that every dataset has a folder and a name of
    its own.
    """
    taken: set[str] = set()
    named = []
    for spec in datasets:
        stem = file_stem(spec.name)
        name = next(n for n in _numbered(stem) if n.casefold() not in taken)
        taken.add(name.casefold())
        named.append(replace(spec, name=name))
    return tuple(named)


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}_{number}" for number in count(2))


def check_input(path: Path) -> None:
    """Refuse a path that does not exist.

    Raises
    ------
    InputError
        Says so.
    """
    if not path.exists():
        raise InputError(
            f"There is no file {path}.", "It was moved, or the name is misspelled.", "Check the path."
        )


def folder(output_dir: str = "") -> Path:
    """The folder for run directories: the one asked for, else that of app, command line and Python."""
    return Path(output_dir).expanduser().resolve() if output_dir else settings.runs_root()


def find_run(run_id: str, root: Path | None = None) -> RunLayout:
    """The run's directory. Raises `RunNotFound` when there is none."""
    return store.find_run(run_id, root or settings.runs_root())


def run_to_change(run_id: str, root: Path | None = None) -> RunLayout:
    """The run's directory, to change what is in it. Raises `ReadOnlyRun` for one opened by a link."""
    return store.run_to_change(run_id, root or settings.runs_root())


def may_change(run_id: str, root: Path | None = None) -> bool:
    """Whether a run can be changed, not only read."""
    return store.may_change(find_run(run_id, root))


def load_config(run_id: str, root: Path | None = None) -> RunConfig:
    """What the run was asked to do."""
    return store.load_record(find_run(run_id, root)).config


def view_run(run_id: str, root: Path | None = None) -> RunView:
    """Progress of a run, from its events; "interrupted" when it should be at work and no process is."""
    layout = find_run(run_id, root)
    view = _folded(layout)
    if view.state in ENDED and _begins_again(layout):
        return replace(view, state="queued")
    if view.state in ("queued", "running") and not worker_alive(layout):
        view = _folded(layout)  # the last events may have come between the two looks
        if view.state in ("queued", "running"):
            return replace(view, state="interrupted", datasets=tuple(d.at_rest() for d in view.datasets))
    return view


def place_of(run_id: str, root: Path | None = None) -> QueuePlace | None:
    """Where a run stands in the queue of this machine; None when it does not wait."""
    return place_in_queue(find_run(run_id, root))


def _begins_again(layout: RunLayout) -> bool:
    """Whether a new worker was started after the last event and has not spoken yet."""
    return worker_alive(layout) and layout.worker.stat().st_mtime_ns > layout.events.stat().st_mtime_ns


@lru_cache(maxsize=64)
def _known_view(path: Path) -> list[RunView]:
    return [RunView()]


def _folded(layout: RunLayout) -> RunView:
    """Fold only what is new since the last look of this process."""
    slot = _known_view(layout.events)
    slot[0] = fold(read_events(layout.events, after=slot[0].last_seq), slot[0])
    return slot[0]


def replies_under_way(run_id: str, root: Path | None = None) -> tuple[Speaking, ...]:
    """The ends of the replies that are being written now; none when nobody speaks."""
    return read_live_words(find_run(run_id, root).live_words)


def cancel_run(run_id: str, root: Path | None = None) -> None:
    """Ask the worker to stop; what is done is kept."""
    run_to_change(run_id, root).cancel.touch()


def cancel_datasets(run_id: str, datasets: Collection[str], root: Path | None = None) -> None:
    """Ask the worker to leave these datasets; the others go on, and what is done is kept."""
    orders.stop_datasets(run_to_change(run_id, root), datasets)


def stopped_datasets(run_id: str, root: Path | None = None) -> frozenset[str]:
    """Datasets that the worker was asked to leave since it was started."""
    return orders.stopped_datasets(find_run(run_id, root))


def pause_run(run_id: str, root: Path | None = None) -> None:
    """Let the run wait: what is under way is finished, nothing else is asked or begun until `unpause_run`."""
    run_to_change(run_id, root).pause.touch()


def unpause_run(run_id: str, root: Path | None = None) -> None:
    """Let a paused run go on."""
    run_to_change(run_id, root).pause.unlink(missing_ok=True)


def is_paused(run_id: str, root: Path | None = None) -> bool:
    """Whether a person lets the run wait."""
    return find_run(run_id, root).pause.exists()


def is_stopping(run_id: str, root: Path | None = None) -> bool:
    """Whether the worker was asked to stop and has not been started again since."""
    return find_run(run_id, root).cancel.exists()


def resume_run(
    run_id: str,
    keys: Mapping[str, str] | None = None,
    root: Path | None = None,
    *,
    datasets: Collection[str] = (),
) -> None:
    """Go on with a run that was cancelled, interrupted or left clusters without an answer.

    Finished clusters are taken from their checkpoints; repeated requests are answered from the call log.

    Parameters
    ----------
    datasets
        Take up these datasets only, and leave the others as they are; none: all that are not finished.

    Raises
    ------
    RunLocked
        When its worker is still at it.
    RunNotFound
        When the run has no dataset of a name given.
    MissingKeyError
        When a provider needs a key and `keys` has none.
    """
    layout = idle_run(run_id, root)
    for name in datasets:
        store.find_dataset(layout, name)
    keys = keys_again(layout, keys or {})
    config = store.load_record(layout).config
    _require_keys(config, keys)
    orders.take_up_only(layout, datasets)
    launch_worker(layout, keys, work_of(config))


def retry_failed(
    run_id: str,
    keys: Mapping[str, str] | None = None,
    root: Path | None = None,
    *,
    datasets: Collection[str] = (),
) -> None:
    """Ask again for the clusters that failed, and for them only. Same as `resume_run`."""
    resume_run(run_id, keys, root, datasets=datasets)


def raise_limit(
    run_id: str,
    *,
    max_cost_usd: float | None = None,
    max_tokens_total: int | None = None,
    keys: Mapping[str, str] | None = None,
    root: Path | None = None,
) -> str:
    """Go on with a run that stopped at its limit, in a new run with other limits; what was paid is not paid
    again.

    Parameters
    ----------
    max_cost_usd, max_tokens_total
        The limits of the new run; None means no limit of that kind.

    Returns
    -------
    str
        Id of the new run, whose record names the old one.

    Raises
    ------
    RunLocked
        When the old run's worker is still at it.
    """
    config = store.load_record(idle_run(run_id, root)).config
    annotation = replace(
        config.annotation or AnnotationParams(), max_cost_usd=max_cost_usd, max_tokens_total=max_tokens_total
    )
    return start_run(replace(config, annotation=annotation, parent_run=run_id), keys, root)


def estimate_run(config: RunConfig, n_clusters: int) -> Estimate:
    """Calls, tokens and price range of a run over `n_clusters` clusters, and what leaves this machine."""
    return estimate(config, n_clusters)


def list_runs(root: Path | None = None, *, archived: bool = False) -> tuple[RunSummary, ...]:
    """All runs, or all archived ones, newest first. A run that cannot be read is listed with its problem."""
    shelf = _shelf(root, archived)
    return tuple(_summary(run_id, shelf) for run_id in store.run_ids(shelf))


def _shelf(root: Path | None, archived: bool) -> Path:
    folder = root or settings.runs_root()
    return store.archive_folder(folder) if archived else folder


def _summary(run_id: str, root: Path) -> RunSummary:
    try:
        return digest_of(store.find_folder(run_id, root), lambda: view_run(run_id, root)).summary
    except CassiaError as error:
        return RunSummary(run_id=run_id, state="failed", problem=str(error))


def spending_of(run_id: str, root: Path | None = None, *, archived: bool = False) -> tuple[Spending, ...]:
    """What the run's calls cost so far, by minute, dataset and model, also of a run that cannot be listed.

    Raises
    ------
    RunNotFound
        When there is no such run.
    RunError
        When its record of calls cannot be read.
    """
    shelf = _shelf(root, archived)
    layout = store.find_folder(run_id, shelf)
    with suppress(RunError):
        known = digest_of(layout, lambda: view_run(run_id, shelf)).spent
        if known is not None:
            return known
    return spending(layout)


def delete_run(run_id: str, root: Path | None = None, *, archived: bool = False) -> None:
    """Remove a run for good, also one that cannot be read. One that lies elsewhere leaves the list only.

    Raises
    ------
    RunLocked
        When its worker is still at it.
    RunError
        When the system refuses.
    """
    if is_link(run_id):
        run_to_change(run_id, root)  # says that it can only be read
    if not archived and lies_elsewhere(run_id, root):
        store.forget_elsewhere(run_id, root or settings.runs_root())
        return
    settle()
    store.delete_run(idle_run(run_id, _shelf(root, archived)))


def lies_elsewhere(run_id: str, root: Path | None = None) -> bool:
    """Whether the run was taken into the list from another folder."""
    shelf = root or settings.runs_root()
    return store.find_folder(run_id, shelf).root.parent.resolve() != shelf.resolve()


def open_elsewhere(text: str) -> tuple[str, ...]:
    """Take a run directory on the server, or every run in a folder, into the list; the files stay there.

    Raises
    ------
    InputError
        When the operator has not allowed the folder (`CASSIA_DATA_DIRS`).
    RunNotFound
        When there is no run.
    """
    return store.list_elsewhere(server_path(text), settings.runs_root())


def archive_run(run_id: str, root: Path | None = None) -> Path:
    """Move a run out of the list, into `archive/` beside the others. Raises as `delete_run`."""
    return store.archive_run(idle_run(run_id, root))


def restore_run(run_id: str, root: Path | None = None) -> Path:
    """Bring an archived run back into the list. Raises as `delete_run`."""
    return store.restore_run(idle_run(run_id, _shelf(root, archived=True)))


def idle_run(run_id: str, root: Path | None) -> RunLayout:
    """The run's directory, when nobody works on it; a worker that has said its last word is given time to
    leave.
    """
    layout = store.find_folder(run_id, root or settings.runs_root())
    store.require_changeable(layout)
    if not wait_for_worker(layout, LEAVING_S if _has_ended(run_id, root) else 0.0):
        raise RunLocked(
            "This run is still being worked on.", "Its worker is alive.", "Wait for it, or cancel it first."
        )
    if not all(_has_left(layout, job) for job in job_ids(layout)):
        raise RunLocked(
            "Further opinions on this run are being asked for.",
            "Their process is alive.",
            "Wait for it, or cancel it first.",
        )
    return layout


def _has_left(layout: RunLayout, job: str) -> bool:
    """Whether no process asks for the opinions of a job any more; one that has said its last word is given
    time to leave.
    """
    patience = LEAVING_S if read_progress(layout, job).state != "running" else 0.0
    return wait_for_process(layout.opinion_job(job).worker, patience)


def _has_ended(run_id: str, root: Path | None) -> bool:
    try:
        return view_run(run_id, root).state in ENDED
    except CassiaError:  # a run that cannot be read has no last word
        return False
