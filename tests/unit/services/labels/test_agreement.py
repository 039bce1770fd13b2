"""Agreement with labels of the file, against numbers counted by hand.

cluster  predicted                            labels of the file
0        B cell                               4 B cell, 2 naive B cell, 1 T cell
1        CD4-positive, alpha-beta T cell      5 T cell, 1 strange thing
2        my very own cell                     2 monocyte
3        (none)                               1 monocyte, 1 without
"""

from __future__ import annotations

import pytest
from small_view import grouped, write_view

from cassia_core.services.labels.agreement import agreement, agreement_with_names, judgement
from cassia_core.services.labels.review import ReviewedLabel

LEIDEN = ["0"] * 7 + ["1"] * 6 + ["2"] * 2 + ["3"] * 2
GOLD = (
    ["B cell"] * 4
    + ["naive B cell"] * 2
    + ["T cell"]
    + ["T cell"] * 5
    + ["strange thing"]
    + ["monocyte"] * 2
    + ["monocyte", None]
)
PREDICTED = {"0": "B cell", "1": "CD4-positive, alpha-beta T cell", "2": "my very own cell"}


@pytest.fixture
def found(tmp_path):
    view = write_view(tmp_path, {"leiden": LEIDEN, "gold": GOLD}, {"G": [0.0] * len(GOLD)})
    return agreement(view, grouped(view, PREDICTED), "gold")


def test_shares_of_cells_and_means_over_labels_at_each_level(found):
    same, parent, lineage = found.levels
    assert (same.share, same.n_judged) == (pytest.approx(4 / 13), 13)
    assert (parent.share, parent.n_judged) == (pytest.approx(11 / 13), 13)
    assert (lineage.share, lineage.n_judged) == (pytest.approx(11 / 13), 13)
    assert (same.mean_of_types, same.n_types) == (pytest.approx(1 / 4), 4)
    assert parent.mean_of_types == pytest.approx((1 + 1 + 5 / 6 + 0) / 4)


def test_the_row_of_each_label(found):
    rows = {t.label: t for t in found.types}
    assert {label: t.n_cells for label, t in rows.items()} == {
        "B cell": 4,
        "naive B cell": 2,
        "T cell": 6,
        "monocyte": 3,
        "strange thing": 1,
    }
    assert rows["naive B cell"].shares == {"label": 0.0, "parent": 1.0, "lineage": 1.0}
    assert rows["T cell"].shares == {
        "label": 0.0,
        "parent": pytest.approx(5 / 6),
        "lineage": pytest.approx(5 / 6),
    }
    assert (rows["T cell"].most_frequent, rows["T cell"].most_frequent_share) == (
        PREDICTED["1"],
        pytest.approx(5 / 6),
    )
    assert rows["monocyte"].shares == {"label": 0.0, "parent": 0.0, "lineage": 0.0}, (
        "one of three can be judged"
    )
    assert rows["strange thing"].shares == {"label": None, "parent": None, "lineage": None}
    assert (rows["B cell"].term, rows["B cell"].cl_id, rows["strange thing"].cl_id) == (
        "B cell",
        "CL:0000236",
        "",
    )


def test_the_row_of_each_cluster(found):
    rows = {c.cluster: (c.majority, c.majority_share, c.level) for c in found.clusters}
    assert rows == {
        "0": ("B cell", pytest.approx(4 / 7), "label"),
        "1": ("T cell", pytest.approx(5 / 6), "parent"),
        "2": ("monocyte", 1.0, None),
        "3": ("monocyte", 1.0, "none"),
    }


def test_what_cannot_be_judged_is_counted(found):
    assert [(u.label, u.side, u.n_cells) for u in found.not_judged] == [
        ("strange thing", "file", 1),
        ("my very own cell", "predicted", 2),
    ]
    assert (found.n_without, found.n_cells) == (1, 17)


def test_the_confusion_matrix_counts_every_labelled_cell_with_its_blocks_on_the_diagonal(found):
    assert found.confusion.to_numpy().sum() == 16
    peaks = [found.confusion[c].to_numpy().argmax() for c in found.confusion.columns if c != "No label"]
    assert peaks == sorted(peaks)
    assert found.confusion.columns[-1] == "No label"


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("B cells", "B cell", (True, True, True)),
        ("My Type", "my type", (True, True, True)),
        ("T cell", "B cell", (False, False, False)),
        ("CD8-positive, alpha-beta T cell", "CD4-positive, alpha-beta T cell", (False, False, True)),
        ("B cell", "Unknown", (False, False, False)),
        ("B cell", "No label", (False, False, False)),
        ("Unknown", "B cell", (None, None, None)),
        ("Unknown", "Unknown", (None, None, None)),
        ("my very own cell", "B cell", (None, None, None)),
    ],
)
def test_two_labels_are_judged_at_each_level(gold, predicted, expected):
    verdict = judgement(gold, predicted)
    assert (verdict.label, verdict.parent, verdict.lineage) == expected


def test_names_that_clusters_of_a_table_had_are_compared_where_they_are_cell_types():
    labels = [
        ReviewedLabel(cluster="CD8 T cell", label="T cell"),
        ReviewedLabel(cluster="B cell", label="B cell"),
        ReviewedLabel(cluster="monocyte", label="neuron"),
    ]
    assert [c.level for c in agreement_with_names(labels)] == ["parent", "label", "none"]
    assert agreement_with_names([ReviewedLabel(cluster="0", label="B cell")]) == ()
