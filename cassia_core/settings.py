"""Where things live on this machine, read from the environment once per call.

`CASSIA_HOME` moves everything; the other variables move one thing. No secret is read here.
"""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Folder that holds runs, uploads and caches (`CASSIA_HOME`, default `workspace/` in the project)."""
    return Path(os.environ.get("CASSIA_HOME") or PROJECT_ROOT / "workspace").expanduser().resolve()


def runs_root() -> Path:
    """Folder of the app's run directories."""
    return home() / "batch_results"


def inputs_root() -> Path:
    """Folder of uploaded files, content-addressed."""
    return home() / "inputs"


def cache_root() -> Path:
    """Folder of what can be computed again: compiled numba code, unpacked archives."""
    return home() / "cache"


def server_folders() -> tuple[Path, ...]:
    """Folders from which a person may name a file on the server (`CASSIA_DATA_DIRS`, `os.pathsep`
    between).
    """
    text = os.environ.get("CASSIA_DATA_DIRS", "")
    return tuple(Path(part).expanduser().resolve() for part in text.split(os.pathsep) if part.strip())


def memory_budget_bytes() -> int | None:
    """Upper limit for one dataset in memory (`CASSIA_MEMORY_GB`); None means what the machine has."""
    text = os.environ.get("CASSIA_MEMORY_GB", "")
    return int(float(text) * 1024**3) if text else None
