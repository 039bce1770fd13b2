"""Figures for papers open, and hold no script."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from cassia_core.errors import ConfigError, InputError
from cassia_core.services.figures import figure
from cassia_core.services.plot_numbers import FigureOptions

KINDS = ("map", "dots", "heat", "violins", "composition", "confusion")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fmt", ["png", "svg", "pdf"])
def test_every_figure_opens_in_every_format_with_a_name_that_says_what_it_is(demo_run, kind, fmt):
    options = FigureOptions(width_mm=120, dpi=80, column="bulk_labels", genes=("CD79A", "CD3D", "NKG7"))
    name, content = figure(demo_run.name, "pbmc", kind, fmt, options, root=demo_run.parent)
    assert name.startswith("pbmc_") and name.endswith(fmt)
    if fmt == "png":
        assert abs(Image.open(io.BytesIO(content)).width - 120 / 25.4 * 80) < 3
    elif fmt == "svg":
        assert not [e for e in ET.fromstring(content).iter() if e.tag.endswith("script")]
    else:
        assert content.startswith(b"%PDF")


@pytest.mark.parametrize("way", ["type", "cluster", "light", "score", "gene", "column"])
def test_a_map_is_drawn_by_whatever_colours_the_screen(demo_run, way):
    options = FigureOptions(width_mm=80, dpi=60, colour_by=way, genes=("ms4a1",), column="bulk_labels")
    name, content = figure(demo_run.name, "pbmc", "map", "png", options, root=demo_run.parent)
    assert name.startswith("pbmc_map_") and Image.open(io.BytesIO(content)).size[0] > 100


def test_a_gene_that_was_not_measured_is_named_and_not_drawn(demo_run):
    with pytest.raises(InputError, match="NOSUCHGENE"):
        figure(demo_run.name, "pbmc", "dots", "png", FigureOptions(genes=("NOSUCHGENE",)), root=demo_run.parent)


def test_a_size_out_of_range_is_refused(demo_run):
    with pytest.raises(ConfigError, match="width_mm"):
        figure(demo_run.name, "pbmc", "map", "png", FigureOptions(width_mm=3), root=demo_run.parent)
