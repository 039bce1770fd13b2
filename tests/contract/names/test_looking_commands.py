"""`candidates`, `look` and `ask` on a run of lists: printed, kept beside the label, and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.cli import main
from cassia_core.services.opinions import opinions
from tests.small_runs import annotate_lists, write_lists


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    return root / annotate_lists(root, write_lists(root / "lists.csv"))


def test_candidates_are_scored_beside_the_evidence(run: Path, capsys: pytest.CaptureFixture[str]):
    asked = ["candidates", str(run), "--cluster", "1", "--types", "T cell", "B cell", "--rounds", "0"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "T cell: " in said and "B cell: " in said and "data " in said and "Scores highest: T cell" in said


def test_a_closer_look_and_a_question_are_answered_and_kept(run: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["look", str(run), "--cluster", "1", "--strategy", "depth"]) == 0
    assert "before: T cell" in capsys.readouterr().out
    assert main(["ask", str(run), "--cluster", "1", "Which genes mark a B cell?"]) == 0
    assert capsys.readouterr().out.strip()
    kinds = [opinion.kind for opinion in opinions.list_opinions(run.name, "lists", root=run.parent)]
    assert kinds[-2:] == ["closer_look", "question"]


def test_what_cannot_be_asked_is_said_so(run: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["ask", str(run), "--cluster", "77", "Why?"]) == 1
    assert "no cluster 77" in capsys.readouterr().err
    assert main(["candidates", str(run), "--cluster", "1", "--types", "T cell"]) == 1
    assert "2 to 4 different cell types" in capsys.readouterr().err
