"""Figures of unusual data: one cluster, silent genes, long or foreign names, very many clusters or cells."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cassia_core.report.figures import figures
from cassia_core.report.figures.densities import spread_of
from cassia_core.report.figures.figure_page import Page, signs_left_out
from cassia_core.report.tables.single_line import shortened

LONG = "hematopoietic multipotent progenitor cell of the adult bone marrow, " * 2
FOREIGN = {"a": "خلية تائية", "b": "T细胞 🧬", "c": "תא B (3)", "d": "🧬", "e": LONG, "f": "$x^2$ <b>&"}


def expression(
    names: dict[str, str], genes: tuple[str, ...] = ("CD3D", "ZERO")
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    mean = pd.DataFrame(rng.random((len(names), len(genes))), index=list(names), columns=genes)
    mean["ZERO"] = 0.0
    return mean, (mean > 0.5).astype(float)


def draw(kind: str, names: dict[str, str], page: Page) -> bytes:
    mean, share = expression(names)
    groups, colours = tuple(names), dict.fromkeys(names, "#0A7FBE")
    counts = pd.DataFrame(
        np.eye(len(names), dtype=int), index=list(names.values()), columns=list(names.values())
    )
    spread = spread_of("ZERO", groups, [np.zeros(3, dtype=np.float32)] * len(names))
    if kind == "dots":
        return figures.dot_plot(mean, share, names, page)
    if kind == "heat":
        return figures.heat_map(mean, names, page, scaled=False)
    if kind == "violins":
        return figures.violins([spread], names, colours, page)
    if kind == "composition":
        return figures.composition_bars(
            100 * counts, dict.fromkeys(names.values(), "#0A7FBE"), page, by="sample", unit="%"
        )
    if kind == "confusion":
        return figures.confusion_matrix(counts, page, rows="labels")
    xy = np.random.default_rng(0).normal(size=(30 * len(names), 2))
    return figures.map_of_categories(
        xy, np.arange(len(xy)) % len(names), list(names.values()), ["#0A7FBE"] * len(names), page
    )


KINDS = ("map", "dots", "heat", "violins", "composition", "confusion")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fmt", ["png", "pdf"])
def test_names_in_any_script_are_drawn_without_a_missing_glyph(kind, fmt):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Gg]lyph.*")
        assert len(draw(kind, FOREIGN, Page(fmt=fmt, width_mm=170, dpi=60))) > 1000


@pytest.mark.parametrize("kind", KINDS)
def test_an_svg_keeps_every_sign_as_text(kind):
    content = draw(kind, FOREIGN, Page(fmt="svg", width_mm=170, dpi=60))
    text = " ".join("".join(e.itertext()) for e in ET.fromstring(content).iter() if e.tag.endswith("text"))
    assert "🧬" in text and "خلية" in text and "<b>" in text


def test_signs_that_no_font_has_are_named():
    assert signs_left_out(["T cell", "αβ T cell, CD4⁺"]) == ""
    lost = signs_left_out(["naïve \U000f0000 cell"])
    assert lost == "\U000f0000"


@pytest.mark.parametrize("kind", KINDS)
def test_one_cluster_is_a_figure(kind):
    assert draw(kind, {"0": "B cell (0)"}, Page(fmt="png", dpi=60)).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_clusters_are_a_figure(kind):
    names = {str(i): f"a type with a name of its own ({i})" for i in range(200)}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*collapsed to zero.*")
        assert draw(kind, names, Page(fmt="pdf", dpi=60)).startswith(b"%PDF")


@pytest.mark.parametrize("kind", KINDS)
def test_the_narrowest_page_with_the_longest_names_is_a_figure_with_room_for_its_axes(kind):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*collapsed to zero.*")
        assert draw(
            kind, {"0": LONG, "1": LONG[::-1]}, Page(fmt="png", width_mm=72, font_pt=9, dpi=60)
        ).startswith(b"\x89PNG")


@pytest.mark.parametrize("fmt", ["pdf", "svg"])
def test_the_points_of_a_large_map_are_a_picture_inside_the_file(fmt):
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(200_000, 2)).astype(np.float32)
    content = figures.map_of_categories(
        xy, rng.integers(0, 5, len(xy)), list("abcde"), ["#0A7FBE"] * 5, Page(fmt=fmt, width_mm=85, dpi=150)
    )
    assert len(content) < 2_000_000, "as single points it would be tens of megabytes"
    assert (b"/Image" if fmt == "pdf" else b"<image") in content


def test_the_middle_of_a_long_name_goes_not_its_end():
    assert shortened("central memory CD4-positive T cell (12)", 20) == "central memor…l (12)"
    assert shortened("B cell", 20) == "B cell"
