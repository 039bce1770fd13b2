"""The numbers behind dot plot, heat map and violins, counted by hand and against scanpy's data."""

from __future__ import annotations

import numpy as np
import pytest
from small_view import grouped, write_view

from cassia_core.data.view.view_store import open_view
from cassia_core.services.plots.gene_plots import arranged, expression_by_group, scaled, spread_by_group
from cassia_core.services.plots.plot_numbers import load_subject

LEIDEN = ["0", "0", "1", "1", "1", None]


@pytest.fixture
def view(tmp_path):
    return write_view(
        tmp_path, {"leiden": LEIDEN}, {"A": [1, 3, 0, 0, 0, 9], "B": [0, 0, 2, 0, 4, 9], "ZERO": [0] * 6}
    )


def test_means_and_shares_are_those_of_the_cells_of_each_cluster(view):
    found = expression_by_group(view, grouped(view, {}), ["A", "B", "ZERO"])
    assert found.mean.loc["0"].tolist() == [2.0, 0.0, 0.0]
    assert found.mean.loc["1"].tolist() == [0.0, 2.0, 0.0], "a cell of no cluster counts nowhere"
    assert found.share.loc["0"].tolist() == [1.0, 0.0, 0.0]
    assert found.share.loc["1"].tolist() == pytest.approx([0.0, 2 / 3, 0.0])
    assert found.n_cells.to_dict() == {"0": 2, "1": 3}


def test_cells_set_aside_are_a_row_of_their_own_and_leave_their_cluster(view):
    cells = grouped(view, {"0": "B cell"}, {"0 (set aside 1)": ("0", "Unknown", [1])})
    found = expression_by_group(view, cells, ["A"])
    assert found.mean["A"].to_dict() == {"0": 1.0, "1": 0.0, "0 (set aside 1)": 3.0}


def test_a_group_without_cells_is_left_out(view):
    found = expression_by_group(view, grouped(view, {}, {"all of 0": ("0", "Unknown", [0, 1])}), ["A"])
    assert list(found.mean.index) == ["1", "all of 0"]


def test_scaled_means_are_shares_of_the_highest_and_a_silent_gene_stays_at_zero(view):
    values = scaled(expression_by_group(view, grouped(view, {}), ["A", "B", "ZERO"]).mean)
    assert (
        values["A"].tolist() == [1.0, 0.0]
        and values["B"].tolist() == [0.0, 1.0]
        and values["ZERO"].tolist() == [0.0, 0.0]
    )


def test_arranged_blocks_stand_on_the_diagonal(tmp_path):
    clusters = [str(i) for i in range(6) for _ in range(4)]
    genes = {
        f"G{g}": [5.0 if int(c) == g else 1.0 if abs(int(c) - g) == 3 else 0.0 for c in clusters]
        for g in (4, 1, 5, 0, 3, 2)
    }
    view = write_view(tmp_path, {"leiden": clusters}, genes)
    found = arranged(expression_by_group(view, grouped(view, {}), genes))
    assert found.mean.to_numpy().argmax(axis=0).tolist() == list(range(6))
    order = list(found.mean.index)
    assert all(abs(order.index(str(i)) - order.index(str(i + 3))) == 1 for i in range(3)), (
        "alike side by side"
    )
    assert found.share.index.tolist() == order == found.n_cells.index.tolist()


def test_one_cluster_and_silent_genes_are_arranged_and_spread_without_a_fault(tmp_path):
    view = write_view(tmp_path, {"leiden": ["x"] * 3}, {"ZERO": [0, 0, 0], "SAME": [2, 2, 2]})
    cells = grouped(view, {})
    found = arranged(expression_by_group(view, cells, ["ZERO", "SAME"]))
    zero, same = spread_by_group(view, cells, ["ZERO", "SAME"], tuple(found.mean.index))
    assert (zero.top, zero.quartiles.tolist(), zero.share.tolist()) == (0.0, [[0.0, 0.0, 0.0]], [0.0])
    assert np.isfinite(zero.density).all() and same.density.max() == pytest.approx(1.0)
    assert same.quartiles.tolist() == [[2.0, 2.0, 2.0]]


def test_a_spread_has_the_quartiles_of_all_cells_and_is_widest_where_most_cells_are(tmp_path):
    rng = np.random.default_rng(1)
    values = np.concatenate([np.zeros(300), rng.normal(3, 0.2, 700)]).round(3)
    view = write_view(tmp_path, {"leiden": ["a"] * 1000}, {"G": values.tolist()})
    spread = spread_by_group(view, grouped(view, {}), ["G"], ("a",))[0]
    stored = values.astype(np.float32)
    assert spread.quartiles[0] == pytest.approx(np.percentile(stored, (25, 50, 75)), abs=1e-5)
    assert spread.grid[spread.density[0].argmax()] == pytest.approx(3, abs=0.15)
    assert spread.n_cells.tolist() == [1000] and spread.share[0] == pytest.approx(np.mean(stored > 0))


def test_values_of_the_demo_are_those_of_its_cells(demo_run):
    import anndata as ad

    subject = load_subject(demo_run.name, "pbmc", demo_run.parent)
    cells = ad.read_h5ad(demo_run / "blood" / "pbmc" / "pbmc_annotated.h5ad")
    view = open_view(next(demo_run.glob(".cassia/datasets/*/view")))
    found = expression_by_group(view, subject.cells, ["CD79A"])
    values = view.gene("CD79A")
    for cluster in found.mean.index:
        here = (cells.obs["leiden"].astype(str) == cluster).to_numpy()
        assert found.mean.at[cluster, "CD79A"] == pytest.approx(float(values[here].mean()), rel=1e-5)
        assert found.share.at[cluster, "CD79A"] == pytest.approx(float((values[here] > 0).mean()))
