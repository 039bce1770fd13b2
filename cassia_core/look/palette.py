"""Every colour of the project, so that pages, figures and reports agree.

Of cell types the hue is the lineage family, the lightness the place inside it; from there colours that a run
shows together are spread until they can be told apart. Rule and figures: docs/LOOK.md (OKLCH; half-widths by
number of types; kept inside sRGB by lowering the chroma).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Literal

from cassia_core.domain.annotation import Light
from cassia_core.look.apart import spread_apart

Theme = Literal["light", "dark"]
UNKNOWN_FAMILY = "Unknown, mixed"
_FAMILIES: dict[str, tuple[float, float, float, float]] = {
    "T": (248, 13, 0.14, 0.636),
    "NK, ILC": (211, 10, 0.10, 0.69),
    "B, plasma": (139, 12, 0.125, 0.69),
    "Myeloid": (50, 11, 0.145, 0.60),
    "Granulocyte, mast": (94, 9, 0.13, 0.69),
    "Platelet, erythroid": (5, 10, 0.15, 0.69),
    "Endothelial": (21, 7, 0.17, 0.47),
    "Stromal, muscle": (63, 13, 0.055, 0.52),
    "Epithelial": (301, 13, 0.145, 0.506),
    "Neural, glia": (112, 10, 0.105, 0.43),
    "Stem, progenitor": (292, 10, 0.045, 0.585),
}
"""Family to hue, spread of hue, chroma, centre of lightness."""
GREY: dict[Theme, str] = {"light": "#8A979D", "dark": "#7F8D94"}
"""Cells and types without a family."""
QUIET_GREY: dict[Theme, str] = {"light": "#BFC9CD", "dark": "#3C4A51"}
"""Cells that stand back on a map: those without a value, or not meant."""
EXPRESSION: dict[Theme, tuple[str, ...]] = {
    "light": ("#DDE4E7", "#E3C3D6", "#D292BC", "#B65C9E", "#8A2F7C", "#561258"),
    "dark": ("#2C383E", "#593062", "#8D3C87", "#C25BA6", "#E88FC0", "#FFD0E3"),
}
"""From "not seen" to high; lightness is monotonic."""
LIGHTS: dict[Theme, dict[Light, str]] = {
    "light": {"high": "#1D9D86", "medium": "#C2720D", "look": "#910523"},
    "dark": {"high": "#5DCFB7", "medium": "#FBB152", "look": "#DE5A6C"},
}
WHEEL = (
    "#0A7FBE",
    "#C2611E",
    "#639E51",
    "#815AB8",
    "#C13B44",
    "#2B9CAE",
    "#A68A06",
    "#BA4E75",
    "#737724",
    "#896B50",
    "#60A1F1",
    "#E59243",
    "#79CA8D",
    "#B77DD3",
    "#EA6B5E",
    "#6AC2DE",
    "#C3B753",
    "#FF8E98",
    "#8EA25B",
    "#AB9475",
)
"""Colours of clusters and of words that are no cell types; taken from the families' palettes."""
TRANSPARENT = "rgba(0,0,0,0)"
EDGE_OF_BARS = "rgba(255,255,255,.6)"
INTERFACE: dict[Theme, dict[str, str]] = {
    "light": {
        "text": "#16262D",
        "muted": "#51646C",
        "line": "#D9E2E5",
        "soft": "#F1F5F6",
        "ground": "#FFFFFF",
        "card": "#FFFFFF",
        "shade": "rgba(16,48,58,.16)",
        "accent": "#0B6273",
        "on_accent": "#FFFFFF",
        "other": "#A3B3B9",
        "chip": "#DFF3EE",
        "chip_text": "#0B5F50",
        "ask": "#FDF3E1",
        "ask_line": "#EBCB94",
        "error": "#FDF1F4",
        "error_line": "#E5A9B8",
        "red": "#FBE8EC",
        "red_text": "#8C0F2B",
        "orange": "#FDF0D9",
        "orange_text": "#854A00",
        "violet": "#F2EBFA",
        "violet_text": "#633C96",
    },
    "dark": {
        "text": "#E4ECEF",
        "muted": "#A9BAC1",
        "line": "#2D3B41",
        "soft": "#1A252A",
        "ground": "#11191D",
        "card": "#1A252A",
        "shade": "rgba(0,0,0,.5)",
        "accent": "#63C2D1",
        "on_accent": "#06232A",
        "other": "#7F8D94",
        "chip": "#12352F",
        "chip_text": "#7FDCC8",
        "ask": "#241E13",
        "ask_line": "#6B4E1C",
        "error": "#27181D",
        "error_line": "#7A3347",
        "red": "#44202B",
        "red_text": "#F7A3B7",
        "orange": "#3A2B12",
        "orange_text": "#F2BE6E",
        "violet": "#32264A",
        "violet_text": "#CDB3F0",
    },
}
"""Text, lines and grounds of pages and reports, by what they are for; `.streamlit/config.toml` repeats
some.
"""
_BOUNDS: dict[Theme, tuple[float, float]] = {"light": (0.42, 0.77), "dark": (0.53, 0.86)}
_DARK_LIFT = 0.11
_ENOUGH: dict[Theme, float] = {"light": 13.0, "dark": 11.0}
"""Distance beyond which colours need not be further apart. Tried from 9 to 13: with more in the dark theme,
where colours have less room, crowded runs get worse."""
_STEP, _TURNS = 0.035, (-24, -16, -8, 0, 8, 16, 24)
"""Of the choices of a family: steps of lightness, and turns of the hue (degrees)."""
_CROWDED, _FURTHER = 6, (-64, -56, -48, -40, -32, 32, 40, 48, 56, 64)
"""From so many types in a run on, turns of the hue that a family has besides."""
_CHROMAS, _CHROMAS_OF_DULL, _DULL = (1.0, 0.6), (2.0, 1.0, 0.5), 0.08
"""Of the choices: parts of the chroma; a family of less chroma than `_DULL` has too little to give away."""


