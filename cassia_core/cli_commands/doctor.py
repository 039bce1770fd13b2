"""`doctor`: what is installed, what works."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import psutil

from cassia_core import settings
from cassia_core.persons import is_shared
from cassia_core.services.engine.keys import ANY, VARIABLES
from cassia_core.services.intake.health import check_engine, check_folder
from cassia_core.services.runs.queueing import queue_in_words
from cassia_core.version import __version__

PACKAGES = (
    "streamlit",
    "scanpy",
    "anndata",
    "pandas",
    "numpy",
    "umap-learn",
    "pynndescent",
    "igraph",
    "numba",
    "openai",
    "anthropic",
    "cellxgene-ontology-guide",
)


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there already."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def doctor(_: argparse.Namespace) -> int:
    """Print versions, folders, memory, keys (present or not, never their text) and a trial of the offline
    engine.
    """
    print(f"CASSIA Workbench {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in PACKAGES:
        print(f"  {name:26s} {metadata.version(name)}")
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(_existing(settings.server_home()))
    print(
        f"Memory free: {memory.available / 1024**3:.1f} of {memory.total / 1024**3:.1f} GB; "
        f"disk free: {disk.free / 1024**3:.0f} GB; cores: {os.cpu_count()}"
    )
    folder_ok, folder_text = check_folder()
    print(f"Runs folder: {folder_text}")
    print(f"Mode: {'shared' if is_shared() else 'personal'}; {queue_in_words()}")
    for variable in (*VARIABLES.values(), ANY):
        print(f"  {variable:22s} {'set' if os.environ.get(variable) else 'not set'}")
    engine_ok, engine_text = check_engine()
    print(f"Offline engine: {engine_text}")
    return 0 if folder_ok and engine_ok else 1
