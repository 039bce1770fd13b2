"""The map of the cells: what the page sends to the viewer, and what comes back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cassia_core.look.palette import EXPRESSION, QUIET_GREY
from cassia_core.look.wording import NO_LABEL
from cassia_ui import viewer
from cassia_ui.frame import session
from cassia_ui.frame.style import tokens
from cassia_ui.map.colouring import Colouring

FULL = 65535
"""Coordinates are sent as whole numbers up to this."""
LEVELS = 255
"""Values are sent in this many steps; 0 means no value."""
CLIP = 0.99
"""Values above this quantile share the last colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersOfCells:
    """The cluster of every cell. `codes`: shape (n_cells,), -1 for none, into `ids`; `names`: the everyday
    name of each cluster's label; `labels`: the same in full.
    """

    codes: np.ndarray
    ids: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapChoice:
    """What a person did on the map.

    `cluster`: the cluster just clicked on, else ""; `none`: whether the ground beside all cells was.
    `cells`: positions in `xy` of the cells drawn around, sorted.
    `key`: the map's, for `clear_chosen`.
    """

    cluster: str
    none: bool
    cells: np.ndarray
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMap:
    """Cells that are in the page, for `draw_panel`. `placed`: positions of those that have a place; None: all
    have.
    """

    key: str
    cells: str
    n: int
    placed: np.ndarray | None
    axes: str
    choice: MapChoice

    def of_placed(self, values: np.ndarray) -> np.ndarray:
        """The part of `values`, shape (n_cells,), that belongs to cells with a place."""
        return values if self.placed is None else values[self.placed]


def open_map(
    xy: np.ndarray,
    clusters: ClustersOfCells,
    *,
    key: str,
    axes: str = "UMAP 1 → UMAP 2 ↑",
    chosen_cluster: str = "",
) -> CellMap:
    """Send the cells to the page, once for all its panels, and read what a person chose on them.

    Parameters
    ----------
    xy
        Coordinates, shape (n_cells, 2); cells without a place have NaN and are left out.
    clusters
        What the hover card says and a click returns.
    key
        Keeps the chosen cells between runs; the same for all maps of one dataset.
    axes
        Words beside the origin.
    chosen_cluster
        Cells of other clusters stand back; "" for none.
    """
    # Streamlit refuses names with two underscores in a row
    key = f"map_{_digest(key.encode(errors='backslashreplace'))}"
    # Cells that were left out of the map of a file have no place; they are counted, not drawn in a corner.
    finite = np.isfinite(xy).all(axis=1)
    placed = None if finite.all() else np.flatnonzero(finite)
    # Sent once and named by a digest of their content: all panels, and later runs of the page, say that name
    # only, so a million cells cross the wire once.
    cells = _cells(
        xy if placed is None else xy[placed],
        clusters.codes if placed is None else clusters.codes[placed],
        len(clusters.ids),
    )
    n = len(xy) if placed is None else len(placed)
    chosen = _lassoed(key, cells.id, n)
    viewer.mount(key=f"{key}_cells", data=cells.message)
    link = {
        "kind": "link",
        "cells": cells.id,
        "chosen": len(chosen),
        "focus": [code for code, name in enumerate(clusters.ids, 1) if name == chosen_cluster],
        "clusters": list(clusters.ids),
        "labels": [name or NO_LABEL for name in clusters.names],
        "in_full": list(clusters.labels),
    }
    said = viewer.mount(
        key=_link(key), data=viewer.pack(link), on_lasso_change=_nothing, on_click_change=_nothing
    )
    choice = MapChoice(
        cluster=_clicked(said.click, cells.id, clusters.ids),
        none=bool(said.click) and said.click["cells"] == cells.id and said.click["cluster"] < 0,
        key=key,
        cells=chosen if placed is None else placed[chosen],
    )
    return CellMap(key=key, cells=cells.id, n=n, placed=placed, axes=axes, choice=choice)


def draw_panel(
    cell_map: CellMap, colouring: Colouring, *, panel: int = 1, height: int = 430, boxed: str = ""
) -> None:
    """Draw the cells in one colouring; all panels of a map share view, chosen cells and the cell pointed at.

    Parameters
    ----------
    colouring
        Categories or values, shape (n_cells,).
    panel
        Number of the panel; keeps its isolated categories between runs.
    boxed
        Category whose label is boxed.
    """
    if colouring.codes is not None:
        colours, entries = _categories(colouring, colouring.codes, cell_map)
    else:
        assert colouring.values is not None, "a colouring has categories or values"
        colours, entries = _values(colouring, colouring.values, cell_map)
    # The same colouring is not drawn again: the page knows it by its digest.
    colours["id"] = _digest(repr(colours).encode(), entries.tobytes())
    look = {
        "panel": panel,
        "height": height,
        "axes": cell_map.axes,
        "muted": tokens(session.theme())["muted"],
        "cells": cell_map.cells,
        "boxed": boxed,
        "alt": f"Map of {cell_map.n:,} cells, coloured by {colouring.title}",
    }
    viewer.mount(key=f"{cell_map.key}_panel_{panel}", data=viewer.pack(look | colours, entries))


