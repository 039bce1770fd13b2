from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from cassia_core.data.cells.matrix_state import classify
from tests.corpus.material import counts, logged, scaled


@pytest.mark.parametrize("wrap", [np.asarray, sp.csr_matrix, sp.csc_matrix, sp.csr_array])
def test_the_state_does_not_depend_on_how_a_matrix_is_stored(wrap):
    assert classify(wrap(counts())).state == "counts"
    found = classify(wrap(logged()))
    assert (found.state, found.log_base, found.target_sum) == ("log_normalised", "e", 1e4)


@pytest.mark.parametrize(("base", "name"), [(np.e, "e"), (2, "2"), (10, "10")])
@pytest.mark.parametrize("target", [1e3, 1e4, 1e6, 2500.0])
def test_base_and_target_of_a_logarithm_are_found(base, name, target):
    found = classify(logged(target, base))
    assert (found.state, found.log_base) == ("log_normalised", name)
    assert found.target_sum == pytest.approx(target, rel=0.02)


@pytest.mark.parametrize(("base", "name"), [(np.e, "e"), (2, "2")])
def test_a_logarithm_is_known_from_a_part_of_its_genes(base, name):
    found = classify(logged(1e4, base)[:, ::5])
    assert (found.state, found.log_base, found.target_sum) == ("log_normalised", name, None)


def test_numbers_below_zero_are_scaled():
    assert classify(scaled()).state == "scaled"


def test_normalised_without_logarithm_is_said():
    raw = counts()
    found = classify(raw / raw.sum(axis=1, keepdims=True) * 1e4)
    assert (found.state, found.target_sum) == ("counts_like", 1e4)
    assert "without logarithm" in found.remark


def test_corrected_counts_are_like_counts():
    raw = counts() * 10
    noise = np.random.default_rng(0).uniform(0, 0.9, raw.shape)
    assert classify(np.where(raw > 0, raw - noise, 0)).state == "counts_like"


def test_counts_that_went_through_float_arithmetic_are_counts():
    assert classify(counts() * 3.0 / 3.0 + 1e-6 * (counts() > 0)).state == "counts"


@pytest.mark.parametrize(
    ("matrix", "state"),
    [
        (np.zeros((20, 30)), "empty"),
        (np.full((20, 30), np.nan), "empty"),
        (np.random.default_rng(0).uniform(0, 1, (50, 60)), "unknown"),
        (np.eye(40), "counts"),
    ],
)
def test_edges(matrix, state):
    assert classify(matrix).state == state


def test_a_note_in_the_file_decides_what_values_leave_open():
    odd = np.random.default_rng(0).gamma(2, 0.6, (60, 80))
    assert classify(odd, noted_base="2").log_base == "2"


def test_a_logarithm_taken_twice_is_seen_and_not_taken_for_one():
    once = logged()
    state = classify(np.log1p(once), "e")
    assert state.state == "unknown" and "taken twice" in state.remark
    assert classify(once, "e").state == "log_normalised"
