"""A file that holds something nobody foresaw ends in words, on the page and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core import cli
from cassia_core.data.cells import file_inspection
from cassia_core.errors import InputError
from cassia_core.services.intake import intake


def surprised(*_: object, **__: object) -> None:
    raise ZeroDivisionError("never thought of")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "markers.csv"
    path.write_text("cluster,gene\n0,CD3D\n")
    monkeypatch.setattr(file_inspection, "find_source", surprised)
    return path


def test_inspecting_ends_in_an_error_with_a_remedy(table: Path):
    with pytest.raises(InputError) as caught:
        intake.inspect_file(table)
    assert "markers.csv" in caught.value.what and "ZeroDivisionError" in caught.value.why
    assert caught.value.remedy and "never thought of" in caught.value.details


def test_the_command_line_prints_no_traceback(table: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["inspect", str(table)]) == 1
    said = capsys.readouterr().err
    assert "What to do:" in said and "Traceback" not in said


def test_a_command_that_fails_by_itself_says_so(monkeypatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(cli, "_function", lambda _: surprised)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said and "Traceback" not in said
