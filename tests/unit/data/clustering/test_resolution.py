from __future__ import annotations

import numpy as np
import pytest

from cassia_core.data.clustering.resolution import CANDIDATES, mean_agreement, suggest_resolution
from cassia_core.data.kernels.neighbors import neighbor_graph


def graph_of(n_types, spread, n_cells=400):
    rng = np.random.default_rng(0)
    centres = spread * rng.normal(size=(n_types, 10))
    points = centres[np.arange(n_cells) % n_types] + rng.normal(size=(n_cells, 10))
    return neighbor_graph(points.astype(np.float32), 10).connectivities


def test_clear_clusters_are_found_and_the_sentence_has_the_figures():
    found = suggest_resolution(graph_of(5, 8.0))
    best = next(t for t in found.trials if t.resolution == found.resolution)
    assert best.n_clusters >= 5 and best.stability >= 0.9
    assert str(best.n_clusters) in found.reason and f"{best.stability:.2f}" in found.reason
    assert tuple(t.resolution for t in found.trials) == CANDIDATES


def test_cells_without_any_structure_get_the_usual_value_and_this_is_said():
    found = suggest_resolution(graph_of(1, 0.0))
    assert found.resolution == 0.4
    assert "usual value" in found.reason


def test_it_can_be_stopped_between_two_runs():
    def stop(fraction):
        if fraction > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suggest_resolution(graph_of(3, 5.0), on_trial=stop)


def test_agreement_of_equal_groupings_is_one():
    assert mean_agreement([np.array([0, 0, 1]), np.array([1, 1, 0])]) == 1.0
