"""Quality per cluster: what is measured, what is flagged, and that nothing is flagged without cause."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cassia_core.data.view.view_store import View, ViewWriter, open_view
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
