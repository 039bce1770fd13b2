"""The page a figure is printed on: format, size in millimetres, and fonts that have the signs of its text."""

from __future__ import annotations

import io
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cassia_core.domain.config import check
from cassia_core.look.palette import INTERFACE
from cassia_core.report.tables.single_line import one_line, shortened

FigureFormat = Literal["png", "svg", "pdf"]
MM_PER_INCH, POINTS_PER_MM = 25.4, 72 / 25.4
MOST_PIXELS = 120_000_000
MM_PER_POINT = 8
INK = INTERFACE["light"]["text"]
MUTED = INTERFACE["light"]["muted"]
_WIDE_SCRIPTS = (
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans",
    "Malgun Gothic",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Segoe UI",
    "Arial Unicode MS",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Segoe UI Symbol",
    "Apple Symbols",
    "Noto Emoji",
    "Symbola",
)
_SANS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
_NOTHING_LEFT = "\N{REPLACEMENT CHARACTER}"
_DRAWING = threading.Lock()
"""matplotlib keeps fonts and file settings for the whole process: one figure at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a figure is drawn on. `height_mm` None: as high as the content needs; `dpi` is for pictures and
    points.
    """

    fmt: FigureFormat = "png"
    width_mm: float = 170.0
    height_mm: float | None = None
    font_pt: float = 7.0
    dpi: int = 300

    def __post_init__(self) -> None:
        check(self.fmt in ("png", "svg", "pdf"), "fmt", self.fmt, "png, svg or pdf")
        check(30 <= self.width_mm <= 1000, "width_mm", self.width_mm, "a width from 30 to 1000 mm")
        check(
            self.height_mm is None or 20 <= self.height_mm <= 1500,
            "height_mm",
            self.height_mm,
            "a height from 20 to 1500 mm",
        )
        check(4 <= self.font_pt <= 30, "font_pt", self.font_pt, "a font size from 4 to 30 points")
        check(
            self.width_mm >= MM_PER_POINT * self.font_pt,
            "width_mm",
            self.width_mm,
            f"at least {MM_PER_POINT} mm for each point of the font, so that there is room beside the words",
        )
        check(50 <= self.dpi <= 1200, "dpi", self.dpi, "50 to 1200 dots per inch")

    @property
    def line_mm(self) -> float:
        """Height of one line of text with its space."""
        return 1.7 * self.font_pt / POINTS_PER_MM

    def text_mm(self, texts: list[str]) -> float:
        """About the width of the longest of `texts`, from a mean letter of 0.55 em."""
        return 0.55 * self.font_pt * max(map(len, texts), default=0) / POINTS_PER_MM

    def words(self, text: object, most: int = 60, share: float = 1.0) -> str:
        """`text` fit to be drawn here, not longer than `most` letters or about `share` of the width.

        Where text becomes glyphs (PNG, PDF), signs that no font of this machine has are left out, so that no
        empty
        box stands for them; see `signs_left_out`. An SVG keeps every sign.
        """
        line = one_line(text)
        if self.fmt != "svg" and (missing := signs_left_out([line])):
            line = " ".join("".join(c for c in line if c not in missing).split()) or _NOTHING_LEFT
        room = int(share * self.width_mm * POINTS_PER_MM / (0.55 * self.font_pt))
        return shortened(line, max(4, min(most, room)))


def printed(page: Page, height_mm: float, draw: Callable[[Figure], None]) -> bytes:
    """Draw a figure with `draw` and return the file.

    Parameters
    ----------
    height_mm
        Height when the page asks for none.

    Raises
    ------
    ConfigError
        When the picture would have more than `MOST_PIXELS` pixels.
    """
    size = page.width_mm / MM_PER_INCH, (page.height_mm or min(1500.0, max(20.0, height_mm))) / MM_PER_INCH
    check(
        size[0] * size[1] * page.dpi**2 <= MOST_PIXELS,
        "dpi",
        page.dpi,
        f"a figure of at most {MOST_PIXELS:,} pixels; take fewer dots per inch or a smaller figure",
    )
    buffer = io.BytesIO()
    with _DRAWING, warnings.catch_warnings(), matplotlib.rc_context(_settings(page.font_pt)):
        if page.fmt == "svg":  # its text is drawn with the reader's fonts
            warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=size, dpi=page.dpi, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[page.fmt]
        figure.savefig(buffer, format=page.fmt, metadata=undated)
    return buffer.getvalue()


def signs_left_out(texts: Iterable[str]) -> str:
    """The signs in `texts` that no font of this machine can draw, each once."""
    signs = dict.fromkeys(c for text in texts for c in one_line(text))
    return "".join(
        c
        for c in signs
        if ord(c) not in _drawable()
        and unicodedata.category(c) not in ("Cf", "Zs")
        and not "\ufe00" <= c <= "\ufe0f"
    )


@cache
def _families() -> tuple[str, ...]:
    there = set(font_manager.get_font_names())
    return ("sans-serif", "DejaVu Sans", *(name for name in _WIDE_SCRIPTS if name in there))


@cache
def _drawable() -> frozenset[int]:
    """Code points that one of the fonts in use has a glyph for."""
    there = set(font_manager.get_font_names())
    first = next(name for name in _SANS if name in there)  # matplotlib brings DejaVu Sans along
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in (first, *_families()[1:])]
    return frozenset(code for font in fonts for code in font.get_charmap())


def _settings(font_pt: float) -> dict[Any, Any]:
    """Fonts stay text that a drawing program can edit, and a dollar sign is no formula."""
    return {
        "font.family": list(_families()),
        "font.sans-serif": list(_SANS),
        "font.size": font_pt,
        "axes.labelsize": font_pt,
        "xtick.labelsize": font_pt,
        "ytick.labelsize": font_pt,
        "legend.fontsize": font_pt,
        "axes.titlesize": font_pt,
        "figure.titlesize": font_pt,
        "svg.fonttype": "none",
        "svg.hashsalt": "cassia",
        "pdf.fonttype": 42,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "text.color": INK,
        "axes.linewidth": 0.5,
        "xtick.major.width": 0.5,
        "ytick.major.width": 0.5,
        "xtick.major.size": 2.0,
        "ytick.major.size": 2.0,
        "legend.frameon": False,
        "legend.handletextpad": 0.4,
        "figure.facecolor": "white",
        "figure.constrained_layout.w_pad": 0.02,
        "figure.constrained_layout.h_pad": 0.02,
    }
