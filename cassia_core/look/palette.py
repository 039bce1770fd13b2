"""Colours of cell types: the hue is the lineage family, the lightness the place inside it.

Rule and figures: docs/LOOK.md (OKLCH; half-widths by number of types; kept inside sRGB by lowering the
chroma).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

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
EXPRESSION: dict[Theme, tuple[str, ...]] = {
    "light": ("#DDE4E7", "#E3C3D6", "#D292BC", "#B65C9E", "#8A2F7C", "#561258"),
    "dark": ("#2C383E", "#593062", "#8D3C87", "#C25BA6", "#E88FC0", "#FFD0E3"),
}
"""From "not seen" to high; lightness is monotonic."""
LIGHTS: dict[Theme, dict[str, str]] = {
    "light": {"high": "#1D9D86", "medium": "#C2720D", "look": "#910523"},
    "dark": {"high": "#5DCFB7", "medium": "#FBB152", "look": "#DE5A6C"},
}
_BOUNDS: dict[Theme, tuple[float, float]] = {"light": (0.42, 0.77), "dark": (0.53, 0.86)}
_DARK_LIFT = 0.11


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
    colours = {}
    for family, group in members.items():
        for rank, label in enumerate(sorted(group)):
            colours[label] = colour_in_family(family, rank, len(group), theme)
    return colours


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
