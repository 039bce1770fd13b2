"""The package: what is imported is declared, one version, one table of variables, one folder of runs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from cassia_core import settings

ROOT = Path(__file__).resolve().parents[2]
NOT_IMPORTED = {"scikit-image", "pynndescent", "pyarrow", "openpyxl"}
"""Needed by what we call in scanpy and pandas; docs/DEPENDENCIES.md says why."""
IMPORTED_AS = {"scikit-learn": "sklearn", "harmonypy": "harmonypy", "igraph": "igraph"}


def declared(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"[A-Za-z0-9_.-]+", line) for line in lines if not line.startswith("#"))
    return {match.group().lower() for match in found if match}


def imported() -> set[str]:
    names: set[str] = set()
    files = [
        ROOT / "app.py",
        *(p for d in ("cassia_core", "cassia_ui", "pages") for p in (ROOT / d).rglob("*.py")),
    ]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"cassia_core", "cassia_ui", "pydantic_core"}


def distributions() -> dict[str, set[str]]:
    """Distribution of each top-level module that is installed here."""
    return {
        module: {d.lower().replace("_", "-") for d in names}
        for module, names in metadata.packages_distributions().items()
    }


def test_what_is_imported_is_declared_and_the_other_way_round():
    known = distributions()
    modules = imported()
    needed = declared("requirements.in")
    undeclared = {m for m in modules if m in known and not known[m] & needed}
    unused = {d for d in needed - NOT_IMPORTED if not any(d in known.get(m, {m}) for m in modules)}
    assert (undeclared, unused) == (set(), set())


def test_every_declared_package_is_locked_and_has_its_reason():
    locked = declared("requirements.txt")
    wanted = declared("requirements.in") | declared("requirements-dev.in") | declared("requirements-docs.in")
    assert wanted <= locked
    reasons = (ROOT / "docs" / "DEPENDENCIES.md").read_text(encoding="utf-8")
    assert [name for name in sorted(wanted) if not re.search(rf"\b{re.escape(name)}\b", reasons)] == []


def test_there_is_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" in project["dynamic"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    from cassia_core import __version__

    assert f"version: {__version__}\n" in citation
    assert __version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_variable_that_the_code_reads_is_in_the_table():
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "cassia_core").rglob("*.py"))
    read = set(re.findall(r"\"(CASSIA_[A-Z_]+|[A-Z]+_API_KEY)\"", text))
    assert read <= set(settings.VARIABLES)


def test_pages_made_from_code_are_current():
    done = subprocess.run(
        [sys.executable, "scripts/write_reference.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_command_line_and_app_share_the_folder_of_runs(command_line, tmp_path, home):
    (tmp_path / "markers.csv").write_text("cluster,gene\nA,CD3D\nA,CD3E\nA,CD2\nB,CD79A\nB,MS4A1\nB,CD19\n")
    done = command_line(
        "annotate",
        tmp_path / "markers.csv",
        "--tissue",
        "blood",
        "--species",
        "human",
        "--quiet",
        CASSIA_HOME=str(home),
    )
    from cassia_core.services.runs import runs

    assert done.returncode == 0, done.stderr
    assert [run.datasets for run in runs.list_runs()] == [("markers",)]
