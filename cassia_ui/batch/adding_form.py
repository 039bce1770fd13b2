"""Add datasets: many uploads, a folder of the server where it is allowed, a manifest."""

from __future__ import annotations

import streamlit as st

from cassia_core import settings
from cassia_core.services.batches import adding
from cassia_core.services.batches.manifest_rows import NEEDED
from cassia_core.services.intake import examples, intake
from cassia_ui.batch.batch_draft import batch_draft, put_rows
from cassia_ui.frame import session
from cassia_ui.frame.problem_cards import problems_as_cards

_NUMBER = "batch_upload_number"


def draw_adding() -> None:
    """The ways to add datasets; each adds to what is there."""
    number = session.value(_NUMBER, 0)
    uploads = st.file_uploader(
        "Add files of cells, tables of marker genes, or a manifest",
        type=list(intake.INPUT_ENDINGS),
        accept_multiple_files=True,
        key=f"batch_upload_{number}",
        help=f"Several at once. A table with the columns {', '.join(NEEDED)} is a manifest: it says tissue, "
        "species and more of the other files, by their names.",
    )
    if uploads:
        session.remember(_NUMBER, number + 1)  # a new widget: the server lets go of its copies in memory
        with problems_as_cards("batch_upload"):
            _take_uploads(uploads)
            st.rerun()
    if settings.server_folders():
        _draw_server()
    if not batch_draft().rows and st.button(
        "Three example tables",
        icon=":material/science:",
        help="Markers of the blood cells that ship inside scanpy, three times: to see how this page works",
    ):
        _take_examples()
        st.rerun()


def _take_uploads(uploads: list) -> None:
    bar, stored = st.progress(0.0), []
    for place, upload in enumerate(uploads):
        bar.progress(place / len(uploads), text=f"Storing {place + 1} of {len(uploads)} files")
        stored.append(intake.store_upload(upload.name, upload))
    rows = batch_draft().rows
    put_rows(adding.added(rows, adding.rows_of_uploads(stored, rows)))


def _draw_server() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Or a folder, a file or a manifest on the server",
            placeholder=str(settings.server_folders()[0]),
            key="batch_server_path",
        )
        by_folder = st.checkbox("Its sub-folders are tissues", key="batch_tissue_folders")
        asked = st.button(
            "Add", icon=":material/create_new_folder:", disabled=not text, key="batch_server_add"
        )
    if asked:
        with problems_as_cards("batch_server"):
            new = adding.rows_of_server(text, tissues_from_folders=by_folder)
            put_rows(adding.added(batch_draft().rows, new))
            st.rerun()


def _take_examples() -> None:
    with st.spinner("Computing the examples"):
        table = examples.example_markers(processed=True)
        halves = {"all": table, "first": table.iloc[:6], "last": table.iloc[5:]}
        stored = [intake.store_table(part, f"example_{name}") for name, part in halves.items()]
    rows = adding.rows_of_uploads(stored)
    put_rows(adding.set_for(adding.set_for(rows, "tissue", "blood"), "species", "human"))
