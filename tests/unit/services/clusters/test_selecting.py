"""Chosen cells are counted, compared with all others and written down."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from cassia_core.data.view import view_store
from cassia_core.services.clusters import selecting
from cassia_core.services.clusters.selecting import CellLabels
from cassia_core.services.labels import review
from cassia_core.services.runs import results


@pytest.fixture
def view(own_run):
    run_id, root = own_run
    record = results.load_record(results.find_run(run_id, root))
    return results.load_results(run_id, record.config.datasets[0].name, root).view


@pytest.fixture
def labels(view):
    column = view.column(view.cluster_key)
    return CellLabels(codes=column.codes % 2, names=("=cmd()", "T cell"))


def test_genes_of_a_cluster_against_the_rest_have_the_shares_and_means_of_their_values(view):
    column = view.column(view.cluster_key)
    inside = column.codes == 0
    found = selecting.genes_against_rest(view, np.flatnonzero(inside), 5)
    assert len(found) == 5
    for gene in found:
        values = view.gene(gene.gene)
        assert gene.here == pytest.approx((values[inside] > 0).mean())
        assert gene.elsewhere == pytest.approx((values[~inside] > 0).mean())
        assert gene.difference == pytest.approx(values[inside].mean() - values[~inside].mean(), abs=1e-4)
    differences = [g.here - g.elsewhere for g in found]
    assert differences == sorted(differences, reverse=True) and min(differences) > 0


def test_with_every_cell_chosen_there_is_no_rest_to_compare_with(view):
    assert selecting.genes_against_rest(view, np.arange(view.n_cells), 5) == ()


def test_parts_by_label_add_up_and_name_their_clusters(view, labels):
    cells = np.arange(0, view.n_cells, 3)
    parts = selecting.parts_by_label(view, cells, labels)
    assert sum(p.n for p in parts) == len(cells)
    assert sum(p.here for p in parts) == pytest.approx(1)
    assert [p.n for p in parts] == sorted((p.n for p in parts), reverse=True)
    for part in parts:
        assert sum(n for _, n in part.clusters) == part.n
        at = labels.names.index(part.name)
        assert part.n == (labels.codes[cells] == at).sum()
        assert part.elsewhere == pytest.approx(np.delete(labels.codes == at, cells).mean())


def test_cells_without_a_label_or_a_word_are_counted_as_such(view, labels):
    codes = labels.codes.copy()
    codes[:10] = -1
    parts = selecting.parts_by_label(view, np.arange(10), CellLabels(codes=codes, names=labels.names))
    assert [(p.name, p.n) for p in parts] == [(selecting.NO_LABEL, 10)]


def test_the_table_of_chosen_cells_names_them_and_is_no_formula(view, labels):
    cells = np.array([0, 5, 7])
    rows = list(csv.reader(io.StringIO(selecting.csv_of_cells(view, cells, labels).decode())))
    assert rows[0] == ["cell", "cluster", "label", "cell_type_short"]
    column, names = view.column(view.cluster_key), view.cell_ids()
    for row, cell in zip(rows[1:], cells, strict=True):
        assert row[0] == names[cell] and row[1] == column.categories[column.codes[cell]]
        assert row[2] == ("'=cmd()" if labels.codes[cell] == 0 else "T cell")
        assert row[3] == row[2]


def test_columns_to_split_by_are_words_and_not_the_clusters(view):
    assert view.cluster_key not in selecting.columns_to_split_by(view)
    for name in selecting.columns_to_split_by(view):
        parts = selecting.parts_by_column(view, np.arange(50), name)
        assert sum(p.n for p in parts) == 50


def test_labels_of_cells_follow_corrections(own_run, view):
    run_id, root = own_run
    dataset = results.load_record(results.find_run(run_id, root)).config.datasets[0].name
    cluster = view.column(view.cluster_key).categories[0]
    review.apply_edit(run_id, dataset, (cluster,), "rename", label="my own type", root=root)
    codes, names = review.cell_labels(run_id, dataset, root)
    cells = np.flatnonzero(view.column(view.cluster_key).codes == 0)
    parts = selecting.parts_by_label(view, cells, CellLabels(codes=codes, names=names))
    assert [p.name for p in parts] == ["my own type"]


def test_genes_are_compared_the_same_however_few_values_are_read_at_a_time(view, monkeypatch):
    cells = np.arange(0, view.n_cells, 4)
    whole = view.genes_of_cells(cells, 20)
    monkeypatch.setattr(view_store, "_VALUES_AT_ONCE", 300)
    assert view.genes_of_cells(cells, 20) == whole
