"""No cell of a table is a formula; numbers stay numbers; names come back."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cassia_core.report.tables.safe_tables import guard, unguard, write_csv, write_xlsx


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_guarded_in_csv_and_xlsx(tmp_path, text):
    frame = pd.DataFrame({text: [text], "n": [-1.5]})
    write_csv(tmp_path / "t.csv", frame)
    assert f"'{text[0]}" in (tmp_path / "t.csv").read_bytes().decode()
    write_xlsx(tmp_path / "t.xlsx", {"Sheet": frame})
    cells = [c for row in load_workbook(tmp_path / "t.xlsx")["Sheet"].iter_rows() for c in row]
    assert all(c.data_type != "f" for c in cells)
    assert cells[-1].value == -1.5


@pytest.mark.parametrize("value", ["-1", "+2.5e3", "0", "B cell", 3, None, -4.0])
def test_numbers_and_plain_words_are_left_alone(value):
    assert guard(value) == value


@given(st.text(max_size=30) | st.text("'=+-@1a", max_size=6))
def test_every_text_comes_back(text):
    assert unguard(guard(text)) == text
