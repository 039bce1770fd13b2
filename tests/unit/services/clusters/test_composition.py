"""What samples are made of, counted by hand."""

from __future__ import annotations

import pytest
from small_view import grouped, write_view

from cassia_core.services.clusters.composition import composition
from cassia_core.services.plots.figure_tables import composition_table

LEIDEN = ["0"] * 4 + ["1"] * 4 + [None]
SAMPLE = ["a", "a", "a", "b", "a", "b", "b", None, "b"]


@pytest.fixture
def found(tmp_path):
    view = write_view(tmp_path, {"leiden": LEIDEN, "sample": SAMPLE}, {"G": [0.0] * 9})
    return composition(view, grouped(view, {"0": "B cell", "1": "T cell"}), "sample")


def test_every_cell_is_counted_once_by_group_and_standing_label(found):
    counted = found.cells.stack()
    assert counted[counted > 0].to_dict() == {
        ("a", "B cell"): 3,
        ("a", "T cell"): 1,
        ("b", "B cell"): 1,
        ("b", "T cell"): 2,
        ("b", "No label"): 1,
        ("No value", "T cell"): 1,
    }
    assert found.shares.sum(axis=1).tolist() == [1.0, 1.0, 1.0]
    assert found.shares.at["a", "B cell"] == 0.75


def test_groups_of_few_cells_are_named(found):
    assert found.few == {"a": 4, "b": 4, "No value": 1}


def test_the_table_behind_it_has_a_row_per_group_and_label(found):
    table = composition_table(found).set_index(["group", "cell_type"])
    row = table.loc[("b", "T cell")]
    assert (row["column"], row["cells"], row["share_of_group"], row["cells_in_group"]) == (
        "sample",
        2,
        0.5,
        4,
    )


def test_a_file_that_calls_a_sample_no_value_itself_is_counted_once(tmp_path):
    view = write_view(tmp_path, {"leiden": ["0", "0"], "sample": ["No value", None]}, {"G": [0.0, 0.0]})
    found = composition(view, grouped(view, {"0": "B cell"}), "sample")
    assert found.cells.to_dict() == {"B cell": {"No value": 2}}
