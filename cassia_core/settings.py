"""Where things live on this machine, read from the environment once per call.

`VARIABLES` is the one table of everything that the environment can say to us; no secret is kept here.
"""

from __future__ import annotations

import os
from pathlib import Path

from cassia_core import persons

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `cassia_core`: a checkout, or `site-packages` where the package is installed."""
APP_NAME = "cassia-workbench"
RUNS = "batch_results"
VARIABLES: dict[str, str] = {
    "CASSIA_HOME": "Folder of runs, uploads and caches. Default: `workspace/` in a checkout, else the "
    "user's data folder.",
    "CASSIA_MODE": "`personal` (default: one person, as ever) or `shared`: everybody signs in and has a "
    "workspace of their own.",
    "CASSIA_PERSON": "In shared mode, on the command line of the server: whose workspace is meant.",
    "CASSIA_PEOPLE": "In shared mode, who may sign in with an account: addresses and `@domains`, with commas "
    "between them. Default: everybody whom the account's provider lets in.",
    "CASSIA_OPERATORS": "In shared mode, addresses of accounts that may open the operator's page.",
    "CASSIA_MODEL_SERVERS": "In shared mode, addresses of model servers that people may use beside those of "
    "the known providers, with commas between them. Default: none.",
    "CASSIA_LIMITS": "In shared mode, limits such as `upload_mb=500, runs=30, days=60, disk_gb=5, usd=2, "
    "usd_all=40`; docs/guide/server.md lists them.",
    "CASSIA_LAB_PROVIDERS": "In shared mode, providers whose keys in this environment people may use within "
    "the limits, without seeing them. Default: none.",
    "CASSIA_DATA_DIRS": "Folders from which people may name files and runs on the server, with the "
    "system's path separator between them. Default: none.",
    "CASSIA_MEMORY_GB": "Most memory that one dataset may take, in GiB. Default: what the machine has.",
    "CASSIA_RUNS_AT_ONCE": "Runs at work at the same time on this machine; the others wait for their turn. "
    "Default: as many as cores. 0: no queue.",
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
    """Folder that holds runs, uploads and caches: of the person who asks, where people share a server.

    Raises
    ------
    NotSignedIn
        In shared mode, when nobody says who asks.
    """
    return home_of(persons.signed_in()) if persons.is_shared() else server_home()


def home_of(person: persons.Person) -> Path:
    """Folder of one person on a shared server."""
    return people_root() / person.id


def people_root() -> Path:
    """On a shared server: the folder with a folder for each person."""
    return server_home() / "people"


def office_root() -> Path:
    """On a shared server: what belongs to nobody alone (codes, sessions, links, spending)."""
    return server_home() / "office"


def server_home() -> Path:
    """Folder of everything that is kept (see `CASSIA_HOME`)."""
    named = os.environ.get("CASSIA_HOME")
    return (Path(named) if named else _default_home()).expanduser().resolve()


def _default_home() -> Path:
    if is_checkout():
        return PACKAGE_ROOT / "workspace"
    from platformdirs import user_data_path  # a checkout needs no look at the user's folders

    return user_data_path(APP_NAME, appauthor=False)


def runs_root() -> Path:
    """The folder of run directories, one for app, command line and Python."""
    return home() / RUNS


def runs_of(person: persons.Person) -> Path:
    """The folder of run directories of one person on a shared server."""
    return home_of(person) / RUNS


def inputs_root() -> Path:
    """Folder of uploaded files, content-addressed."""
    return home() / "inputs"


def lessons_root() -> Path:
    """Folder of what a person answered and did in lessons."""
    return home() / "lessons"


def cache_root() -> Path:
    """Folder of what can be computed again: compiled numba code, unpacked archives."""
    return home() / "cache"


def common_cache_root() -> Path:
    """Folder of what is the same for everybody: compiled numba code."""
    return server_home() / "cache"


def server_folders() -> tuple[Path, ...]:
    """Folders from which a person may name a file or a run on the server (see `CASSIA_DATA_DIRS`)."""
    text = os.environ.get("CASSIA_DATA_DIRS", "")
    return tuple(Path(part).expanduser().resolve() for part in text.split(os.pathsep) if part.strip())


def operators() -> frozenset[str]:
    """Addresses of accounts that may open the operator's page, in small letters."""
    return _listed("CASSIA_OPERATORS")


def admitted() -> frozenset[str]:
    """Addresses and `@domains` that may sign in with an account; empty: everybody."""
    return _listed("CASSIA_PEOPLE")


def model_servers() -> frozenset[str]:
    """Addresses of model servers that people of a shared server may use."""
    return frozenset(address.rstrip("/") for address in _listed("CASSIA_MODEL_SERVERS"))


def _listed(variable: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in os.environ.get(variable, "").split(",") if part.strip())


def limits_text() -> tuple[str, ...]:
    """The operator's limits of a shared server, one by one (see `CASSIA_LIMITS`)."""
    return tuple(part.strip() for part in os.environ.get("CASSIA_LIMITS", "").split(",") if part.strip())


def lab_providers() -> frozenset[str]:
    """Providers whose keys in our environment the people of a shared server may use."""
    return _listed("CASSIA_LAB_PROVIDERS")


def runs_at_once() -> float | None:
    """Runs that may be at work at the same time; None: as many as there are cores; 0: all at once."""
    text = os.environ.get("CASSIA_RUNS_AT_ONCE", "")
    return float(text) if text else None


def memory_budget_bytes() -> int | None:
    """Upper limit for one dataset in memory (see `CASSIA_MEMORY_GB`); None means what the machine has."""
    text = os.environ.get("CASSIA_MEMORY_GB", "")
    return int(float(text) * 1024**3) if text else None
