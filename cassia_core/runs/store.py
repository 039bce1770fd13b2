"""Make, find and list run directories, and keep the checkpoints of their clusters."""

from __future__ import annotations

import platform
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.errors import ReadOnlyRun, RunError, RunNotFound
from cassia_core.own_files import require_own_folder
from cassia_core.runs.codec import read_json, read_kept, write_json, write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout, run_name
from cassia_core.runs.office.links import is_link, linked_run
from cassia_core.version import __version__

_PACKAGES = (
    "scanpy",
    "anndata",
    "numpy",
    "pandas",
    "umap-learn",
    "pynndescent",
    "igraph",
    "numba",
    "openai",
    "anthropic",
    "cellxgene-ontology-guide",
)
ARCHIVE = "archive"
ELSEWHERE = "runs_elsewhere.txt"
"""One path a line: run directories outside the folder that are in its list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """`run.json`: written once. Holds no key."""

    config: RunConfig
    created_at: str
    version: str = __version__
    python: str = ""
    packages: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)


def create_run(config: RunConfig, root: Path, prompts: dict[str, str]) -> RunLayout:
    """Make a new run directory under `root` and write its `run.json`.

    Two runs in one second get different names.

    Raises
    ------
    RunError
        When the folder cannot be written.
    NotYours
        In shared mode, when it is not the person's own.
    """
    require_own_folder(root)
    base = run_name(tuple(d.tissue for d in config.datasets), datetime.now().strftime("%Y%m%d_%H%M%S"))
    if persons.is_shared():
        # Two people start runs in one second: what a page keeps in memory under a run's id must be of one
        # run.
        base = f"{base}_{secrets.token_hex(4)}"
    try:
        layout = RunLayout(root=_new_folder(root, base))
        record = RunRecord(
            config=config,
            created_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            python=platform.python_version(),
            packages=_versions(),
            prompts=prompts,
        )
        write_json(layout.config, record)
    except OSError as error:
        raise RunError(
            f"The folder {root} cannot be written.",
            str(error.strerror or error),
            "Choose another folder for the results, or free some space.",
        ) from error
    return layout


def _new_folder(root: Path, base: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = root / (base if number == 1 else f"{base}_{number}")
        try:
            # Making the folder is the test for its name: between a look and a making another run could take
            # it.
            folder.mkdir()
            return folder
        except FileExistsError:
            continue
    raise RunError(
        "No free name was found for the run.", "There are a thousand runs of this second.", "Try again."
    )


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _PACKAGES}


def find_run(run_id: str, root: Path) -> RunLayout:
    """The run directory of that name under `root`, to read it; in shared mode also one behind a link.

    Raises
    ------
    RunNotFound
        When there is none; a name that points outside `root` is never followed.
    NotYours
        In shared mode, when `root` is not the person's own.
    """
    layout = find_folder(run_id, root)
    if not layout.config.is_file():
        raise _no_run(run_id, root)
    return layout


def run_to_change(run_id: str, root: Path) -> RunLayout:
    """The same, of a run that the person who asks may change.

    Raises
    ------
    ReadOnlyRun
        When it is there and may only be read.
    """
    layout = find_run(run_id, root)
    require_changeable(layout)
    return layout


def require_changeable(layout: RunLayout) -> None:
    """Refuse a run that may only be read: in shared mode, whatever is not the person's own."""
    if not may_change(layout):
        raise ReadOnlyRun(
            "This run can only be read.",
            "It is somebody else's.",
            "Ask its owner to change it, or start a run of your own on the same file.",
        )


def may_change(layout: RunLayout) -> bool:
    """Whether a run is the person's own; always so in personal mode."""
    return not persons.is_shared() or layout.root.resolve().is_relative_to(settings.home())


def find_folder(run_id: str, root: Path) -> RunLayout:
    """The same, also for a run whose `run.json` is lost: enough to list it with its problem and to delete
    it.
    """
    # Run ids come from addresses typed into a browser: none may lead out of the folder.
    if not run_id or Path(run_id).name != run_id:
        raise _no_run(run_id, root)
    if is_link(run_id):
        return _behind_link(run_id, root)
    require_own_folder(root)
    if _is_run(root / run_id):
        require_own_folder(root / run_id)  # a link of the file system may lead out of the workspace
        return RunLayout(root=root / run_id)
    elsewhere = runs_elsewhere(root).get(run_id)
    if elsewhere is None:
        raise _no_run(run_id, root)
    return RunLayout(root=elsewhere)


def _behind_link(link: str, root: Path) -> RunLayout:
    place = linked_run(link)
    if place is None or not _is_run(place[0] / place[1]):
        raise _no_run(link, root)
    return RunLayout(root=place[0] / place[1])


def runs_elsewhere(root: Path) -> dict[str, Path]:
    """Run directories outside `root` that were taken into its list, by name; those that are gone left out."""
    require_own_folder(root)
    listed = root / ELSEWHERE
    if not listed.is_file():
        return {}
    folders = [Path(line) for line in listed.read_text(encoding="utf-8").splitlines() if line]
    return {folder.name: folder for folder in folders if _is_run(folder) and _still_open(folder)}


def _still_open(folder: Path) -> bool:
    """In shared mode the operator may have closed a folder since its runs were taken into a list."""
    if not persons.is_shared():
        return True
    real = folder.resolve()
    return any(real.is_relative_to(allowed) for allowed in settings.server_folders())


