"""Two-dimensional map of the neighbour graph, in a thread of its own that can be watched and stopped."""

from __future__ import annotations

import threading

import numpy as np
from numba import njit
from scipy import sparse

CURVE_A, CURVE_B = 0.5830300205483709, 1.334166992455648
"""Source: umap.umap_.find_ab_params(spread=1.0, min_dist=0.5), the distances that scanpy.tl.umap uses."""
NEGATIVE_SAMPLES = 5
SMALL, EPOCHS_SMALL, EPOCHS_LARGE = 10_000, 500, 200
"""Source: umap-learn 0.5, `simplicial_set_embedding`."""


class UmapJob:
    """A map that is being computed beside other work.

    The layout runs without the GIL, reads `stop` and writes its epoch after each of them, so a page sees how
    far
    it is and a cancel takes effect within one epoch.
    """

    def __init__(self, connectivities: sparse.csr_matrix, components: np.ndarray, seed: int = 0) -> None:
        self._status = np.zeros(2, dtype=np.int64)
        self._n_epochs = EPOCHS_SMALL if components.shape[0] <= SMALL else EPOCHS_LARGE
        self._error: Exception | None = None
        self._embedding: np.ndarray | None = None
        self._thread = threading.Thread(
            target=self._work, args=(connectivities, components, seed), daemon=True, name="umap"
        )

    def start(self) -> UmapJob:
        self._thread.start()
        return self

    @property
    def fraction(self) -> float:
        return float(self._status[0]) / self._n_epochs

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`; True when the map is finished."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Stop the layout and wait until its thread has ended."""
        self._status[1] = 1
        self._thread.join()

    def embedding(self) -> np.ndarray:
        """Coordinates, shape (n_cells, 2), float32; call after `wait` returned True."""
        if self._error is not None:
            raise self._error
        assert self._embedding is not None, "asked before `wait` returned True"
        return self._embedding

    def _work(self, connectivities: sparse.csr_matrix, components: np.ndarray, seed: int) -> None:
        try:
            self._embedding = layout(connectivities, components, seed, self._n_epochs, self._status)
        except Exception as error:  # noqa: BLE001  # handed to the thread that asks for the embedding
            self._error = error


def layout(
    connectivities: sparse.csr_matrix, components: np.ndarray, seed: int, n_epochs: int, status: np.ndarray
) -> np.ndarray:
    """UMAP of a fuzzy graph, begun at the first two components; deterministic for a seed.

    Source: McInnes, Healy & Melville 2018 (arXiv 1802.03426), section 3.2, with umap-learn's sampling of
    edges.

    Parameters
    ----------
    status
        Two whole numbers shared with the caller: epochs done (written), and 1 to stop (read).
    """
    rng = np.random.default_rng(seed)
    graph = connectivities.tocoo()
    # An edge weaker than this would be drawn less than once in all epochs: umap-learn leaves it out, and so
    # do we, or maps would differ.
    keep = graph.data >= graph.data.max(initial=0.0) / n_epochs
    head, tail, weight = graph.row[keep], graph.col[keep], graph.data[keep]
    embedding = _start(components, rng)
    if not weight.size:
        return embedding
    # Epochs between two draws of an edge: the strongest is drawn in every epoch.
    every = (weight.max() / weight).astype(np.float32)
    # A state of its own for every cell keeps the map the same for a seed; 0 would stay 0 for ever.
    states = rng.integers(1, 2**63 - 1, size=embedding.shape[0], dtype=np.int64).view(np.uint64)
    _optimise(
        embedding,
        head.astype(np.int32),
        tail.astype(np.int32),
        every,
        states,
        np.float32(CURVE_A),
        np.float32(CURVE_B),
        n_epochs,
        status,
    )
    return embedding


def _start(components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    first = components[:, :2] if components.shape[1] > 1 else np.column_stack([components[:, 0]] * 2)
    span = np.abs(first).max() or 1.0
    # The noise parts cells at the same place, between which there is no direction to move; the scale of 10 is
    # that of umap-learn, for which its step sizes are made.
    noisy = first * (10.0 / span) + rng.normal(scale=1e-4, size=first.shape)
    low, high = noisy.min(axis=0), noisy.max(axis=0)
    return np.ascontiguousarray(
        10.0 * (noisy - low) / np.where(high > low, high - low, 1.0), dtype=np.float32
    )


@njit(cache=True, nogil=True, fastmath=True)
def _optimise(embedding, head, tail, every, states, a, b, n_epochs, status):
    n_cells, n_edges = embedding.shape[0], head.shape[0]
    four, tiny, one, two = np.float32(4.0), np.float32(0.001), np.float32(1.0), np.float32(2.0)
    next_edge = every.copy()
    every_negative = every / np.float32(NEGATIVE_SAMPLES)
    next_negative = every_negative.copy()
    for epoch in range(n_epochs):
        if status[1] != 0:
            return
        # Steps become shorter to nothing at the end, so the map comes to rest.
        alpha = one - np.float32(epoch) / np.float32(n_epochs)
        for i in range(n_edges):
            if next_edge[i] > epoch:
                continue
            j, k = head[i], tail[i]
            x, y = embedding[j, 0], embedding[j, 1]
            dx, dy = x - embedding[k, 0], y - embedding[k, 1]
            square = dx * dx + dy * dy
            if square > 0:
                power = square**b
                # The gradient of the attraction, cut at 4 in each direction: one far edge must not throw a
                # cell across the map.
                pull = -two * a * b * power / (square * (a * power + one))
                gx = min(max(pull * dx, -four), four) * alpha
                gy = min(max(pull * dy, -four), four) * alpha
                x += gx
                y += gy
                embedding[k, 0] -= gx
                embedding[k, 1] -= gy
            next_edge[i] += every[i]
            # Negative samples owed since this edge was last drawn: five for each draw, whatever the pace of
            # the edge.
            n_negative = int((epoch - next_negative[i]) / every_negative[i])
            state = states[j]
            for _ in range(n_negative):
                # xorshift64 (Marsaglia 2003): numba's own generator is one per thread and would not repeat.
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                k = int((state >> np.uint64(33)) % np.uint64(n_cells))
                dx, dy = x - embedding[k, 0], y - embedding[k, 1]
                square = dx * dx + dy * dy
                # A cell that drew itself is not pushed: what is stored of it is its place before this move.
                if square > 0 and k != j:
                    # `tiny` keeps the push finite between cells that nearly touch.
                    push = two * b / ((tiny + square) * (a * square**b + one))
                    x += min(max(push * dx, -four), four) * alpha
                    y += min(max(push * dy, -four), four) * alpha
            states[j] = state
            next_negative[i] += n_negative * every_negative[i]
            embedding[j, 0], embedding[j, 1] = x, y
        status[0] = epoch + 1
