"""Two runs compared, on real runs of the offline engine."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from cassia_core.errors import RunNotFound
from cassia_core.services.labels import review
from cassia_core.services.runs import results, run_comparison
from cassia_core.services.runs.run_comparison import Side, agreement_of, compare_runs
from cassia_core.services.runs.shared_cells import adjusted_rand, cross_table, shared_cells
from tests.small_runs import LISTS, annotate_lists, past_run, write_lists


@pytest.fixture(scope="module")
def lists(tmp_path_factory) -> SimpleNamespace:
    """Two runs of one marker table (another tissue, another threshold) and one of another table."""
    root = tmp_path_factory.mktemp("lists")
    table = write_lists(root / "lists.csv")
    other = write_lists(root / "other.csv", {**LISTS, "2": "PPBP,PF4,ITGA2B,GP9,TUBB1"})
    return SimpleNamespace(
        root=root,
        one=annotate_lists(root, table, "One"),
        two=annotate_lists(root, table, "Two", tissue="lung", score_threshold=60.0),
        other=annotate_lists(root, other, "Other"),
    )


@pytest.fixture(scope="module")
def cells(tmp_path_factory, annotate_demo, demo_run) -> SimpleNamespace:
    """Two runs of the same cells: clusters by Leiden, and those of a column of the file."""
    named = annotate_demo(
        tmp_path_factory.mktemp("named") / "batch_results", "--cluster-column", "bulk_labels"
    )
    return SimpleNamespace(leiden=cells_of(demo_run), named=cells_of(named))


def cells_of(folder: Path) -> Side:
    return Side(run_id=folder.name, dataset="pbmc", root=folder.parent)


def side(runs: SimpleNamespace, name: str, dataset: str = "lists") -> Side:
    return Side(run_id=getattr(runs, name), dataset=dataset, root=runs.root)


def test_clusters_of_the_same_marker_table_are_joined_by_their_ids(lists):
    found = compare_runs(side(lists, "one"), side(lists, "two"))
    assert found.basis == "clusters" and found.n_compared == len(LISTS)
    assert {p.one.cluster: p.other.cluster for p in found.pairs} == {c: c for c in LISTS}
    assert (found.only_one, found.only_other, found.adjusted_rand) == (0, 0, None)


def test_only_what_was_set_differently_is_told_and_in_plain_words(lists):
    found = compare_runs(side(lists, "one"), side(lists, "two"))
    assert {d.what: (d.one, d.other) for d in found.differences} == {
        "Tissue": ("blood", "lung"),
        "Score asked for": ("75", "60"),
    }
    assert compare_runs(side(lists, "one"), side(lists, "one")).differences == ()


def test_different_marker_tables_are_not_compared_and_the_reason_is_said(lists):
    found = compare_runs(side(lists, "one"), side(lists, "other"))
    assert found.basis == "none" and found.pairs == () and "different marker tables" in found.refusal
    assert [d.what for d in found.differences] == ["Input"]


def test_a_run_without_labels_is_said_to_have_none(lists):
    empty = past_run(lists.root, "Empty")
    found = compare_runs(Side(run_id=empty, dataset="lists", root=lists.root), side(lists, "one"))
    assert found.basis == "none" and "Empty has no labels" in found.refusal


def test_a_dataset_that_a_run_does_not_have_is_not_found(lists):
    with pytest.raises(RunNotFound):
        compare_runs(side(lists, "one", "no such"), side(lists, "two"))


def test_a_corrected_label_is_compared_as_it_stands_and_marked(lists, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(lists.root / getattr(lists, name), tmp_path / getattr(lists, name))
    copy = SimpleNamespace(root=tmp_path, one=lists.one, two=lists.two)
    review.apply_edit(lists.two, "lists", ("0",), "rename", label="megakaryocyte", root=tmp_path)
    found = compare_runs(side(copy, "one"), side(copy, "two"))
    pair = next(p for p in found.pairs if p.one.cluster == "0")
    assert (pair.other.label, pair.other.edited, pair.one.edited) == ("megakaryocyte", True, False)
    assert pair.agreement in ("different", "lineage") and pair in found.changed()
    assert pair.other.original == pair.one.label or pair.other.original
    assert (pair.other.light, pair.other.score, pair.other.evidence) == (None, None, None), (
        "they spoke of another label"
    )
    assert pair.one.light and pair.one.evidence is not None


def test_cells_of_the_same_file_are_joined_by_name_whatever_their_clusters(cells):
    found = compare_runs(cells.leiden, cells.named)
    views = [results.load_results(s.run_id, s.dataset, s.root).view for s in (cells.leiden, cells.named)]
    codes = [v.column(v.cluster_key).codes for v in views]
    assert found.basis == "cells" and found.n_compared == views[0].n_cells
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(*codes))
    named = [
        pd.Series(v.cell_ids()).map(
            dict(zip(v.cell_ids(), np.array(v.column(v.cluster_key).categories)[c], strict=True))
        )
        for v, c in zip(views, codes, strict=True)
    ]
    assert {(p.one.cluster, p.other.cluster): p.n for p in found.pairs} == pd.crosstab(*named).stack().loc[
        lambda n: n > 0
    ].to_dict()
    assert sum(found.count(a) for a in run_comparison.AGREEMENTS) == found.n_compared
    assert [(d.what, d.one, d.other) for d in found.differences] == [
        ("Clusters from the column", "not set", "bulk_labels"),
        ("Resolution (Leiden)", "fine", "not used"),
    ]


def test_a_run_compared_with_itself_agrees_in_every_cell(cells):
    found = compare_runs(cells.leiden, cells.leiden)
    assert found.adjusted_rand == 1.0 and found.changed() == () and found.differences == ()
    assert found.count("same") + found.count("none_named") == found.n_compared


def test_cells_set_aside_count_with_the_label_they_were_given(cells, tmp_path):
    shutil.copytree(cells.leiden.root / cells.leiden.run_id, tmp_path / cells.leiden.run_id)
    changed = cells_of(tmp_path / cells.leiden.run_id)
    review.set_aside(changed.run_id, "pbmc", range(10), label="neuron", root=tmp_path)
    found = compare_runs(cells.leiden, changed)
    assert found.n_compared == compare_runs(cells.leiden, cells.leiden).n_compared
    assert found.adjusted_rand == 1.0, "the clusters are what they were"
    assert sum(p.n for p in found.changed() if p.other.label == "neuron" and p.other.edited) == 10


def test_cells_and_a_marker_table_are_not_compared(lists, cells):
    found = compare_runs(side(lists, "one"), cells.leiden)
    assert found.basis == "none" and "marker table" in found.refusal


def test_the_table_opens_in_a_spreadsheet_without_running_anything(lists, tmp_path):
    shutil.copytree(lists.root / lists.one, tmp_path / lists.one)
    review.apply_edit(lists.one, "lists", ("1",), "rename", label="=cmd()", root=tmp_path)
    found = compare_runs(Side(run_id=lists.one, dataset="lists", root=tmp_path), side(lists, "two"))
    table = pd.read_csv(BytesIO(run_comparison.comparison_csv(found)), dtype=str)
    row = table.set_index("cluster_1").loc["1"]
    assert row["label_1"] == "'=cmd()" and row["edited_1"] == "True" and row["label_before_edit_1"]
    assert set(table["run_1"]) == {lists.one} and set(table["run_2"]) == {lists.two}


def test_the_command_line_compares_two_runs_or_says_why_it_cannot(lists, tmp_path, command_line):
    written = tmp_path / "changed.csv"
    done = command_line("compare", lists.root / lists.one, lists.root / lists.two, "--csv", written)
    assert done.returncode == 0, done.stderr
    assert "3 clusters compared" in done.stdout and "Tissue: blood -> lung" in done.stdout
    assert len(pd.read_csv(written)) == len(LISTS)
    refused = command_line("compare", lists.root / lists.one, lists.root / lists.other)
    assert refused.returncode == 1 and "different marker tables" in refused.stdout


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("T cell", "t cell", "same"),
        ("T cell", "CD4-positive, alpha-beta T cell", "near"),
        ("B cell", "hepatocyte", "different"),
        ("T cell", "Unknown", "one_named"),
        ("", "Unknown", "none_named"),
        ("my own word", "My Own Word", "same"),
        ("my own word", "T cell", "not_judged"),
    ],
)
def test_labels_agree_as_far_as_the_ontology_says(one, other, agreement):
    assert agreement_of(one, other) == agreement == agreement_of(other, one)


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=2, max_size=60))
def test_the_adjusted_rand_index_is_that_of_scikit_learn(pairs):
    one, other = np.array(pairs).T
    inside = (one >= 0) & (other >= 0)
    found = adjusted_rand(cross_table(one, other, 5, 5))
    if inside.sum() < 2:
        assert found is None
    else:
        assert found == pytest.approx(adjusted_rand_score(one[inside], other[inside]))


class Names:
    """The names of the cells of a view."""

    def __init__(self, *names: str) -> None:
        self.names, self.n_cells = names, len(names)

    def cell_ids(self) -> tuple[str, ...]:
        return self.names

    def names_digest(self) -> str:
        return "\n".join(self.names)


def test_cells_are_found_by_name_in_any_order_and_a_name_that_repeats_is_left_out():
    one, other = shared_cells(Names("a", "b", "c", "x", "x"), Names("c", "x", "b", "d"))
    assert (one.tolist(), other.tolist()) == ([1, 2], [2, 0])
    same = Names("a", "a")
    assert shared_cells(same, same)[0].tolist() == [0, 1], (
        "the same names in the same order are the same cells"
    )


def test_cells_of_a_file_that_the_other_run_wrote_are_joined_by_name(cells, tmp_path, command_line):
    wrote = cells.leiden.root / cells.leiden.run_id / "blood" / "pbmc" / "pbmc_annotated.h5ad"
    done = command_line(
        "cluster", wrote, "--tissue", "blood", "--species", "human", "--output-dir", tmp_path, "--quiet"
    )
    assert done.returncode == 0, done.stderr
    again = Side(run_id=next(tmp_path.glob("run_*")).name, dataset="pbmc_annotated", root=tmp_path)
    assert run_comparison._same_file(*map(run_comparison._read, (cells.leiden, again)))
    assert not run_comparison._same_file(*map(run_comparison._read, (cells.named, again)))
