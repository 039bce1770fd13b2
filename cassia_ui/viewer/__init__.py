"""The component that draws maps: our own JavaScript, run by Streamlit in the page; nothing of it comes from a
network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

_HERE = Path(__file__).parent
_PARTS = (
    "cells.js",
    "painter.js",
    "labels.js",
    "parts.js",
    "coordinates.js",
    "link.js",
    "stage.js",
    "card.js",
    "gestures.js",
    "panel.js",
    "viewer.js",
)

mount = st.components.v2.component(
    "cassia_map",
    css=(_HERE / "viewer.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _PARTS),
)
"""Mounted once per page with the cells, once with what all panels share (here a choice of cells or of a
cluster comes back),
and once per panel with its colours: cells are sent once, and a new colour sends colours only."""


def pack(head: dict[str, Any], *arrays: np.ndarray) -> bytes:
    """One message to the page: length of the head (uint32), head (JSON), arrays one after the other,
    little-endian.

    Only bytes at the top level of `data` stay bytes on their way to the page.
    """
    listed = [{"type": str(a.dtype), "length": int(a.size)} for a in arrays]
    text = json.dumps(head | {"arrays": listed}, allow_nan=False).encode()
    return b"".join(
        [
            np.uint32(len(text)).astype("<u4").tobytes(),
            text,
            *(np.ascontiguousarray(a).tobytes() for a in arrays),
        ]
    )
