"""Quality of the cells of a file, before a run: measured in a process of its own, kept for the same file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import uuid
from pathlib import Path

import pandas as pd

from cassia_core import settings
from cassia_core.data.quality import quality_limits as limits
from cassia_core.domain.config import QCParams, ReadOptions
from cassia_core.domain.side_jobs import QualityRequest, SideProblem
from cassia_core.errors import InputError
from cassia_core.own_files import require_readable
from cassia_core.runs.codec import read_json, to_json, write_json
from cassia_core.runs.launcher import launch_quality
from cassia_core.runs.side_folders import QualityFolder

KEPT = 20
"""Measurements of so many files are kept."""


def quality_metrics(path: Path, options: ReadOptions | None = None) -> pd.DataFrame:
    """Quality of the cells from their raw counts, a row per cell: see
    `cassia_core.data.quality.cell_metrics.cell_metrics`.

    Large files are judged by a random sample. The matrix never enters this process.

    Raises
    ------
    InputError
        When the file has no counts, or cannot be read.
    """
    require_readable(path)
    chosen = options or ReadOptions()
    cached = _cache() / f"{_key(path, chosen)}.parquet"
    if not cached.exists():
        _measure(path, chosen, cached)
    return pd.read_parquet(cached)


def _measure(path: Path, options: ReadOptions, cached: Path) -> None:
    folder = QualityFolder(root=_cache() / f"{uuid.uuid4().hex}.part")
    folder.root.mkdir(parents=True)
    try:
        write_json(folder.request, QualityRequest(path=str(path.resolve()), read=options))
        _wait(launch_quality(folder))
        if not folder.metrics.exists():
            raise _problem(folder)
        folder.metrics.replace(cached)
    finally:
        shutil.rmtree(folder.root, ignore_errors=True)
    for old in sorted(_cache().glob("*.parquet"), key=lambda p: p.stat().st_mtime, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)


def _wait(process: subprocess.Popen) -> None:
    """Until it has ended; it does not outlive a person who gives up (Ctrl-C)."""
    try:
        process.wait()
    finally:
        process.kill()
        process.wait()


def _problem(folder: QualityFolder) -> InputError:
    if not folder.problem.exists():
        return InputError(
            "The cells could not be measured.",
            "The process that does it was ended; the memory of this machine may be full.",
            "Close other programs and try again, or use a random sample.",
        )
    told = read_json(folder.problem, SideProblem)
    return InputError(told.what, told.why, told.remedy, details=told.details)


def _cache() -> Path:
    return settings.cache_root() / "quality"


def _key(path: Path, options: ReadOptions) -> str:
    state = path.stat()
    text = f"{path.resolve()} {state.st_mtime_ns} {state.st_size} {to_json(options)}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def quality_reasons(metrics: pd.DataFrame, qc: QCParams) -> pd.Series:
    """Why the cut-offs set a cell aside, in words, for every row of `metrics`; "" for cells that stay."""
    return limits.failing(metrics, qc)


def suggested_quality(metrics: pd.DataFrame) -> QCParams:
    """Cut-offs from the cells' own spread: see `cassia_core.data.quality.quality_limits.suggest_cutoffs`."""
    return limits.suggest_cutoffs(metrics).params
