"""A page with nothing but the map, for the tests of the map and its benchmark.

Query parameters: `n` cells and `panels`. The first panel shows types or a gene, the second the gene, further
ones types.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cassia_ui.map.colouring import Colouring
from cassia_ui.map.umap import ClustersOfCells, clear_chosen, draw_panel, open_map

HOSTILE = "<img src=x onerror='window.hit=1'>"
NAMES = ("T cell", "B cell", "natural killer cell", "monocyte", "dendritic cell", HOSTILE)
FULL = tuple(f"{name}, in full" for name in NAMES)
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


n_cells, n_panels = int(st.query_params.get("n", "3000")), int(st.query_params.get("panels", "1"))
xy, codes, values = cells(n_cells)
TYPES = Colouring(title="Cell type", categories=NAMES, in_full=FULL, colours=COLOURS, codes=codes)
GENE = Colouring(title="CD79A", values=values, gene=True, in_card=True)
by = st.segmented_control("Colour by", ["Type", "Gene"], default="Type", required=True)
cell_map = open_map(
    xy, ClustersOfCells(codes=codes, ids=tuple("012345"), names=NAMES, labels=FULL), key="map"
)
for number, place in enumerate(st.columns(n_panels), start=1):
    with place:
        gene = by == "Gene" if number == 1 else number == 2
        draw_panel(cell_map, GENE if gene else TYPES, panel=number, boxed="T cell")
choice = cell_map.choice
if choice.cluster:
    st.text(f"clicked cluster {choice.cluster}")
inside = codes[choice.cells]
st.text(f"{len(inside)} cells of clusters {sorted(set(inside.tolist()))}")
st.button("Clear from the page", on_click=clear_chosen, args=(choice.key,))
