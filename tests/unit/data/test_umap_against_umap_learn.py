"""Our map of the neighbour graph against umap-learn's: the same curve, the same length, the same quality."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.manifold import trustworthiness
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

from cassia_core.data.kernels import umap

N_CELLS, N_GROUPS = 400, 5


@pytest.fixture(scope="module")
def groups() -> tuple[np.ndarray, sparse.csr_matrix]:
    """Five groups of cells in ten dimensions, and umap-learn's own fuzzy graph of them."""
    rng = np.random.default_rng(3)
    centres = rng.normal(scale=4.0, size=(N_GROUPS, 10))
    components = centres[np.arange(N_CELLS) % N_GROUPS] + rng.normal(size=(N_CELLS, 10))
    graph, _, _ = fuzzy_simplicial_set(components, 15, np.random.RandomState(0), "euclidean")
    return components.astype(np.float32), graph.tocsr()


@pytest.fixture(scope="module")
def theirs(groups) -> np.ndarray:
    components, graph = groups
    embedding, _ = simplicial_set_embedding(
        components,
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=umap.CURVE_A,
        b=umap.CURVE_B,
        gamma=1.0,
        negative_sample_rate=umap.NEGATIVE_SAMPLES,
        n_epochs=umap.EPOCHS_SMALL,
        init=components[:, :2].copy(),
        random_state=np.random.RandomState(0),
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,
        verbose=False,
    )
    return embedding


def ours(groups, seed: int = 0, n_epochs: int = umap.EPOCHS_SMALL) -> np.ndarray:
    components, graph = groups
    return umap.layout(graph, components, seed, n_epochs, np.zeros(2, dtype=np.int64))


def test_the_curve_is_the_one_that_scanpy_asks_umap_learn_for():
    assert find_ab_params(1.0, 0.5) == pytest.approx((umap.CURVE_A, umap.CURVE_B), rel=1e-4)


def test_neighbours_are_kept_as_well_as_umap_learn_keeps_them(groups, theirs):
    components, _ = groups
    mine = trustworthiness(components, ours(groups), n_neighbors=15)
    assert mine >= trustworthiness(components, theirs, n_neighbors=15) - 0.01


def test_distances_inside_and_between_groups_have_umap_learn_s_scale(groups, theirs):
    for measure in (spread_inside, distance_between):
        assert measure(ours(groups)) == pytest.approx(measure(theirs), rel=0.25)


def test_edges_too_weak_to_be_drawn_once_change_nothing(groups):
    components, graph = groups
    weak = graph.copy()
    weak.data = np.where(weak.data < weak.data.max() / umap.EPOCHS_SMALL, 0.0, weak.data)
    weak.eliminate_zeros()
    assert np.array_equal(ours(groups), ours((components, weak)))


def test_a_map_is_the_same_again_and_another_with_another_seed(groups):
    assert np.array_equal(ours(groups, 1), ours(groups, 1))
    assert not np.array_equal(ours(groups, 1), ours(groups, 2))


def test_a_graph_without_edges_keeps_the_start_inside_its_box(groups):
    components, _ = groups
    empty = sparse.csr_matrix((N_CELLS, N_CELLS))
    placed = ours((components, empty))
    assert placed.min() == 0.0 and placed.max() == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("n_cells", "epochs"), [(umap.SMALL, umap.EPOCHS_SMALL), (umap.SMALL + 1, umap.EPOCHS_LARGE)]
)
def test_the_number_of_epochs_is_umap_learn_s(n_cells, epochs):
    job = umap.UmapJob(sparse.csr_matrix((n_cells, n_cells)), np.zeros((n_cells, 2)))
    assert job._n_epochs == epochs


def test_a_map_stops_within_an_epoch_and_tells_how_far_it_is(groups):
    components, graph = groups
    status = np.array([0, 1], dtype=np.int64)
    start = ours((components, sparse.csr_matrix(graph.shape)))
    stopped = umap.layout(graph, components, 0, 500, status)
    assert status[0] == 0 and np.array_equal(stopped, start)
    job = umap.UmapJob(graph, components).start()
    assert job.wait(60) and job.fraction == 1.0


def centres_of(embedding: np.ndarray) -> np.ndarray:
    group = np.arange(N_CELLS) % N_GROUPS
    return np.array([embedding[group == g].mean(axis=0) for g in range(N_GROUPS)])


def spread_inside(embedding: np.ndarray) -> float:
    """Mean distance of a cell from the centre of its group."""
    return float(
        np.linalg.norm(embedding - centres_of(embedding)[np.arange(N_CELLS) % N_GROUPS], axis=1).mean()
    )


def distance_between(embedding: np.ndarray) -> float:
    """Mean distance of two groups' centres."""
    centres = centres_of(embedding)
    return float(np.linalg.norm(centres[:, None] - centres[None], axis=2).sum() / (N_GROUPS * (N_GROUPS - 1)))
