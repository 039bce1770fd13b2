"""Quality per cluster: what is measured, what is flagged, and that nothing is flagged without cause."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cassia_core.data.view.view_store import Column, View, ViewWriter, open_view
from cassia_core.services.clusters.cluster_quality import cluster_quality

N = 300


def view_of(folder: Path, **columns: object) -> View:
    """Three clusters of 100 cells with these columns of `obs`."""
    obs = pd.DataFrame(
        {"leiden": pd.Categorical(np.repeat(["0", "1", "2"], N // 3)), **columns},
        index=[f"cell{i}" for i in range(N)],
    )
    values = sparse.csr_matrix(np.ones((N, 2), dtype=np.float32))
    writer = ViewWriter(folder / "view")
    writer.write_genes(values, ("A", "B"))
    writer.finish(ad.AnnData(values, obs=obs), "leiden", None)
    return open_view(folder / "view")


def test_a_cluster_with_high_doublet_scores_is_flagged_in_words_with_both_means(tmp_path):
    score = np.repeat([0.08, 0.08, 0.41], N // 3).astype(np.float32)
    rows = cluster_quality(view_of(tmp_path, doublet_score=score, predicted_doublet=score > 0.3))
    assert [bool(r.flags) for r in rows] == [False, False, True]
    assert rows[2].flags[0].startswith("May be doublets: mean score 0.41, others 0.08")
    assert "100% of its cells are above Scrublet's threshold, of the others 0%" in rows[2].flags[0]
    assert rows[0].doublet_share == 0.0 and rows[2].doublet_share == 1.0


@pytest.mark.parametrize(
    ("here", "others", "flagged"),
    [
        (0.25, 0.125, True),
        (0.24, 0.125, False),
        (0.5, 0.26, False),
        (0.17, 0.0625, True),
        (0.16, 0.0625, False),
    ],
)
def test_a_mean_score_counts_from_twice_and_a_tenth_above_the_others_on(tmp_path, here, others, flagged):
    rows = cluster_quality(view_of(tmp_path, doublet_score=np.repeat([here, others, others], N // 3)))
    assert [bool(r.flags) for r in rows] == [flagged, False, False]


@pytest.mark.parametrize(
    ("n_here", "n_others", "flagged"),
    [(25, 0, True), (24, 0, False), (25, 25, True), (25, 26, False), (60, 60, True), (59, 60, False)],
)
def test_a_quarter_of_doublets_counts_where_it_is_twice_the_share_of_the_others(
    tmp_path, n_here, n_others, flagged
):
    called = np.zeros(N, dtype=bool)
    called[:n_here] = True
    called[100 : 100 + n_others] = True
    rows = cluster_quality(view_of(tmp_path, doublet_score=np.full(N, 0.1), predicted_doublet=called))
    assert bool(rows[0].flags) is flagged
    assert (rows[0].doublet_share, rows[1].doublet_share) == (n_here / 100, n_others / 100)


@pytest.mark.parametrize(
    ("here", "others", "flagged"),
    [(10.0, 5.0, True), (9.9, 5.0, False), (7.0, 2.0, True), (6.9, 2.0, False), (16.0, 8.1, False)],
)
def test_mitochondrial_reads_count_from_twice_and_five_points_above_the_others_on(
    tmp_path, here, others, flagged
):
    rows = cluster_quality(view_of(tmp_path, pct_mito=np.repeat([here, others, others], N // 3)))
    assert [bool(r.flags) for r in rows] == [flagged, False, False]


def test_cells_of_no_cluster_are_compared_with_none(tmp_path):
    score = np.repeat([0.3, 0.05, 0.9], N // 3).astype(np.float32)
    view = view_of(tmp_path, doublet_score=score, named=np.arange(N))
    codes = view.column("leiden").codes.copy()
    codes[200:] = -1
    view._clusters = Column(kind="categorical", stored=codes, categories=("0", "1"))
    rows = cluster_quality(view)
    assert rows[0].flags[0].startswith("May be doublets: mean score 0.30, others 0.05")


def test_the_spread_is_told_by_five_quantiles_and_the_mean(tmp_path):
    counts = np.concatenate([np.arange(101), np.full(N - 101, np.nan)])
    spread = cluster_quality(view_of(tmp_path, n_counts=counts))[0].n_counts
    assert (spread.low, spread.quarter, spread.median, spread.three_quarters, spread.high) == pytest.approx(
        tuple(np.quantile(np.arange(100), [0.05, 0.25, 0.5, 0.75, 0.95]))
    )
    assert spread.mean == pytest.approx(49.5)


def test_cells_that_were_not_scored_count_neither_as_doublets_nor_as_single_cells(tmp_path):
    score = np.full(N, 0.1, dtype=np.float32)
    score[:150] = np.nan
    called = np.zeros(N, dtype=bool)
    called[150:175] = True
    rows = cluster_quality(view_of(tmp_path, doublet_score=score, predicted_doublet=called))
    assert rows[0].doublet_share is None and rows[0].doublet_score is None
    assert rows[1].doublet_share == pytest.approx(0.5)
    assert rows[2].doublet_share == 0.0


def test_a_cluster_with_many_mitochondrial_reads_is_flagged_and_one_a_little_above_is_not(tmp_path):
    rows = cluster_quality(view_of(tmp_path, pct_mito=np.repeat([4.0, 6.0, 30.0], N // 3)))
    assert [bool(r.flags) for r in rows] == [False, False, True]
    assert rows[2].flags[0].startswith("Many mitochondrial reads: median 30 %, others 5 %")


def test_what_was_not_measured_is_unknown_and_not_zero(tmp_path):
    rows = cluster_quality(view_of(tmp_path, n_genes=np.arange(N)))
    assert rows[1].n_cells == 100 and rows[1].n_genes.median == pytest.approx(149.5)
    assert (
        rows[1].n_genes.low < rows[1].n_genes.quarter < rows[1].n_genes.three_quarters < rows[1].n_genes.high
    )
    assert (rows[1].n_counts, rows[1].pct_mito, rows[1].doublet_score, rows[1].doublet_share) == (None,) * 4
    assert rows[1].flags == ()
