"""A page with nothing but the map, for the tests of the map and its benchmark.

Query parameters: `n` cells, `theme` ground data and `by` (type, gene, none).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cassia_ui.colouring import Colouring
from cassia_ui.umap import ClustersOfCells, draw_map

HOSTILE = "<img src=x onerror='window.hit=1'>"
NAMES = ("T cell", "B cell", "natural killer cell", "monocyte", "dendritic cell", HOSTILE)
COLOURS = ("#0A7FBE", "#639E51", "#2B9CAE", "#C2611E", "#D47930", "#815AB8")


@st.cache_resource
def cells(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six islands of equal size in a ring: places, codes and values of a gene."""
    rng = np.random.default_rng(0)
    codes = (np.arange(n) % len(NAMES)).astype(np.int32)
    angle = codes * 2 * np.pi / len(NAMES)
    middle = np.stack([10 * np.cos(angle), 10 * np.sin(angle)], axis=1)
    xy = (middle + rng.normal(0, 1.2, (n, 2))).astype(np.float32)
    values = np.where(codes == 1, rng.gamma(3, 1, n), 0).astype(np.float32)
    return xy, codes, values


n_cells = int(st.query_params.get("n", "3000"))
xy, codes, values = cells(n_cells)
by = st.segmented_control("Colour by", ["Type", "Gene"], default="Type", required=True)
colouring = Colouring(title="Cell type", categories=NAMES, colours=COLOURS, codes=codes) if by == "Type" else \
    Colouring(title="CD79A", values=values, gene=True)
choice = draw_map(xy, colouring, ClustersOfCells(codes=codes, ids=tuple("012345"), labels=NAMES), key="map", boxed="T cell")
if choice.cluster:
    st.text(f"clicked cluster {choice.cluster}")
inside = codes[choice.cells]
st.text(f"{len(inside)} cells of clusters {sorted(set(inside.tolist()))}")
