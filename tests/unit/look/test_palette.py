"""Colours of the types that one run can show are told apart, in both themes and by colour-blind eyes."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.look.apart import least_distance
from cassia_core.look.palette import GREY, palette_for

EVERYWHERE = ("T cell", "B cell", "macrophage", "endothelial cell", "fibroblast")
LEAST_OF_ANY = {10: 4.9, 20: 3.2}
"""The same for types drawn by chance, which may be ten of one family."""
BLOOD = (
    "CD4-positive, alpha-beta T cell",
    "CD8-positive, alpha-beta T cell",
    "natural killer cell",
    "B cell",
    "classical monocyte",
    "non-classical monocyte",
    "dendritic cell",
    "plasmacytoid dendritic cell",
    "megakaryocyte",
)
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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whatever_types_of_a_tissue_one_run_shows_any_two_differ(theme):
    chance, by_tissue = random.Random(0), types_by_tissue()
    for _ in range(60):
        tissue, n = chance.choice(sorted(by_tissue)), chance.choice((3, 6, 10, 15, 20))
        names = chance.sample(by_tissue[tissue], min(n, len(by_tissue[tissue])))
        colours = palette_for(names, theme, {name: family_of(name) for name in names})
        least = LEAST_OF_ANY[10 if len(names) <= 10 else 20]
        assert least_distance([*colours.values(), GREY[theme]]) >= least, (tissue, names)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dendritic_cells_and_monocytes_of_blood_are_not_two_alike_browns(theme):
    colours = palette_for(BLOOD, theme, {name: family_of(name) for name in BLOOD})
    assert least_distance([colours["classical monocyte"], colours["dendritic cell"]]) >= 10


def test_the_same_types_have_the_same_colours_in_any_order_and_unknown_is_grey():
    names = ["T cell", "B cell", "Unknown"]
    families = {name: family_of(name) for name in names}
    assert palette_for(names, "dark", families) == palette_for(names[::-1], "dark", families)
    assert palette_for(names, "dark", families)["Unknown"] == GREY["dark"]


def test_a_type_that_stands_alone_in_its_run_keeps_the_colour_of_its_family():
    assert palette_for(["T cell"], "light", {"T cell": "T"}) == {"T cell": "#3890DB"}
