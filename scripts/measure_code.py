"""Measure the code: prints the table, `--write` puts it into docs/ARCHITECTURE.md.

Functions are counted in statements, and files in logical lines too, so that the layout of lines changes
nothing. Comments are those after `#` and the notes that stand as a text below a constant or a field;
docstrings of modules, classes and functions are none.
"""

from __future__ import annotations

import argparse
import ast
import io
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "ARCHITECTURE.md"
BEGIN = "<!-- measured: made by scripts/measure_code.py -->"
END = "<!-- end of measured -->"
TOPS = ("cassia_core", "cassia_ui", "pages")
ROOM_ENDINGS = {".py", ".js", ".css", ".html", ".j2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Of all files below the folders of `TOPS`; empty lines do not count."""

    files: int
    lines: int
    largest_room: str
    largest_room_files: int
    median_file_lines: float
    median_file_logical_lines: float
    median_function_statements: float
    longest_function_statements: int
    nested_ternaries: int
    comments_per_100_lines: float
    after_a_hash_per_100_lines: float


def measure(root: Path = ROOT) -> Measures:
    """Measure the code below `root`."""
    paths = sorted(path for top in TOPS for path in (root / top).rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    trees = [ast.parse(text) for text in texts]
    lines = [sum(bool(line.strip()) for line in text.splitlines()) for text in texts]
    functions = [n_statements(node) for tree in trees for node in ast.walk(tree) if is_function(node)]
    rooms = Counter(
        path.parent
        for top in TOPS
        for path in (root / top).rglob("*")
        if path.suffix in ROOM_ENDINGS and path.name != "__init__.py"
    )
    room, n_files = rooms.most_common(1)[0]
    full = [text for text, path in zip(texts, paths, strict=True) if path.stem != "__init__"]
    after_a_hash = sum(map(n_comments, texts))
    return Measures(
        files=len(paths),
        lines=sum(lines),
        largest_room=room.relative_to(root).as_posix(),
        largest_room_files=n_files,
        median_file_lines=median(sum(bool(line.strip()) for line in text.splitlines()) for text in full),
        median_file_logical_lines=median(map(n_logical_lines, full)),
        median_function_statements=median(functions),
        longest_function_statements=max(functions),
        nested_ternaries=sum(len(nested_ternaries(tree)) for tree in trees),
        comments_per_100_lines=100 * (after_a_hash + sum(map(n_note_lines, trees))) / sum(lines),
        after_a_hash_per_100_lines=100 * after_a_hash / sum(lines),
    )


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def n_statements(function: ast.AST) -> int:
    """Statements inside a function at any depth; its docstring is none."""
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]
    return sum(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in statements
    )


def nested_ternaries(tree: ast.AST) -> list[int]:
    """Lines of conditional expressions that hold another one."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.IfExp)
        and any(isinstance(inner, ast.IfExp) for inner in ast.walk(node) if inner is not node)
    ]


def n_comments(text: str) -> int:
    """Comments for readers; those that only speak to a tool do not count."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    told = ("# noqa", "# type:", "# ruff:")
    return sum(t.type == tokenize.COMMENT and not t.string.startswith(told) for t in tokens)


def n_logical_lines(text: str) -> int:
    """Lines as Python reads them: a statement is one, over however many lines it is laid out."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(t.type == tokenize.NEWLINE for t in tokens)


def n_note_lines(tree: ast.AST) -> int:
    """Lines of the texts below constants and fields, which say why they are as they are."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
    notes = [node for body in bodies for node in body[1:] if isinstance(node, ast.Expr)]
    texts = [n.value for n in notes if isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)]
    return sum((text.end_lineno or text.lineno) - text.lineno + 1 for text in texts)


def table(measures: Measures) -> str:
    """The measures as a table of Markdown."""
    rows = {
        "Files of Python": f"{measures.files}",
        "Lines that are not empty": f"{measures.lines:,}",
        "Files of the largest room": f"{measures.largest_room_files} (`{measures.largest_room}`)",
        "Lines of a file (median)": f"{measures.median_file_lines:.0f}",
        "Logical lines of a file (median)": f"{measures.median_file_logical_lines:.0f}",
        "Statements of a function (median)": f"{measures.median_function_statements:.0f}",
        "Statements of the longest function": f"{measures.longest_function_statements}",
        "Ternaries inside a ternary": f"{measures.nested_ternaries}",
        "Comments in 100 lines": f"{measures.comments_per_100_lines:.1f}",
        "Of these after a `#`, not below a constant": f"{measures.after_a_hash_per_100_lines:.1f}",
    }
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def with_table(document: str, measures: Measures) -> str:
    """`document` with the table of `measures` between its two marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(measures)}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/ARCHITECTURE.md")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout")
    chosen = parser.parse_args()
    measures = measure(chosen.root)
    print(table(measures))
    if chosen.write:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), measures), encoding="utf-8")


if __name__ == "__main__":
    main()
