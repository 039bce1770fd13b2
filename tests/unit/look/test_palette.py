"""Colours of the types that one run can show are told apart, in both themes and by colour-blind eyes."""

from __future__ import annotations

from collections import defaultdict

import pytest

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.look.apart import least_distance
from cassia_core.look.palette import GREY, palette_for

EVERYWHERE = ("T cell", "B cell", "macrophage", "endothelial cell", "fibroblast")
LEAST = {10: 5.6, 20: 3.3}
"""Of so many types, any two differ by at least this (OKLab times 100, the least of four kinds of eyes)."""


def types_by_tissue() -> dict[str, list[str]]:
    """The types of every tissue, and those that are found in most."""
    found: dict[str, list[str]] = defaultdict(lambda: list(EVERYWHERE))
    for entry in load_knowledge().types:
        for tissue in entry.tissues if family_of(entry.name) != "Unknown, mixed" else ():
            found[tissue].append(entry.name)
    return {tissue: list(dict.fromkeys(names)) for tissue, names in found.items()}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("n", LEAST)
def test_types_of_any_tissue_differ_for_all_eyes(theme, n):
    too_near = {}
    for tissue, names in types_by_tissue().items():
        colours = palette_for(names[:n], theme, {name: family_of(name) for name in names})
        distance = least_distance([*colours.values(), GREY[theme]])
        if distance < LEAST[n]:
            too_near[tissue] = round(distance, 2)
    assert not too_near


def test_the_same_types_have_the_same_colours_in_any_order_and_unknown_is_grey():
    names = ["T cell", "B cell", "Unknown"]
    families = {name: family_of(name) for name in names}
    assert palette_for(names, "dark", families) == palette_for(names[::-1], "dark", families)
    assert palette_for(names, "dark", families)["Unknown"] == GREY["dark"]


def test_a_type_that_stands_alone_in_its_run_keeps_the_colour_of_its_family():
    assert palette_for(["T cell"], "light", {"T cell": "T"}) == {"T cell": "#3890DB"}
