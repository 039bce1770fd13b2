"""Data: open a file, see what is in it, decide what only you can decide."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cassia_core import settings
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.errors import CassiaError
from cassia_core.services.intake import examples, intake
from cassia_ui.data import file_findings
from cassia_ui.data.memory_offer import draw_memory_offer
from cassia_ui.frame import frame, session
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import SETUP
from cassia_ui.frame.problem_cards import problems_as_cards, show_problem
from cassia_ui.setup.quality_form import draw_quality


def open_path(path: Path, name: str | None = None, **known) -> None:
    session.open_file(path, name or intake.dataset_name(path), **known)
    st.rerun()


def chooser() -> None:
    number = session.value("upload_number", 0)
    upload = st.file_uploader(
        "Open a file of cells or a table of marker genes",
        type=list(intake.INPUT_ENDINGS),
        key=f"data_upload_{number}",
        help="Cells: h5ad, a Seurat object (rds), 10x h5, a zipped matrix folder or zarr store, loom, or a "
        "table of counts. Markers: csv, tsv, txt, xlsx, rds. "
        "The kind is told from the content, not from the name.",
    )
    if upload is not None:
        session.remember(
            "upload_number", number + 1
        )  # a new widget: the server lets go of its copy in memory
        with st.spinner("Storing the file"):
            path = intake.store_upload(upload.name, upload)
        open_path(path)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if settings.server_folders():
            text = st.text_input(
                "Or a path on the server", placeholder=str(settings.server_folders()[0] / "cells.h5ad")
            )
            if st.button("Open", disabled=not text):
                open_path(intake.server_path(text))
        if st.button(
            "Example cells", icon=":material/science:", help="700 human blood cells that ship inside scanpy"
        ):
            open_path(intake.demo_path(), "Example_PBMC", tissue="blood", tissue_set=True)
        if st.button(
            "Example marker table",
            icon=":material/table:",
            help="Markers of the same cells, as Seurat writes them",
        ):
            with st.spinner("Computing the example"):
                path = intake.store_table(examples.example_markers(processed=False), "example_markers")
            open_path(path, "Example_markers", tissue="blood", tissue_set=True)
    st.caption(
        f"Files up to {st.get_option('server.maxUploadSize') / 1000:g} GB can be uploaded. "
        "Larger ones: ask the operator of this server to allow a folder on it."
    )


def look_into(path: Path, options: ReadOptions) -> Findings | None:
    try:
        return file_findings.findings_of(path, options)
    except CassiaError as error:
        show_problem(error, "file")
    return None


def size_of(path: Path) -> str:
    files = path.rglob("*") if path.is_dir() else (path,)
    n_bytes = sum(file.stat().st_size for file in files if file.is_file())
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:,.1f} {unit}"
    return f"{n_bytes} bytes"


def show(draft: session.RunDraft) -> None:
    path = Path(draft.path)
    if not path.exists():
        session.change_draft(path="")
        st.rerun()
    findings = look_into(path, draft.read)
    if findings is None:
        return
    if file_findings.needs_mapper(findings):
        file_findings.draw_column_mapper(path, intake.table_columns(path, draft.read))
    left, right = st.columns((8, 5), gap="small")
    with left:
        file_findings.draw_found(findings)
    with right:
        file_findings.draw_done(findings)
    file_findings.draw_read_options(findings)
    if not draw_memory_offer(findings) and findings.kind == "cells" and findings.counts:
        draw_quality(path, findings)
    if not draft.species and findings.species:
        session.change_draft(species=findings.species)
    if not draft.tissue_set and findings.tissue_guess:
        session.change_draft(tissue=findings.tissue_guess, tissue_set=True)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(
            "Next: Set-up",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            disabled=any(not q.suggested for q in findings.questions),
        ):
            st.switch_page(SETUP)


require_app(__file__)
with problems_as_cards("data"):
    current = session.draft()
    chips = (
        [f":material/description: {plain(current.name)}, {size_of(Path(current.path))}"]
        if current.path and Path(current.path).exists()
        else []
    )
    frame.title("Data", "What is in the file, what we do to it, and which cells to keep.", chips)
    if current.path:
        with problems_as_cards("file"):
            show(current)
        with st.expander("Open another file", type="compact"):
            chooser()
    else:
        chooser()
