"""The small pictures of the three doors: the demo's own map, labelled, unlabelled and half labelled."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cassia_core.look.palette import QUIET_GREY, Theme
from cassia_core.services.runs.results import label_colours
from cassia_ui.frame.style import tokens

_ISLANDS = (
    ("T cell", 78, 40, 40, 17, 130),
    ("naive T cell", 92, 66, 30, 10, 70),
    ("natural killer cell", 150, 88, 18, 8, 45),
    ("B cell", 66, 118, 28, 11, 80),
    ("monocyte", 242, 42, 28, 18, 110),
    ("dendritic cell", 246, 78, 12, 9, 34),
    ("platelet", 262, 116, 8, 5, 18),
)
"""Label, centre x, centre y, spread x, spread y, points: a drawing, not data."""
_NAMES = (
    ("T cells", 84, 12),
    ("Monocytes", 246, 12),
    ("NK cells", 190, 92),
    ("B cells", 116, 132),
    ("Platelets", 262, 134),
)


@st.cache_data(show_spinner=False)
def door_map(kind: str, theme: Theme) -> str:
    """An SVG drawing of a map. `kind`: "labelled", "unknown" or "half"."""
    rng = np.random.default_rng(4)
    colours = label_colours([i[0] for i in _ISLANDS], theme)
    parts = []
    for at, (label, x, y, dx, dy, n) in enumerate(_ISLANDS):
        points = rng.normal((x, y), (dx / 1.7, dy / 1.7), (n, 2))
        known = kind == "labelled" or (kind == "half" and at in (0, 3, 4))
        colour = colours[label] if known else QUIET_GREY[theme]
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="1.5"/>' for px, py in points]
        parts[-n] = f'<g fill="{colour}">' + parts[-n]
        parts[-1] += "</g>"
    known_names = {
        "labelled": {n for n, *_ in _NAMES},
        "half": {"T cells", "Monocytes", "B cells"},
        "unknown": set(),
    }
    text = "".join(
        f'<text x="{x}" y="{y}" text-anchor="middle">{name if name in known_names[kind] else "?"}</text>'
        for name, x, y in _NAMES
    )
    ink = tokens(theme)["text"]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 310 146" width="310" '
        f'height="146">{"".join(parts)}'
        '<g font-family="Source Sans 3, Source Sans Pro, Arial, sans-serif" font-size="11.5" '
        'font-weight="600" '
        f'fill="{ink}">{text}</g></svg>'
    )
