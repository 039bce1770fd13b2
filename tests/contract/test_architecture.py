"""Imports point down only, and vendor packages stay where they live."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "cassia_core"

LAYERS: dict[str, set[str]] = {
    "domain": set(),
    "genes": {"domain"},
    "data": {"domain", "genes"},
    "knowledge": {"domain", "genes"},
    "llm": {"domain", "knowledge"},
    "runs": {"domain"},
    "agents": {"domain", "llm", "knowledge", "prompts"},
    "report": {"domain", "data", "knowledge", "runs"},
    "pipeline": {"domain", "data", "llm", "knowledge", "agents", "runs", "report"},
    "services": {"domain", "genes", "data", "llm", "knowledge", "agents", "runs", "report", "pipeline"},
    "cli_commands": {"domain", "services"},
    "cli": {"domain", "services", "cli_commands"},
    "api": {"domain", "services", "cli_commands"},
    "__main__": {"cli"},
    "__init__": {"api", "domain"},
}
FREE = {"errors", "settings", "log"}
"""Importable by all, importing nothing of ours but each other."""
SCREEN = {"services", "domain", "errors", "settings"}
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
    "tqdm": {"cli_commands"},
}


def imports_of(path: Path) -> list[tuple[str, int]]:
    """Full names imported by a file (also inside functions), with their lines."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} uses a relative import"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def layer_of_file(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def own_layer(name: str) -> str | None:
    """The layer that an import of `cassia_core...` points to."""
    parts = name.split(".")
    if parts[0] != "cassia_core" or len(parts) < 2:
        return None
    return "__init__" if parts[1] == "__version__" else parts[1]


def upward_arrows(path: Path, layer: str) -> list[str]:
    allowed = LAYERS.get(layer, set()) | {layer} | FREE | {"__init__"}
    return [
        f"{path.name}:{line} ({layer}) imports {name}"
        for name, line in imports_of(path)
        if (target := own_layer(name)) is not None and target not in allowed
    ]


def core_files() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


def screen_files() -> list[Path]:
    return [
        ROOT / "app.py",
        *sorted((ROOT / "pages").glob("*.py")),
        *sorted((ROOT / "cassia_ui").rglob("*.py")),
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
        if (target := own_layer(name)) is not None and target not in SCREEN | {"__init__"}
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
