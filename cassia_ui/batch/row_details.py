"""One dataset looked into: findings, problems with their remedies, questions and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cassia_core.domain.findings import Question
from cassia_core.services.batches.adding import answered
from cassia_core.services.batches.inspecting import Inspected
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.intake import intake
from cassia_ui.batch.batch_draft import batch_draft, put_rows
from cassia_ui.batch.looks import look_in_words
from cassia_ui.data.file_findings import MAPPED, draw_done, draw_found, draw_question, needs_mapper
from cassia_ui.frame.problem_cards import show_problem


def draw_details(looks: Sequence[Inspected | None]) -> None:
    """Choose a dataset and see what was found in it; those with something to say come first."""
    rows = batch_draft().rows
    known = [place for place, look in enumerate(looks) if look is not None]
    if not known:
        return
    asking = [place for place in known if not look_in_words(looks[place]).startswith("●")]
    known = [*asking, *(place for place in known if place not in asking)]
    place = st.selectbox(
        "Look at",
        known,
        format_func=lambda at: f"{look_in_words(looks[at])}: {rows[at].name or rows[at].path.name}",
        key=f"batch_look_at_{len(rows)}_{'_'.join(map(str, asking))}",  # anew once a file says something
    )
    look, row = looks[place], rows[place]
    if look is None:
        return
    if look.problem is not None:
        show_problem(look.problem, "batch_file")
        st.caption(
            "If you start all the same, this dataset is reported as failed with this reason, and the others "
            "are done."
        )
        return
    if look.findings is None:
        return
    left, right = st.columns((8, 5), gap="small")
    with left:
        draw_found(replace(look.findings, questions=()))
    with right:
        draw_done(look.findings)
    mapper = needs_mapper(look.findings)
    if mapper:
        _draw_mapper(place, row)
    for question in look.findings.questions:
        if not mapper or question.option not in MAPPED:
            _ask(place, row, question)


def _ask(place: int, row: ManifestRow, question: Question) -> None:
    choice = draw_question(question, "problem_ask_batch", f"batch_answer_{place}")
    if choice is not None:
        _put(place, answered(row, question.option, choice, question.choices))


def _draw_mapper(place: int, row: ManifestRow) -> None:
    columns = intake.table_columns(row.path)
    with st.container(border=True, key="problem_ask_batch_columns"):
        st.markdown(":material/table: **Which column is what?** We could not tell from the names.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            cluster = st.selectbox("Cluster", columns, index=None, key=f"batch_map_cluster_{place}")
            gene = st.selectbox("Gene", columns, index=None, key=f"batch_map_gene_{place}")
            asked = st.button("Read it this way", type="primary", disabled=not (cluster and gene))
            if asked and cluster and gene:
                told = answered(row, "columns.cluster", cluster, columns)
                _put(place, answered(told, "columns.gene", gene, columns))


def _put(place: int, row: ManifestRow) -> None:
    rows = batch_draft().rows
    put_rows([*rows[:place], row, *rows[place + 1 :]])
    st.rerun()
