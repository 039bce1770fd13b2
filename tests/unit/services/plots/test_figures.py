"""Figures for papers open, and hold no script."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from cassia_core.errors import ConfigError, InputError
from cassia_core.services.labels import review
from cassia_core.services.plots.figures import figure, map_categories, map_values
from cassia_core.services.plots.plot_numbers import FigureOptions, load_subject

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


def test_confidence_and_score_of_the_run_are_not_drawn_for_labels_of_a_person(own_run):
    run_id, root = own_run
    subject = load_subject(run_id, "pbmc", root)
    column = subject.view.column(subject.view.cluster_key)
    renamed, split = (np.flatnonzero(column.codes == column.categories.index(c)) for c in ("0", "1"))
    review.apply_edit(run_id, "pbmc", ("0",), "rename", label="my own cell", root=root)
    review.set_aside(run_id, "pbmc", split[:5], root=root)
    subject, by_hand = load_subject(run_id, "pbmc", root), np.concatenate([renamed, split[:5]])
    names, codes, _ = map_categories(subject, FigureOptions(colour_by="light"))
    assert set(np.flatnonzero(codes == names.index("Corrected by hand"))) == set(by_hand)
    scores, _ = map_values(subject, FigureOptions(colour_by="score"))
    assert np.isnan(scores[by_hand]).all() and np.isfinite(scores[split[5:]]).all()


def test_a_gene_that_was_not_measured_is_named_and_not_drawn(demo_run):
    with pytest.raises(InputError, match="NOSUCHGENE"):
        figure(
            demo_run.name, "pbmc", "dots", "png", FigureOptions(genes=("NOSUCHGENE",)), root=demo_run.parent
        )


def test_a_size_out_of_range_is_refused(demo_run):
    with pytest.raises(ConfigError, match="width_mm"):
        figure(demo_run.name, "pbmc", "map", "png", FigureOptions(width_mm=3), root=demo_run.parent)
