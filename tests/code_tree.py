"""What the tests of the code itself walk: its files, their imports, and the rooms that they lie in."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "cassia_core"
CODE_ENDINGS = {".py", ".js", ".css", ".html", ".j2"}
LARGEST_ROOM = 15
"""Files of one folder that a person scans at a glance; `__init__.py` is not counted."""


def core_files() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


def screen_files() -> list[Path]:
    """Every file with Streamlit code."""
    pages = sorted((ROOT / "pages").glob("*.py"))
    return [ROOT / "app.py", *pages, *sorted((ROOT / "cassia_ui").rglob("*.py"))]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> list[tuple[str, int]]:
    """Full names imported by a file (also inside functions), with their lines."""
    names: list[tuple[str, int]] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} uses a relative import"
            names += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return names


def import_graph(files: list[Path], root: Path = ROOT) -> dict[str, set[str]]:
    """Which module of `files` imports which other one; names are dotted paths below `root`."""
    modules = {_module_name(path, root): path for path in files}
    return {
        module: {
            target
            for name, _ in imports_of(path)
            if (target := _nearest(name, modules)) is not None and target != module
        }
        for module, path in modules.items()
    }


def _module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _nearest(name: str, modules: dict[str, Path]) -> str | None:
    """The module that holds an imported name: `a.b.f` is held by `a.b`, or is `a.b.f` itself."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which is reached from each other one."""
    reached = {module: _reached_from(module, graph) for module in graph}
    groups = {
        tuple(sorted({module} | {other for other in reached[module] if module in reached[other]}))
        for module in graph
    }
    return sorted([list(group) for group in groups if len(group) > 1])


def _reached_from(module: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[module])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph[name]
    return seen


def rooms(top: Path) -> dict[Path, int]:
    """Folders below `top`, with their number of code files."""
    return Counter(
        path.parent
        for path in top.rglob("*")
        if path.suffix in CODE_ENDINGS and path.name != "__init__.py" and "__pycache__" not in path.parts
    )


def too_large_rooms(tops: list[Path]) -> list[str]:
    return [
        f"{room}: {n} files" for top in tops for room, n in sorted(rooms(top).items()) if n > LARGEST_ROOM
    ]
