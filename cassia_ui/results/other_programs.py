"""Cells for Seurat, Vitessce and CELLxGENE, made when a person asks for them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import streamlit as st

from cassia_core.errors import CassiaError
from cassia_core.services.runs import exports
from cassia_core.services.runs.export_choices import FIELD_HELP, FORMATS, CellxgeneFields
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

_SAID = "export_said"
_NAMES = {"seurat": "Seurat (R)", "vitessce": "Vitessce (zarr)", "cellxgene": "CELLxGENE (h5ad)"}
_WORDS = {
    "title": "Title",
    "assay": "Assay",
    "tissue": "Tissue",
    "disease": "Disease",
    "development_stage": "Stage of development",
    "sex": "Sex",
    "ethnicity": "Ethnicity, as reported",
    "donor": "Donor",
    "leave_out": "Gene ids to leave out",
}


def draw_other_programs(run_id: str, datasets: tuple[str, ...]) -> None:
    """Choice of the program, the fields that CELLxGENE asks for, and a button that writes the file."""
    for sentence in session.value(_SAID, ()):
        st.markdown(f":gray[{plain(sentence)}]")
    dataset = datasets[0] if len(datasets) == 1 else st.selectbox("Dataset", datasets, key="export_dataset")
    form = st.selectbox("For another program", FORMATS, format_func=_NAMES.__getitem__, key="export_format")
    given = _asked() if form == "cellxgene" else None
    if not st.button(f"Make the file for {_NAMES[form]}", icon=":material/output:", key="make_export"):
        return
    try:
        with st.spinner("Writing the cells"):
            made = exports.export_cells(run_id, dataset, form, given=given)
    except CassiaError as error:
        st.markdown(f":orange[:material/info:] {plain(error.what)} {plain(error.why)} {plain(error.remedy)}")
        return
    session.remember(_SAID, made.said)
    st.rerun()


def _asked() -> CellxgeneFields:
    """What the schema asks for; each a value for all cells, or a column of the annotated cells."""
    given: dict[str, Any] = {
        field.name: st.text_input(
            _WORDS[field.name],
            value=str(field.default),
            help=FIELD_HELP[field.name],
            key=f"export_{field.name}",
        )
        for field in fields(CellxgeneFields)
        if field.name in _WORDS
    }
    suspension = st.selectbox("Suspension", ("cell", "nucleus", "na"), key="export_suspension")
    primary = st.checkbox("These cells are published here first", value=True, key="export_primary")
    return replace(CellxgeneFields(suspension=suspension, primary=primary), **given)
