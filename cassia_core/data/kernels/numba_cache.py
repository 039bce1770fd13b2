"""Where compiled numba code is kept, so that compiling is paid once per machine and not once per run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cassia_core.settings import common_cache_root


def use_numba_cache() -> Path:
    """Point numba to a folder that outlives the process; call before anything imports numba.

    Respects a `NUMBA_CACHE_DIR` that is already set. Returns the folder in use.
    """
    folder = Path(os.environ.setdefault("NUMBA_CACHE_DIR", str(common_cache_root() / "numba")))
    folder.mkdir(parents=True, exist_ok=True)
    if "numba" in sys.modules:
        import numba

        # numba has read the variable already when it was imported, and does not look again.
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder
