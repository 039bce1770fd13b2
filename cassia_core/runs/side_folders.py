"""The only file that knows the name of a file in the folder of a process beside a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewFolder:
    """Paths of one preview of clusters."""

    root: Path

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def progress(self) -> Path:
        return self.root / "progress.json"

    @property
    def findings(self) -> Path:
        return self.root / "preview.json"

    @property
    def cells(self) -> Path:
        return self.root / "cells.npz"

    @property
    def problem(self) -> Path:
        return self.root / "problem.json"

    @property
    def view(self) -> Path:
        return self.root / "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFolder:
    """Paths of one measurement of cells."""

    root: Path

    @property
    def request(self) -> Path:
        return self.root / "request.json"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.parquet"

    @property
    def problem(self) -> Path:
        return self.root / "problem.json"
