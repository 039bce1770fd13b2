"""Where things live on this machine, read from the environment once per call.

`VARIABLES` is the one table of everything that the environment can say to us; no secret is kept here.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `cassia_core`: a checkout, or `site-packages` where the package is installed."""
APP_NAME = "cassia-workbench"
VARIABLES: dict[str, str] = {
    "CASSIA_HOME": "Folder of runs, uploads and caches. Default: `workspace/` in a checkout, else the "
    "user's data folder.",
    "CASSIA_DATA_DIRS": "Folders from which people may name files and runs on the server, with the "
    "system's path separator between them. Default: none.",
    "CASSIA_MEMORY_GB": "Most memory that one dataset may take, in GiB. Default: what the machine has.",
    "CASSIA_PROVIDER": "Who answers the functions of CASSIA's names in Python, in place of their `provider`.",
    "CASSIA_MODEL": "The model that answers them, in place of their `model`.",
    "CASSIA_BASE_URL": "The address of the server that answers them.",
    "OPENAI_API_KEY": "Key for OpenAI.",
    "ANTHROPIC_API_KEY": "Key for Anthropic.",
    "OPENROUTER_API_KEY": "Key for OpenRouter.",
    "DEEPSEEK_API_KEY": "Key for DeepSeek.",
    "GEMINI_API_KEY": "Key for Google Gemini.",
    "CASSIA_API_KEY": "Key for any other server.",
}
"""What the environment can say, and what it means; docs/guide/installing.md shows the same table."""


def is_checkout() -> bool:
    """Whether this code runs from a checkout of the project, not from an installed package."""
    return (PACKAGE_ROOT / "app.py").is_file() and (PACKAGE_ROOT / "pyproject.toml").is_file()


def app_folder() -> Path:
    """Folder of `app.py`, `pages/`, `assets/` and `.streamlit/`: the checkout, or the wheel's copy of
    them.
    """
    return PACKAGE_ROOT if is_checkout() else PACKAGE_ROOT / "cassia_app"


def home() -> Path:
    """Folder that holds runs, uploads and caches (see `CASSIA_HOME`)."""
    named = os.environ.get("CASSIA_HOME")
    return (Path(named) if named else _default_home()).expanduser().resolve()


def _default_home() -> Path:
    if is_checkout():
        return PACKAGE_ROOT / "workspace"
    from platformdirs import user_data_path  # a checkout needs no look at the user's folders

    return user_data_path(APP_NAME, appauthor=False)


def runs_root() -> Path:
    """The folder of run directories, one for app, command line and Python."""
    return home() / "batch_results"


def inputs_root() -> Path:
    """Folder of uploaded files, content-addressed."""
    return home() / "inputs"


def lessons_root() -> Path:
    """Folder of what a person answered and did in lessons."""
    return home() / "lessons"


def cache_root() -> Path:
    """Folder of what can be computed again: compiled numba code, unpacked archives."""
    return home() / "cache"


def server_folders() -> tuple[Path, ...]:
    """Folders from which a person may name a file or a run on the server (see `CASSIA_DATA_DIRS`)."""
    text = os.environ.get("CASSIA_DATA_DIRS", "")
    return tuple(Path(part).expanduser().resolve() for part in text.split(os.pathsep) if part.strip())


def memory_budget_bytes() -> int | None:
    """Upper limit for one dataset in memory (see `CASSIA_MEMORY_GB`); None means what the machine has."""
    text = os.environ.get("CASSIA_MEMORY_GB", "")
    return int(float(text) * 1024**3) if text else None
