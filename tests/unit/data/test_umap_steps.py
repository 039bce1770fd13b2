"""Step by step, our map moves cells as umap-learn does for the same random numbers; and where it begins."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from umap import layouts

from cassia_core.data.kernels import umap

N_CELLS, N_EDGES, N_EPOCHS = 12, 30, 9
MASK = (1 << 64) - 1


def xorshift(state: np.ndarray) -> int:
    """Marsaglia's xorshift64 with the shifts 13, 7 and 17; the upper bits are the number."""
    x = int(state[0])
    x ^= (x << 13) & MASK
    x ^= x >> 7
    x ^= (x << 17) & MASK
    state[0] = x
    return x >> 33


def theirs(start, head, tail, every, states, n_epochs, monkeypatch) -> np.ndarray:
    """umap-learn's own epochs, which draw the random numbers of our generator."""
    monkeypatch.setattr(layouts, "tau_rand_int", xorshift)
    monkeypatch.setattr(layouts, "rdist", layouts.rdist.py_func)
    place, states = start.astype(np.float64), states.copy().reshape(-1, 1)
    next_edge, every = every.astype(np.float64), every.astype(np.float64)
    every_negative = every / 5
    next_negative = every_negative.copy()
    unused = [np.zeros(1)] * 2 + [0.0] * 3 + [0.0] + [np.zeros(1)] * 2 + [0.0]
    for epoch in range(n_epochs):
        layouts._optimize_layout_euclidean_single_epoch(
            *(place, place, head, tail, N_CELLS, every, umap.CURVE_A, umap.CURVE_B, states, 1.0, 2, True),
            *(1.0 - epoch / n_epochs, every_negative, next_negative, next_edge, epoch, False, *unused),
        )
    return place


@pytest.fixture
def drawn() -> SimpleNamespace:
    """Cells near each other, two at one place, and edges of several strengths, one between those two."""
    rng = np.random.default_rng(5)
    start = rng.uniform(0, 1.5, size=(N_CELLS, 2)).astype(np.float32)
    start[1], start[3] = start[0], start[2] + np.float32(0.02)
    head = rng.integers(0, N_CELLS, N_EDGES).astype(np.int32)
    tail = ((head + rng.integers(1, N_CELLS, N_EDGES)) % N_CELLS).astype(np.int32)
    head[0], tail[0], head[1], tail[1] = 0, 1, 2, 3
    every = rng.choice([1.0, 1.6, 2.7], N_EDGES).astype(np.float32)
    states = rng.integers(1, 2**63 - 1, size=N_CELLS, dtype=np.int64).view(np.uint64)
    return SimpleNamespace(start=start, head=head, tail=tail, every=every, states=states)


@pytest.mark.parametrize("n_epochs", [2, 3, N_EPOCHS])
def test_every_move_is_umap_learn_s_for_the_same_random_numbers(drawn, n_epochs, monkeypatch):
    expected = theirs(drawn.start, drawn.head, drawn.tail, drawn.every, drawn.states, n_epochs, monkeypatch)
    # In double precision, as rounding grows from move to move.
    place, status = drawn.start.astype(np.float64), np.zeros(2, dtype=np.int64)
    every, states = drawn.every.astype(np.float64), drawn.states.copy()
    with np.errstate(over="ignore"):
        umap._optimise.py_func(
            *(place, drawn.head, drawn.tail, every, states, umap.CURVE_A, umap.CURVE_B, n_epochs, status)
        )
    assert np.abs(expected - drawn.start).max() > 0.1, "cells move"
    np.testing.assert_allclose(place, expected, atol=1e-3)
    assert status[0] == n_epochs


def test_each_cell_has_random_numbers_and_each_edge_a_pace_of_its_own(monkeypatch):
    seen = {}

    def record(embedding, head, tail, every, states, a, b, n_epochs, status):
        seen.update(edges=dict(zip(zip(head, tail, strict=True), every, strict=True)), states=states)

    monkeypatch.setattr(umap, "_optimise", record)
    weights = np.zeros((6, 6))
    weights[0, 1], weights[2, 3], weights[4, 5], weights[5, 0] = 1.0, 0.25, 0.01, 0.0099
    umap.layout(sparse.csr_matrix(weights), np.eye(6), 0, 100, np.zeros(2, dtype=np.int64))
    assert seen["edges"] == pytest.approx({(0, 1): 1.0, (2, 3): 4.0, (4, 5): 100.0}), "weaker: never drawn"
    assert len(set(seen["states"].tolist())) == 6 and seen["states"].dtype == np.uint64
    assert 0 not in seen["states"]


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e5])
def test_a_map_begins_in_a_box_of_ten_whatever_the_scale_of_the_components(scale):
    rng = np.random.default_rng(1)
    components = rng.normal(size=(300, 4)) * scale
    components[150:] = components[:150]
    begun = umap._start(components, np.random.default_rng(0))
    low, high = components[:, :2].min(axis=0), components[:, :2].max(axis=0)
    np.testing.assert_allclose(begun, 10 * (components[:, :2] - low) / (high - low), atol=2e-3)
    assert begun.min() == 0.0 and begun.max() == pytest.approx(10.0)
    apart = (begun[150:] - begun[:150]).std()
    assert 2e-5 < apart < 3e-4, "cells at one place are parted, by a hair"


def test_one_component_is_laid_on_the_diagonal_and_none_on_a_point():
    line = umap._start(np.arange(5.0)[:, None], np.random.default_rng(0))
    np.testing.assert_allclose(line, 2.5 * np.column_stack([np.arange(5)] * 2), atol=1e-2)
    point = umap._start(np.zeros((40, 2)), np.random.default_rng(0))
    assert np.isfinite(point).all() and point.shape == (40, 2)
