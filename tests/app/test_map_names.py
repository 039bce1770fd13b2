"""The map stands under any name that a dataset may have."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def draw(name: str) -> None:
    import numpy as np

    from cassia_ui.map.colouring import Colouring
    from cassia_ui.map.umap import ClustersOfCells, draw_panel, open_map

    codes = np.array([0, 1, 1], dtype=np.int32)
    xy = np.array([[0, 0], [1, 0], [1, 1]], dtype=np.float32)
    cells = open_map(
        xy,
        ClustersOfCells(codes=codes, ids=("0", "1"), names=("B cell", "T cell"), labels=("B cell", "T cell")),
        key=name,
    )
    draw_panel(
        cells, Colouring(title="Cluster", categories=("0", "1"), colours=("#000000", "#ffffff"), codes=codes)
    )


@pytest.mark.parametrize(
    "name", ["pbmc", "my__cells", "ends_", "_begins", "T/NK <b>", "\udce4 not text", "x" * 120]
)
def test_a_map_is_drawn_whatever_its_dataset_is_called(name):
    at = AppTest.from_function(draw, kwargs={"name": name}, default_timeout=60).run()
    assert not at.exception, at.exception
