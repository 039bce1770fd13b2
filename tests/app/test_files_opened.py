"""How many files of a run are opened when a page of Results is drawn again."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings

MOST_OPENED = 6
"""Files of the run that one rerun of Results may open; it was 69, run.json 18 times among them."""
_opened: list[str] | None = None


def _note(event: str, args: tuple) -> None:
    if event == "open" and _opened is not None and isinstance(args[0], str | bytes | Path):
        _opened.append(str(args[0]))


sys.addaudithook(_note)  # cannot be taken away again, and does nothing while nobody counts


@pytest.fixture
def page(demo_run: Path, home: Path) -> AppTest:
    shutil.copytree(demo_run, settings.runs_root() / demo_run.name)
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = demo_run.name
    return at.run().switch_page("pages/results.py").run()


def opened_by(at: AppTest, run: Path) -> Counter[str]:
    """Files below `run` that a rerun of the page opens, and how often."""
    global _opened
    _opened = []
    try:
        at.run()
    finally:
        names, _opened = _opened, None
    return Counter(name.removeprefix(f"{run}/") for name in names if name.startswith(str(run)))


def test_a_rerun_of_results_opens_few_files_and_none_again_and_again(page: AppTest, demo_run: Path):
    opened = opened_by(page, settings.runs_root() / demo_run.name)
    assert not page.exception
    assert opened.total() <= MOST_OPENED, opened.most_common()
    assert max(opened.values(), default=0) <= 1, opened.most_common()
