"""A draw of cells that keeps what is rare, and neighbours that join all others to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

from cassia_core.data.cells.cell_findings import estimate_memory
from cassia_core.data.large.joining import join_cells
from cassia_core.data.large.leverage import GroupShares, draw_cells, leverage_of, misfit_of
from cassia_core.data.large.memory_plan import plan_memory
from cassia_core.data.large.nearest_of import nearest_of
from cassia_core.data.large.store_writer import GeneStoreWriter
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings


def test_cells_that_their_group_does_not_explain_stand_out(tmp_path: Path):
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(800, 0.5))
    other = shares.copy()
    other[rng.choice(800, 40, replace=False)] *= 6
    rare = np.arange(3_000) % 500 == 0
    rates = np.where(rare[:, None], other / other.sum(), shares)
    counts = sparse.csr_matrix(rng.poisson(2_000 * rates).astype(np.float32))
    writer = GeneStoreWriter(tmp_path / "store", 800, is_counts=True)
    totals = np.asarray(counts.sum(axis=1)).ravel()
    writer.add(counts)
    writer.finish(totals / 1e4)
    groups = GroupShares(shares=shares[None], groups=np.zeros(3_000, dtype=np.int64))
    misfit = misfit_of(GeneStore(tmp_path / "store"), groups, totals)
    assert (misfit[rare] > 0).all()
    assert (misfit[~rare] > 0).mean() < 0.02
    drawn = draw_cells(np.ones(3_000), misfit, groups.groups, 300)
    assert set(np.flatnonzero(rare)) <= set(drawn), "all of the rare are in the sketch"


def test_a_draw_has_the_cells_asked_for_and_none_twice():
    leverage = np.random.default_rng(0).gamma(0.3, size=5_000)
    one = np.zeros(5_000, dtype=np.int64)
    drawn = draw_cells(leverage, np.zeros(5_000), one, 700, seed=3)
    assert drawn.size == np.unique(drawn).size == 700
    assert (np.diff(drawn) > 0).all()
    assert leverage[drawn].mean() > 1.2 * leverage.mean()
    assert draw_cells(leverage, np.zeros(5_000), one, 9_000).size == 5_000


def test_all_of_a_small_group_are_drawn():
    groups = np.repeat([0, 1, 2], [4_900, 80, 20])
    drawn = draw_cells(np.ones(5_000), np.zeros(5_000), groups, 1_000)
    assert (groups[drawn] == 1).sum() >= 60 and (groups[drawn] == 2).sum() == 20


def test_a_component_of_few_cells_gives_them_leverage():
    rng = np.random.default_rng(0)
    components = rng.normal(size=(2_000, 5)).astype(np.float32)
    components[:10, 4] += 30
    leverage = leverage_of(components)
    assert abs(leverage.mean() - 1) < 1e-6
    assert leverage[:10].min() > 5 * leverage[10:].mean()


def test_neighbours_in_a_sketch_are_the_nearest():
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(4_000, 12)), rng.normal(size=(300, 12))
    indices, distances = nearest_of(points, queries, 5)
    squares = ((queries[:, None] - points[None]) ** 2).sum(axis=2)
    true = np.argsort(squares, axis=1)[:, :5]
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(indices, true, strict=True)])
    # Without any structure is the hardest case there is for lists; cells have clusters.
    assert shared > 0.7
    assert (np.diff(distances, axis=1) >= 0).all()


def test_joined_cells_say_how_far_their_neighbours_agree():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    components = np.repeat(centres, 500, axis=0) + rng.normal(scale=0.5, size=(1_000, 2))
    components[700] = [5.0, 0.0]
    sketch = np.setdiff1d(np.arange(0, 1_000, 5), [700])
    codes = (sketch >= 500).astype(np.int64)
    joined = join_cells(components.astype(np.float32), sketch, codes, centres[codes])
    sure = np.setdiff1d(np.arange(1_000), [700])
    np.testing.assert_array_equal(joined.codes[sure], sure >= 500)
    assert joined.agreement[700] < 0.9 and np.isnan(joined.agreement[sketch]).all()
    assert np.nanmin(np.delete(joined.agreement, [700])) > 0.9999
    np.testing.assert_array_equal(joined.places[10], centres[0])


def findings_of(n_cells: int, per_cell: int) -> Findings:
    memory = estimate_memory(n_cells, n_cells * per_cell)
    return Findings(kind="cells", format="h5ad", n_cells=n_cells, memory_bytes=memory)


def test_memory_decides_and_both_figures_are_told():
    million = findings_of(1_000_000, 3_000)
    plan = plan_memory(million, ReadOptions(), int(6e9), in_blocks=True)
    assert plan.way == "sketch" and plan.fits
    assert plan.exact_bytes > 30e9 and plan.sketch_bytes <= 6e9
    assert "34." in plan.in_words() and "6.0 GB may be used" in plan.in_words()
    small = plan_memory(findings_of(5_000, 3_000), ReadOptions(), int(6e9), in_blocks=True)
    assert small.way == "exact" and small.fits and small.disk_bytes == 0


def test_further_counts_cost_less_than_a_byte_each():
    sizes = [findings_of(n, 3_000) for n in (300_000, 1_000_000)]
    plans = [plan_memory(f, ReadOptions(cells="sketch"), int(1e12), in_blocks=True) for f in sizes]
    assert (plans[1].sketch_bytes - plans[0].sketch_bytes) / (700_000 * 3_000) < 1


def test_what_cannot_be_read_in_blocks_is_held_in_memory():
    plan = plan_memory(findings_of(1_000_000, 3_000), ReadOptions(), int(6e9), in_blocks=False)
    assert plan.way == "exact" and not plan.fits
    assert "cannot be read in blocks" in plan.in_words()