def list_elsewhere(folder: Path, root: Path) -> tuple[str, ...]:
    """Take a run directory, or every run directory in a folder, into the list of `root`. Nothing is copied.

    Returns
    -------
    tuple of str
        The names of the runs that are now in the list.

    Raises
    ------
    RunNotFound
        When there is no run in `folder`.
    """
    folders = (
        [folder] if _is_run(folder) else [path for path in sorted(folder.glob("run_*")) if _is_run(path)]
    )
    if not folders:
        raise RunNotFound(
            f"There is no run in {folder}.",
            "A run directory holds a folder called .cassia; neither this one nor those in it do.",
            "Name a run directory, or the folder that holds run directories.",
        )
    # A run of the own folder wins over one elsewhere of the same name, as in `find_folder`.
    known = runs_elsewhere(root) | {path.name: path for path in folders if not _is_run(root / path.name)}
    _write_elsewhere(known, root)
    return tuple(path.name for path in folders)


def forget_elsewhere(run_id: str, root: Path) -> None:
    """Take a run that lies elsewhere out of the list; its files stay."""
    _write_elsewhere({name: path for name, path in runs_elsewhere(root).items() if name != run_id}, root)


def _write_elsewhere(known: dict[str, Path], root: Path) -> None:
    write_text(root / ELSEWHERE, "".join(f"{path}\n" for path in known.values()))


def _no_run(run_id: str, root: Path) -> RunNotFound:
    where = "Your workspace" if persons.is_shared() else f"The folder {root}"
    return RunNotFound(
        f"There is no run called {run_id}.",
        f"{where} holds none of that name.",
        "Choose one from the list of runs.",
    )


def _is_run(folder: Path) -> bool:
    try:
        return RunLayout(root=folder).private.is_dir()
    except OSError:  # a name longer than the system allows names no folder
        return False


def load_record(layout: RunLayout) -> RunRecord:
    """Read `run.json`."""
    return read_kept(layout.config, RunRecord)


def run_ids(root: Path) -> tuple[str, ...]:
    """Names of all runs under `root`, newest first, those whose record is lost included."""
    require_own_folder(root)
    folders = [p for p in root.glob("run_*") if _is_run(p)]
    own = {p.name for p in folders}
    folders += [path for name, path in runs_elsewhere(root).items() if name not in own]
    return tuple(p.name for p in sorted(folders, key=_made_at, reverse=True))


def _made_at(folder: Path) -> int:
    config = RunLayout(root=folder).config
    try:
        # run.json is written once, so its time is when the run began; the folder's changes with every file.
        return (config if config.exists() else folder).stat().st_mtime_ns
    except OSError:  # it went away between the two looks
        return 0


def delete_run(layout: RunLayout) -> None:
    """Remove a run directory for good.

    Raises
    ------
    RunError
        When the system refuses.
    """
    try:
        shutil.rmtree(layout.root)
    except OSError as error:
        raise RunError(
            f"The run {layout.root.name} could not be deleted whole.",
            str(error.strerror or error),
            "Close programs that have its files open, check your rights in the folder, and try again.",
            details=str(error),
        ) from error


def archive_folder(root: Path) -> Path:
    """Where the archived runs of `root` are; the folder need not exist."""
    return root / ARCHIVE


def archive_run(layout: RunLayout) -> Path:
    """Move a run into `archive/` beside its siblings. Returns the new folder.

    Raises
    ------
    RunError
        When the system refuses.
    """
    return _moved(layout, archive_folder(layout.root.parent))


def restore_run(layout: RunLayout) -> Path:
    """Move an archived run back to where it came from. Returns the new folder.

    Raises
    ------
    RunError
        When the system refuses.
    """
    return _moved(layout, layout.root.parent.parent)


def _moved(layout: RunLayout, folder: Path) -> Path:
    target = folder / layout.root.name
    # A run of the same name may have been archived before; neither may write over the other.
    if target.exists():
        target = target.with_name(f"{target.name}_{int(time.time())}")
    try:
        folder.mkdir(exist_ok=True)
        return Path(shutil.move(layout.root, target))
    except OSError as error:
        raise RunError(
            f"The run {layout.root.name} could not be moved.",
            str(error.strerror or error),
            "Close programs that have its files open, check your rights in the folder, and try again.",
            details=str(error),
        ) from error


def save_cluster(layout: DatasetLayout, result: ClusterResult) -> None:
    """Write the checkpoint of one cluster, whole or not at all."""
    write_json(layout.checkpoint(result.cluster), result)


def load_clusters(layout: DatasetLayout) -> Iterator[ClusterResult]:
    """The checkpoints of all clusters that have one, in no order."""
    return (read_json(path, ClusterResult) for path in layout.clusters.glob("*.json"))


def find_dataset(layout: RunLayout, name: str) -> tuple[DatasetSpec, DatasetLayout]:
    """Specification and paths of a dataset of a run, by its exact name. Raises `RunNotFound`."""
    for index, spec in enumerate(load_record(layout).config.datasets):
        if spec.name == name:
            return spec, layout.dataset(index, spec)
    raise RunNotFound(f"This run has no dataset called {name}.", "", "Choose one from its list.")


def load_cluster(layout: DatasetLayout, cluster: str) -> ClusterResult | None:
    """The checkpoint of one cluster, or None when it has none yet."""
    path = layout.checkpoint(cluster)
    if not path.exists():
        return None
    result = read_json(path, ClusterResult)
    # Two cluster ids can make the same file name on a system that knows no upper case: the id inside decides.
    return result if result.cluster == cluster else None
