"""What the passes over a large file leave on disk, so that a run that was cut off goes on after the last
whole one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_ORIGIN = "origin.json"


class PassFolder:
    """A folder of results, one file a pass; each appears whole or not at all.

    Results of another file, or of the same file before it changed, are thrown away.
    """

    def __init__(self, folder: Path, source: Path, settings: str) -> None:
        state = source.stat()
        origin = {
            "path": str(source),
            "bytes": state.st_size,
            "changed": state.st_mtime_ns,
            "settings": settings,
        }
        self.folder = folder
        if _read_json(folder / _ORIGIN) != origin:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            (folder / _ORIGIN).write_text(json.dumps(origin), encoding="utf-8")

    def has(self, name: str) -> bool:
        """Whether a pass has been finished."""
        return (self.folder / f"{name}.npz").exists()

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Keep what a pass found: arrays, and anything else as JSON text."""
        part = self.folder / f"{name}.part"
        with part.open("wb") as file:
            stored: dict[str, Any] = {key: _storable(value) for key, value in arrays.items()}
            np.savez(file, **stored)
        os.replace(part, self.folder / f"{name}.npz")

    def load(self, name: str) -> dict[str, np.ndarray]:
        """What a pass found."""
        with np.load(self.folder / f"{name}.npz", allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}

    def scratch(self) -> Path:
        """Room for what is needed within a pass only."""
        return self.folder / "scratch"

    def tidy(self) -> None:
        """Remove what was needed within a pass only."""
        shutil.rmtree(self.scratch(), ignore_errors=True)


def as_text(value: object) -> str:
    """An object as JSON, to be kept beside arrays."""
    return json.dumps(value)


def from_text(stored: np.ndarray) -> Any:
    """The object that `as_text` kept."""
    return json.loads(str(stored))


def _storable(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array.astype(str) if array.dtype == object else array


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