def clear_chosen(key: str) -> None:
    """Choose no cells any more on the map with this key, from the next run of the page on."""
    said = (session.value(_link(key)) or {}).get("lasso")
    session.remember(_cleared(key), said["at"] if said else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    id: str
    message: bytes


def _cells(xy: np.ndarray, codes: np.ndarray, n_clusters: int) -> _Cells:
    """Coordinates on one scale for both axes (uint16) and the cluster of every cell (0 for none, else code +
    1).
    """
    low = xy.min(axis=0) if len(xy) else np.zeros(2)
    extent = xy.max(axis=0) - low if len(xy) else np.ones(2)
    span = float(extent.max()) or 1.0
    # 65,536 steps are more than a screen has pixels, at a quarter of the bytes of two floats.
    steps = np.round((xy - low) * np.float32(FULL / span)).astype("<u2")
    cluster = (codes + 1).astype(_whole_type(n_clusters))
    name = _digest(steps.tobytes(), cluster.tobytes())
    head = {
        "kind": "cells",
        "id": name,
        "width": float(extent[0]) / span or 1e-3,
        "height": float(extent[1]) / span or 1e-3,
    }
    return _Cells(id=name, message=viewer.pack(head, steps, cluster))


def _categories(
    colouring: Colouring, codes: np.ndarray, cell_map: CellMap
) -> tuple[dict[str, Any], np.ndarray]:
    head = {
        "kind": "categories",
        "title": colouring.title,
        "categories": list(colouring.categories),
        "in_full": list(colouring.in_full or colouring.categories),
        "colours": list(colouring.colours),
        "grey": QUIET_GREY[session.theme()],
        "labelled": colouring.labelled,
        "in_card": colouring.in_card,
        "of_clusters": colouring.of_clusters,
        "gene": False,
    }
    return head, (cell_map.of_placed(codes) + 1).astype(_whole_type(len(colouring.categories)))


def _values(
    colouring: Colouring, of_cells: np.ndarray, cell_map: CellMap
) -> tuple[dict[str, Any], np.ndarray]:
    values = cell_map.of_placed(of_cells)
    known = np.isfinite(values)
    low, top, most = _range(values[known])
    steps = np.zeros(len(values), dtype=np.uint8)
    share = np.clip((values[known] - low) / (top - low), 0, 1)
    steps[known] = 1 + np.round(share * (LEVELS - 1)).astype(np.uint8)
    head = {
        "kind": "values",
        "title": colouring.title,
        "categories": [],
        "scale": list(EXPRESSION[session.theme()]),
        "low": low,
        "top": top,
        "clipped": most > top,
        "grey": QUIET_GREY[session.theme()],
        "labelled": False,
        "in_card": True,
        "gene": colouring.gene,
        "above": int((values[known] > 0).sum()) if low == 0 else None,
    }
    return head, steps


def _range(known: np.ndarray) -> tuple[float, float, float]:
    """Lowest value (0 when there is none below), value of the last colour, and highest value."""
    if not len(known):
        return 0.0, 1.0, 1.0
    low, most = min(0.0, float(known.min())), float(known.max())
    top = float(np.quantile(known, CLIP))
    if top <= low:
        top = most if most > low else low + 1.0
    return low, top, most


def _lassoed(key: str, cells_id: str, n: int) -> np.ndarray:
    """Places of the cells drawn around, of these very cells; empty when none are."""
    said = (session.value(_link(key)) or {}).get("lasso")
    if not said or said["cells"] != cells_id or said["at"] == session.value(_cleared(key)):
        return np.zeros(0, dtype=np.int64)
    bits = np.frombuffer(base64.b64decode(said["bits"]), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(bits, count=n, bitorder="little"))


def _clicked(said: dict[str, Any] | None, cells_id: str, ids: Sequence[str]) -> str:
    if not said or said["cells"] != cells_id or said["cluster"] < 0:
        return ""
    return ids[said["cluster"]]


def _link(key: str) -> str:
    return f"{key}_link"


def _cleared(key: str) -> str:
    return f"{key}_cleared"


def _whole_type(n: int) -> np.dtype:
    return np.dtype(np.uint8 if n < 255 else "<u2")


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _nothing() -> None:
    """A name needs a callback to come back from the page; the values are read where they are returned."""
