"""What the command line and a run of one dataset load: help need not wait for libraries of cells."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = "import sys, {module}; print(sorted(name for name in sys.modules if '.' not in name))"


@pytest.mark.parametrize(
    ("module", "unloaded"),
    [("cassia_core.cli", ("anndata", "scanpy", "pandas")), ("cassia_core.pipeline.batch", ("distributed",))],
)
def test_what_is_not_needed_yet_is_not_loaded(module: str, unloaded: tuple[str, ...]):
    said = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)], capture_output=True, text=True, check=True
    ).stdout
    assert not [name for name in unloaded if f"'{name}'" in said], said