def wheel(n: int) -> tuple[str, ...]:
    """`n` colours that are easy to tell apart; after twenty they come again."""
    return tuple(WHEEL[i % len(WHEEL)] for i in range(n))


def css_variables(theme: Theme, prefix: str = "") -> str:
    """The colours of the interface as declarations of CSS, such as `--cw-chip-text:#0B5F50;`."""
    return "".join(f"--{prefix}{name.replace('_', '-')}:{value};" for name, value in INTERFACE[theme].items())


def palette_for(labels: Sequence[str], theme: Theme, families: Mapping[str, str]) -> dict[str, str]:
    """A colour (`#rrggbb`) for every label.

    Parameters
    ----------
    labels
        Labels in the order in which they rank inside their family; repeated ones count once.
    families
        Label to family; labels without one, or of the family "Unknown, mixed", are grey.
    """
    members: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        members.setdefault(families.get(label, UNKNOWN_FAMILY), []).append(label)
    sizes = tuple(sorted((family, len(group)) for family, group in members.items() if family in _FAMILIES))
    in_order = [label for family, _ in sizes for label in sorted(members[family])]
    grey = {label: GREY[theme] for group in members.values() for label in group}
    return grey | dict(zip(in_order, _apart(sizes, theme), strict=True))


@lru_cache(maxsize=256)
def _apart(sizes: tuple[tuple[str, int], ...], theme: Theme) -> tuple[str, ...]:
    """Colours of families of these sizes, spread until no two are hard to tell apart."""
    places = [(family, rank, n) for family, n in sizes for rank in range(n)]
    return spread_apart(
        [colour_in_family(*place, theme) for place in places],
        [_choices(family, theme, n >= _CROWDED) for family, _, n in places],
        [GREY[theme]],
        lambda at: (-places[at][2], at),
        _ENOUGH[theme],
    )


@cache
def _choices(family: str, theme: Theme, crowded: bool) -> tuple[str, ...]:
    """Every colour that a type of the family may have: around its hue, in all lightnesses of the theme.

    A family that fills its run goes further round its hue: nothing else needs these colours there.
    """
    hue, _, chroma, _ = _FAMILIES[family]
    low, high = _BOUNDS[theme]
    steps = range(round((high - low) / _STEP) + 1)
    colours = [
        _in_srgb(low + _STEP * step, part * chroma, hue + turn)
        for step in steps
        for turn in ((*_FURTHER, *_TURNS) if crowded else _TURNS)
        for part in (_CHROMAS_OF_DULL if chroma < _DULL else _CHROMAS)
    ]
    return tuple(dict.fromkeys(colours))


def colour_in_family(family: str, rank: int, n: int, theme: Theme) -> str:
    """Colour of the type at `rank` (from 0) of `n` in a family."""
    if family not in _FAMILIES:
        return GREY[theme]
    hue, spread, chroma, centre = _FAMILIES[family]
    t = 0.0 if n == 1 else 2 * rank / (n - 1) - 1
    half = {1: 0.0, 2: 0.07}.get(n, 0.13)
    low, high = _BOUNDS[theme]
    lightness = min(high, max(low, centre + (_DARK_LIFT if theme == "dark" else 0.0) + half * t))
    return _in_srgb(lightness, chroma * (1 - 0.06 * abs(t)), hue + spread * t)


def _in_srgb(lightness: float, chroma: float, hue: float) -> str:
    while chroma > 0:
        rgb = _oklch_to_rgb(lightness, chroma, hue)
        if all(-1e-4 <= c <= 1 + 1e-4 for c in rgb):
            break
        chroma -= 0.002
    else:
        rgb = _oklch_to_rgb(lightness, 0.0, hue)
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, c)))):02X}" for c in rgb)


def _oklch_to_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear sRGB of an OKLCH colour. Source: Ottosson 2020, "A perceptual color space for image
    processing".
    """
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
