"""Figures for papers: kind, format, size, and the file."""

from __future__ import annotations

import re

import streamlit as st

from cassia_core.services import figures
from cassia_core.services.figures import FigureOptions
from cassia_core.services.results import DatasetResults

KINDS = {"map": "Map (UMAP)", "dots": "Dot plot", "heat": "Heat map", "violins": "Violins", "composition": "Composition",
         "confusion": "Labels against a column"}
COLOURS = {"type": "Cell type", "cluster": "Cluster", "gene": "A gene", "column": "A column"}
MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def draw_figure_downloads(data: DatasetResults) -> None:
    """The tab "Figures for papers"."""
    first, second, third, fourth = st.columns((3, 2, 2, 2))
    kind = first.selectbox("Figure", list(KINDS), format_func=KINDS.get, key="figure_kind")
    fmt = second.segmented_control("Format", list(MIME), default="pdf", required=True, format_func=str.upper, key="figure_format")
    width = third.number_input("Width, mm", 30, 1000, 170, key="figure_width")
    font = fourth.number_input("Font, points", 4.0, 30.0, 7.0, 0.5, key="figure_font")
    colour_by, column, genes = "type", "", ()
    if kind == "map":
        colour_by = first.selectbox("Coloured by", list(COLOURS), format_func=COLOURS.get, key="figure_colour")
    if kind in ("dots", "heat", "violins") or colour_by == "gene":
        text = st.text_input("Genes (empty: the markers behind the labels)", key="figure_genes")
        genes = tuple(g for g in re.split(r"[\s,;]+", text) if g)
    if kind in ("composition", "confusion") or colour_by == "column":
        names = [c.name for c in data.view.columns() if c.kind == "categorical" or colour_by == "column"]
        column = st.selectbox("Column", names, key="figure_column") or ""
    if st.button("Draw the figure", icon=":material/image:"):
        options = FigureOptions(width_mm=float(width), font_pt=float(font), colour_by=colour_by, genes=genes, column=column)
        with st.spinner("Drawing"):
            name, content = figures.figure(data.run_id, data.spec.name, kind, fmt, options)
            preview = figures.figure(data.run_id, data.spec.name, kind, "png", options)[1] if fmt != "png" else content
        st.download_button(f"Save {name}", content, file_name=name, mime=MIME[fmt], type="primary", icon=":material/download:",
                           on_click="ignore")
        st.image(preview, width=700, alt=f"The figure: {KINDS[kind]}")
