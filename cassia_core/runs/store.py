"""Make, find and list run directories, and keep the checkpoints of their clusters."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.errors import RunError, RunNotFound
from cassia_core.runs.codec import read_json, read_kept, write_json, write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout, run_name
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
    """
    base = run_name(tuple(d.tissue for d in config.datasets), datetime.now().strftime("%Y%m%d_%H%M%S"))
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
    """The run directory of that name under `root`.

    Raises
    ------
    RunNotFound
        When there is none; a name that points outside `root` is never followed.
    """
    layout = find_folder(run_id, root)
    if not layout.config.is_file():
        raise _no_run(run_id, root)
    return layout


def find_folder(run_id: str, root: Path) -> RunLayout:
    """The same, also for a run whose `run.json` is lost: enough to list it with its problem and to delete
    it.
    """
    # Run ids come from addresses typed into a browser: none may lead out of the folder.
    if not run_id or Path(run_id).name != run_id:
        raise _no_run(run_id, root)
    if _is_run(root / run_id):
        return RunLayout(root=root / run_id)
    elsewhere = runs_elsewhere(root).get(run_id)
    if elsewhere is None:
        raise _no_run(run_id, root)
    return RunLayout(root=elsewhere)


def runs_elsewhere(root: Path) -> dict[str, Path]:
    """Run directories outside `root` that were taken into its list, by name; those that are gone left out."""
    listed = root / ELSEWHERE
    if not listed.is_file():
        return {}
    folders = [Path(line) for line in listed.read_text(encoding="utf-8").splitlines() if line]
    return {folder.name: folder for folder in folders if _is_run(folder)}


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
    return RunNotFound(
        f"There is no run called {run_id}.",
        f"The folder {root} holds none of that name.",
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
