"""The measured table of docs/ARCHITECTURE.md is true, and what it promises holds."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from code_tree import LARGEST_ROOM, ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import measure_code

TOLERANCE = 0.15
"""Share by which a figure of the document may lag behind the code."""


@pytest.fixture(scope="module")
def measures() -> measure_code.Measures:
    return measure_code.measure()


def figures(table: str) -> dict[str, float]:
    """The first number of every row of a table of Markdown, by the words before it."""
    rows = re.findall(r"^\| ([^|]+) \| ([\d,.]+)", table, flags=re.MULTILINE)
    return {words: float(number.replace(",", "")) for words, number in rows}


def test_the_table_in_the_document_is_current(measures: measure_code.Measures):
    document = measure_code.DOCUMENT.read_text(encoding="utf-8")
    written = figures(document.partition(measure_code.BEGIN)[2].partition(measure_code.END)[0])
    assert written == pytest.approx(figures(measure_code.table(measures)), rel=TOLERANCE, abs=0.5)


def test_what_the_document_promises_holds(measures: measure_code.Measures):
    assert measures.nested_ternaries == 0
    assert measures.largest_room_files <= LARGEST_ROOM
    assert measures.median_function_statements <= 4, "short functions: four statements as a rule"
    assert measures.median_file_logical_lines <= 65
    assert measures.comments_per_100_lines >= 2.0, "say why: two comments in a hundred lines"


def test_a_planted_ternary_and_a_planted_long_function_are_seen(tmp_path: Path):
    tree = ast.parse("a = 1 if b else 2 if c else 3\nd = [1 if e else 2 for e in f]\n")
    assert measure_code.nested_ternaries(tree) == [1]
    one, *_ = ast.parse('def f():\n    """Words."""\n    if a:\n        b = 1\n    return b\n').body
    assert measure_code.n_statements(one) == 3
    assert measure_code.n_comments("a = 1  # why\n# noqa: E501\nb = '# no comment'\n") == 1
    noted = '"""Module."""\nA = 1\n"""Why\none."""\n\n\ndef f():\n    """Docstring."""\n    return (\n1)\n'
    assert measure_code.n_note_lines(ast.parse(noted)) == 2, "docstrings are no notes"
    assert measure_code.n_logical_lines(noted) == 6, "however a statement is laid out"


def test_writing_the_table_leaves_the_rest_of_the_document(measures: measure_code.Measures):
    document = f"before\n{measure_code.BEGIN}\nold\n{measure_code.END}\nafter\n"
    written = measure_code.with_table(document, measures)
    assert written.startswith("before\n") and written.endswith("\nafter\n") and "old" not in written
    assert measure_code.with_table(written, measures) == written
