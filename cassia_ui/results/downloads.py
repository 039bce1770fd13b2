"""Everything a run leaves behind, one by one and as one zip; what was made from corrections first."""

from __future__ import annotations

import mimetypes

import streamlit as st

from cassia_core.services.labels import edited_exports
from cassia_core.services.runs import results
from cassia_core.services.runs.results import OutputFile
from cassia_ui.frame.markup import plain
from cassia_ui.results.other_programs import draw_other_programs


def draw_downloads(run_id: str) -> None:
    """A popover with all files."""
    with st.popover("Download", icon=":material/download:"):
        files = results.output_files(run_id)
        if not files:
            st.markdown(":gray[The files appear here when the run has written them.]")
            return
        waiting = edited_exports.to_make(run_id)
        if waiting:
            st.markdown(
                ":violet-badge[:material/edit: You have corrected labels]  \n"
                ":gray[The files below still say what the run said.]"
            )
            if st.button(
                "Make the edited files", type="primary", icon=":material/edit_document:", key="make_edited"
            ):
                _make(run_id, waiting)
        if st.button("Make one zip of everything", icon=":material/folder_zip:", key="make_zip"):
            with st.spinner("Packing"):
                path = results.zip_run(run_id)
            st.download_button(
                "Save the zip",
                path.read_bytes,
                file_name=path.name,
                mime="application/zip",
                type="primary",
                icon=":material/download:",
                on_click="ignore",
            )
        for number, file in enumerate(files):
            _draw_file(file, number)
        of_cells = tuple(dict.fromkeys(f.dataset for f in files if f.path.name.endswith("_annotated.h5ad")))
        if of_cells:
            draw_other_programs(run_id, of_cells)


def _make(run_id: str, datasets: tuple[str, ...]) -> None:
    for dataset in datasets:
        with st.spinner(f"Writing labels, tables, cells and report of {plain(dataset)}"):
            edited_exports.make(run_id, dataset)
    st.rerun()


def _draw_file(file: OutputFile, number: int) -> None:
    """A file that is read when it is asked for: the page is drawn often, and files may be large."""
    size = file.path.stat().st_size
    label = f"{file.label}, {size / 1e6:.1f} MB" if size > 100_000 else file.label
    if size > edited_exports.LARGEST_IN_A_BROWSER:
        st.markdown(f":gray[{label}: large; it is on the server at] `{file.path}`")
        return
    st.download_button(
        label,
        file.path.read_bytes,
        file_name=file.path.name,
        on_click="ignore",
        width="stretch",
        icon=":material/edit:" if file.edited else None,
        key=f"file_{number}",
        mime=mimetypes.guess_type(file.path.name)[0] or "application/octet-stream",
    )
