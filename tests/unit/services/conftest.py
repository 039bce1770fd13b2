"""A copy of the finished demo run that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def own_run(demo_run: Path, tmp_path: Path) -> tuple[str, Path]:
    """Run id and folder of runs."""
    shutil.copytree(demo_run, tmp_path / demo_run.name)
    return demo_run.name, tmp_path
