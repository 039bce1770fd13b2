"""A preview of clusters: computed on a sample, in a process of its own, kept for the same parameters."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cassia_core import settings
from cassia_core.domain.config import DatasetSpec, MarkerParams, QCParams
from cassia_core.domain.side_jobs import PreviewFindings, PreviewProgress, PreviewRequest, SideProblem
from cassia_core.errors import CassiaError
from cassia_core.own_files import require_readable
from cassia_core.runs.codec import read_json, to_json, write_json
from cassia_core.runs.launcher import launch_preview
from cassia_core.runs.side_folders import PreviewFolder

KEPT = 20
"""So many previews are kept; the one not looked at for longest goes first."""
LEFT_BEHIND_S = 3600.0
"""An unfinished folder older than this is of a process that is gone."""
TOP_GENES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringPreview:
    """Clusters of a sample. `xy` (n_cells, 2) float32, NaN for a cell without a place; `codes` (n_cells,)
    point into
    `findings.clusters`."""

    findings: PreviewFindings
    xy: np.ndarray
    codes: np.ndarray


def preview_spec(spec: DatasetSpec) -> DatasetSpec:
    """The part of `spec` that a preview depends on: file, reading, limits of quality and clustering,
    and the tissue and species that fine clusters are read with.

    Clusters are always computed; genes are ranked by Wilcoxon with the usual limits; doublets are not looked
    for.
    """
    return DatasetSpec(
        name="preview",
        tissue=spec.tissue,
        species=spec.species,
        path=str(Path(spec.path).expanduser().resolve()),
        read=spec.read,
        qc=replace(spec.qc, score_doublets=False, max_doublet_score=None, sample_column=None),
        clustering=replace(spec.clustering, cluster_column=None, subset_clusters=()),
        markers=MarkerParams(n_genes=TOP_GENES),
    )


def leaves_doublets_out(qc: QCParams) -> bool:
    """Whether a run would look for doublets, which a preview does not."""
    return qc.score_doublets or qc.max_doublet_score is not None


def preview_key(spec: DatasetSpec) -> str:
    """The same for the same file, untouched, and the same parameters."""
    require_readable(spec.path)
    state = Path(spec.path).stat()
    text = f"{state.st_mtime_ns} {state.st_size} {to_json(preview_spec(spec))}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def kept_preview(key: str) -> ClusteringPreview | None:
    """The preview of that key, when it was computed before."""
    folder = PreviewFolder(root=_previews() / key)
    try:
        os.utime(folder.root)
    except OSError:
        return None
    return _read(folder.root)


@lru_cache(maxsize=4)
def _read(root: Path) -> ClusteringPreview:
    folder = PreviewFolder(root=root)
    with np.load(folder.cells) as cells:
        return ClusteringPreview(
            findings=read_json(folder.findings, PreviewFindings), xy=cells["xy"], codes=cells["codes"]
        )


def start_preview(spec: DatasetSpec, n_cells: int) -> PreviewJob:
    """Start the process of a preview.

    Parameters
    ----------
    spec
        What a run would be asked; see `preview_spec` for what of it counts.
    n_cells
        Number of cells in the file.
    """
    key = preview_key(spec)
    _tidy()
    folder = PreviewFolder(root=_previews() / f"{key}.{uuid.uuid4().hex[:8]}.part")
    folder.root.mkdir(parents=True)
    write_json(folder.request, PreviewRequest(spec=preview_spec(spec), n_cells=n_cells))
    return PreviewJob(key=key, folder=folder, process=launch_preview(folder))


class PreviewJob:
    """A preview under way, held by the session that asked for it."""

    def __init__(self, *, key: str, folder: PreviewFolder, process: subprocess.Popen) -> None:
        self.key, self._folder, self._process = key, folder, process

    def running(self) -> bool:
        return self._process.poll() is None

    def progress(self) -> PreviewProgress:
        """How far it is; its process takes a moment to start."""
        if not self._folder.progress.exists():
            return PreviewProgress()
        return read_json(self._folder.progress, PreviewProgress)

    def keep(self) -> None:
        """Put what was found among the previews that are kept; call when it has ended.

        Raises
        ------
        CassiaError
            When it could not be made: why, and what to do.
        """
        problem = self._problem()
        if problem is None:
            for leftover in (self._folder.request, self._folder.progress):
                leftover.unlink(missing_ok=True)
            target = _previews() / self.key
            shutil.rmtree(target, ignore_errors=True)
            os.replace(self._folder.root, target)
            return
        self.cancel()
        raise CassiaError(problem.what, problem.why, problem.remedy, details=problem.details)

    def cancel(self) -> None:
        """End its process at once and leave nothing behind."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder.root, ignore_errors=True)

    def _problem(self) -> SideProblem | None:
        if self._folder.problem.exists():
            return read_json(self._folder.problem, SideProblem)
        if self._folder.findings.exists():
            return None
        return SideProblem(
            what="The preview could not be made.",
            why="Its process was ended before it was done; the memory of this machine may be full.",
            remedy="Try again, or start without a preview.",
        )


def _previews() -> Path:
    return settings.cache_root() / "previews"


def _tidy() -> None:
    """Remove what was left behind, and the previews beyond those that are kept."""
    folders = [p for p in _previews().glob("*") if p.is_dir()]
    age = {p: p.stat().st_mtime for p in folders}
    done = sorted((p for p in folders if p.suffix != ".part"), key=age.__getitem__, reverse=True)
    left = [p for p in folders if p.suffix == ".part" and time.time() - age[p] > LEFT_BEHIND_S]
    for folder in (*done[KEPT - 1 :], *left):
        shutil.rmtree(folder, ignore_errors=True)
