"""Scrublet's scores, sample by sample; too few cells or genes are not scored and are said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from anndata import AnnData
from scipy import sparse

from cassia_core.data.quality.doublets import doublet_scores


def counts(n_cells: int, n_genes: int = 300, seed: int = 0) -> sparse.csr_matrix:
    """Cells of two kinds, every gene seen in some cell."""
    rng = np.random.default_rng(seed)
    mean = np.where(
        (np.arange(n_genes) < n_genes // 2)[None, :] ^ (np.arange(n_cells) % 2 == 0)[:, None], 3.0, 0.4
    )
    drawn = rng.poisson(mean)
    drawn[0] += 1
    return sparse.csr_matrix(drawn.astype(np.float32))


def test_scores_are_scanpy_s_for_the_same_cells():
    matrix = counts(240)
    mine = doublet_scores(matrix, None, seed=3)
    theirs = AnnData(matrix.copy())
    sc.pp.scrublet(theirs, random_state=3, verbose=False)
    np.testing.assert_allclose(mine["doublet_score"], theirs.obs["doublet_score"], rtol=1e-5)
    assert mine["predicted_doublet"].tolist() == theirs.obs["predicted_doublet"].tolist()


def test_without_a_seed_it_is_that_of_scanpy_and_nothing_is_printed(capsys):
    matrix = counts(160)
    pd.testing.assert_frame_equal(doublet_scores(matrix, None), doublet_scores(matrix, None, seed=0))
    assert capsys.readouterr().out == ""


def test_each_sample_is_scored_by_itself_wherever_its_cells_stand():
    one, other = counts(150, seed=1), counts(130, seed=2)
    order = np.random.default_rng(0).permutation(280)
    names = pd.Series(np.where(np.arange(280) < 150, "a", "b")[order])
    mixed = sparse.vstack([one, other]).tocsr()[order]
    together = doublet_scores(mixed, names)["doublet_score"].to_numpy()
    rows = np.flatnonzero(names == "a")
    alone = doublet_scores(mixed[rows], None)["doublet_score"]
    np.testing.assert_allclose(together[rows], alone, rtol=1e-5)


@pytest.mark.parametrize(
    ("n_cells", "n_genes", "scored"), [(100, 300, True), (99, 300, False), (200, 100, True), (200, 99, False)]
)
def test_at_the_border_of_too_few_cells_or_genes(n_cells, n_genes, scored):
    said: list[str] = []
    found = doublet_scores(counts(n_cells, n_genes), None, notice=said.append)
    assert found["doublet_score"].notna().all() == scored
    assert found["predicted_doublet"].any() <= scored
    assert bool(said) != scored
    assert scored or said == ["Doublets were not scored here: at least 100 cells and 100 genes are needed."]


def test_a_sample_that_is_too_small_is_named_and_the_others_are_scored():
    said: list[str] = []
    names = pd.Series(["large"] * 150 + ["small"] * 20)
    found = doublet_scores(counts(170), names, notice=said.append)
    assert found["doublet_score"].notna().tolist() == [True] * 150 + [False] * 20
    assert "small" in said[0] and "large" not in said[0]


def test_a_person_can_stop_between_samples():
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        doublet_scores(counts(120), None, check=stop)
