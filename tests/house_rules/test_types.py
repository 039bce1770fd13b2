"""mypy looks at every file: none is left out, in no way."""

from __future__ import annotations

import re
import tomllib

from code_tree import ROOT

SILENCED = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*mypy:")


def test_no_file_is_left_out_of_the_check_of_types():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert set(settings["files"]) == {"cassia_core", "cassia_ui", "pages", "app.py"}
    assert not {"overrides", "exclude", "ignore_errors", "disable_error_code"} & set(settings)


def test_a_silenced_line_names_the_error_that_it_silences():
    """`type: ignore` without an error in brackets hides whatever comes later on that line, too."""
    assert SILENCED.search("x = f()  # type: ignore") and not SILENCED.search("x  # type: ignore[index]")
    files = [p for room in ("cassia_core", "cassia_ui", "pages") for p in (ROOT / room).rglob("*.py")]
    assert [str(p) for p in files if SILENCED.search(p.read_text(encoding="utf-8"))] == []
