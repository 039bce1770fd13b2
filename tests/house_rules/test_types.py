"""mypy looks at every file, none is left out in any way; a name of a class says which one is meant."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

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


def public_classes(root: Path) -> dict[str, list[str]]:
    """Files of every public class below the folders of the code, by its name."""
    found: dict[str, list[str]] = {}
    for path in (p for room in ("cassia_core", "cassia_ui", "pages") for p in (root / room).rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(str(path.relative_to(root)))
    return found


def test_no_two_classes_have_one_name(tmp_path: Path):
    assert {name: files for name, files in public_classes(ROOT).items() if len(files) > 1} == {}
    for name in ("one", "other"):
        (tmp_path / "cassia_core").mkdir(exist_ok=True)
        (tmp_path / "cassia_core" / f"{name}.py").write_text("class Part:\n    pass\n", encoding="utf-8")
    assert len(public_classes(tmp_path)["Part"]) == 2, "a planted one is seen"
