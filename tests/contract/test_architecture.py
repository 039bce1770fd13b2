"""Imports point down only, and vendor packages stay where they live."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from code_tree import (
    CORE,
    LARGEST_ROOM,
    ROOT,
    circles,
    core_files,
    import_graph,
    imports_of,
    screen_files,
    too_large_rooms,
)

LAYERS: dict[str, set[str]] = {
    "domain": set(),
    "genes": {"domain"},
    "data": {"domain", "genes"},
    "knowledge": {"domain", "genes"},
    "llm": {"domain", "knowledge"},
    "runs": {"domain"},
    "look": {"domain"},
    "lessons": {"domain", "look", "data", "runs"},
    "agents": {"domain", "llm", "knowledge", "prompts"},
    "report": {"domain", "look", "data", "knowledge", "runs"},
    "pipeline": {"domain", "look", "data", "llm", "knowledge", "agents", "runs", "report"},
    "services": {
        "domain",
        "look",
        "genes",
        "data",
        "llm",
        "knowledge",
        "agents",
        "runs",
        "report",
        "pipeline",
        "lessons",
    },
    "cli_commands": {"domain", "look", "services"},
    "cli": {"domain", "services", "cli_commands"},
    "api": {"domain", "services"},
    "__main__": {"cli"},
    "__init__": {"api", "domain"},
}
FREE = {"errors", "persons", "settings", "own_files", "log", "version"}
"""Importable by all, importing nothing of ours but each other."""
SCREEN = {"services", "domain", "look", "errors", "persons", "settings", "own_files", "version"}
"""What app.py, pages and cassia_ui may import of the core."""
HOME_OF_VENDOR = {
    "openai": {"llm"},
    "anthropic": {"llm"},
    "tenacity": {"llm", "pipeline"},
    "cellxgene_ontology_guide": {"knowledge"},
    "jinja2": {"agents", "report"},
    "json_repair": {"agents"},
    "plotly": {"report"},
    "matplotlib": {"report"},
    "h5py": {"data"},
    "umap": {"data"},
    "harmonypy": {"data"},
    "igraph": {"data"},
    "pydantic": {"runs"},
    "filelock": {"runs"},
    "tqdm": {"services", "cli_commands"},
}


def layer_of_file(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def own_layer(name: str) -> str | None:
    """The layer that an import of `cassia_core...` points to."""
    parts = name.split(".")
    if parts[0] != "cassia_core" or len(parts) < 2:
        return None
    return parts[1]


def upward_arrows(path: Path, layer: str) -> list[str]:
    allowed = LAYERS.get(layer, set()) | {layer} | FREE
    return [
        f"{path.name}:{line} ({layer}) imports {name}"
        for name, line in imports_of(path)
        if (target := own_layer(name)) is not None and target not in allowed
    ]


def test_imports_of_the_core_point_down_only():
    assert [arrow for path in core_files() for arrow in upward_arrows(path, layer_of_file(path))] == []


def test_every_layer_is_known():
    known = set(LAYERS) | FREE
    assert {layer_of_file(p) for p in core_files()} <= known


def test_no_file_of_the_core_imports_streamlit():
    guilty = [str(p) for p in core_files() if any(n.split(".")[0] == "streamlit" for n, _ in imports_of(p))]
    assert guilty == []


def test_screens_import_only_services_domain_and_errors():
    guilty = [
        f"{p.name}:{line} imports {name}"
        for p in screen_files()
        for name, line in imports_of(p)
        if (target := own_layer(name)) is not None and target not in SCREEN
    ]
    assert guilty == []


@pytest.mark.parametrize("vendor", sorted(HOME_OF_VENDOR))
def test_a_vendor_package_stays_in_its_home_layer(vendor: str):
    guilty = [
        f"{p.relative_to(ROOT)}:{line}"
        for p in core_files()
        for name, line in imports_of(p)
        if name.split(".")[0] == vendor and layer_of_file(p) not in HOME_OF_VENDOR[vendor]
    ]
    assert guilty == []


def test_the_check_sees_a_page_that_imports_a_provider_and_a_core_file_that_imports_streamlit(tmp_path: Path):
    page = tmp_path / "page.py"
    page.write_text(
        "def f():\n    from cassia_core.llm.registry import make_provider\n    import streamlit as st\n"
    )
    names = [name for name, _ in imports_of(page)]
    assert own_layer(names[0]) not in SCREEN
    assert "streamlit" in names
    assert upward_arrows(page, "domain") == [
        "page.py:2 (domain) imports cassia_core.llm.registry.make_provider"
    ]


def test_session_state_is_touched_in_one_file_only():
    users = [p.name for p in screen_files() if "session_state" in p.read_text(encoding="utf-8")]
    assert users in ([], ["session.py"])


def test_no_file_imports_itself_through_others():
    files = [*core_files(), *screen_files(), *sorted((ROOT / "tests").rglob("*.py"))]
    assert circles(import_graph(files)) == []


def test_the_check_sees_a_circle_also_through_an_import_inside_a_function(tmp_path: Path):
    (tmp_path / "one.py").write_text("from two import a\n")
    (tmp_path / "two.py").write_text("import three\n\na = 1\n")
    (tmp_path / "three.py").write_text("def f():\n    from one import a\n\n    return a\n")
    (tmp_path / "outside.py").write_text("import one\n")
    graph = import_graph(sorted(tmp_path.glob("*.py")), tmp_path)
    assert circles(graph) == [["one", "three", "two"]]


def test_every_room_can_be_scanned():
    assert too_large_rooms([CORE, ROOT / "cassia_ui", ROOT / "pages", ROOT / "scripts", ROOT / "tests"]) == []


def test_the_check_sees_a_room_that_is_too_large(tmp_path: Path):
    room = tmp_path / "room"
    room.mkdir()
    for number in range(LARGEST_ROOM):
        (room / f"file_{number}.py").touch()
    (room / "__init__.py").touch()
    assert too_large_rooms([tmp_path]) == []
    (room / "one_more.js").touch()
    assert too_large_rooms([tmp_path]) == [f"{room}: {LARGEST_ROOM + 1} files"]


def test_every_file_of_tests_has_a_name_of_its_own():
    """pytest takes two files of one name for the same module."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, n in names.items() if n > 1] == []
