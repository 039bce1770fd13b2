"""Draw what was found in a file, what was done to it, and the questions it raises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from cassia_core.domain.config import CellsWay, ReadOptions, TableColumns
from cassia_core.domain.findings import Findings, Question
from cassia_core.services.intake import intake
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

MAPPED = ("columns.cluster", "columns.gene")
"""Questions that the column mapper answers."""
_SLOW_BYTES = 20_000_000
_UNPACKED = "file_unpacked"
_MARKS = {
    "ok": ":green[:material/check_circle:]",
    "notice": ":orange[:material/info:]",
    "ask": ":orange[:material/contrast:]",
    "none": ":gray[:material/remove:]",
}


def findings_of(path: Path, options: ReadOptions) -> Findings:
    """What is in a file; looked up again only when the file or the options change."""
    seen = (str(path), path.stat().st_mtime)
    if path.stat().st_size > _SLOW_BYTES and session.value(_UNPACKED) != seen:
        place = st.empty()
        intake.unpack_ahead(
            path, lambda name, n: place.caption(f"Unpacking {plain(name)}: {n / 1e6:,.0f} MB so far")
        )
        place.empty()
        session.remember(_UNPACKED, seen)
    return _inspected(str(path), options, path.stat().st_mtime)


@st.cache_data(show_spinner="Looking into the file", max_entries=20)
def _inspected(path: str, options: ReadOptions, modified: float) -> Findings:
    return intake.inspect_file(Path(path), options)


def needs_mapper(findings: Findings) -> bool:
    """Whether neither the clusters' nor the genes' column is known."""
    return set(MAPPED) <= {q.option for q in findings.questions}


def draw_found(findings: Findings) -> None:
    """The card "What we found", with open questions at its foot."""
    with st.container(border=True, height="stretch"):
        st.subheader("What we found", anchor=False)
        table = [
            {
                "Topic": plain(f.topic),
                "Value": f"**{plain(f.value)}**",
                "Remark": plain(f.remark),
                " ": _MARKS[f.level],
            }
            for f in findings.found
        ]
        if table:
            st.table(table, border="horizontal", hide_header=True, hide_index=True)
        for question in findings.questions:
            if not needs_mapper(findings) or question.option not in MAPPED:
                _ask(question)


def draw_done(findings: Findings) -> None:
    """The card "What we did to your data"."""
    with st.container(border=True, height="stretch"):
        st.subheader("What we did to your data", anchor=False)
        st.markdown(":green[:material/check_circle:] **Read the file**  \n:gray[Your file is not changed.]")
        for sentence in findings.done:
            st.markdown(f":green[:material/check_circle:] {plain(sentence)}")
        if not findings.done:
            st.markdown(":gray[Nothing had to be mended.]")


def draw_question(question: Question, card: str, button: str) -> str | None:
    """A card with a question; the choice that was just clicked. `card`, `button`: heads of the keys."""
    clicked = None
    with st.container(border=True, key=f"{card}_{question.option}"):
        st.markdown(f":material/help: **{plain(question.text)}**")
        with st.container(horizontal=True):
            for choice in question.choices:
                if st.button(
                    plain(choice),
                    type="primary" if choice == question.suggested else "secondary",
                    key=f"{button}_{question.option}_{choice}",
                ):
                    clicked = choice
    return clicked


def _ask(question: Question) -> None:
    choice = draw_question(question, "problem_ask", "draft_answer")
    if choice is not None:
        _answer(question, choice)
        st.rerun()


def _answer(question: Question, choice: str) -> None:
    """Keep an answer as the field of `ReadOptions` it belongs to; of a yes-or-no question the first choice is
    yes.
    """
    read = session.draft().read
    if question.option.startswith("columns."):
        field = question.option.removeprefix("columns.")
        changed = replace(read, columns=replace(read.columns or TableColumns(), **{field: choice}))
    else:
        is_flag = (
            isinstance(ReadOptions.__dataclass_fields__[question.option].default, bool)
            or question.option == "genes_in_rows"
        )
        answer: dict[str, Any] = {question.option: choice == question.choices[0] if is_flag else choice}
        changed = replace(read, **answer)
    session.change_draft(read=changed)


def draw_read_options(findings: Findings) -> None:
    """Choices about reading that few people need: a sample, values that are missing, the values to use."""
    if findings.kind != "cells":
        return
    with st.expander("Reading this file another way", type="compact"):
        draft = session.draft()
        first, second = st.columns(2)
        total = findings.n_cells or 0
        sample = first.number_input(
            "Use a random sample of so many cells (0: all)",
            0,
            max(total, 1),
            draft.read.max_cells or 0,
            1000,
            key="draft_sample",
            help="For files that are too large for this machine's memory.",
        )
        zeros = second.toggle(
            "Take missing values as 0",
            draft.read.replace_nan,
            key="draft_zeros",
            help="Only if you know that they mean 'not seen'.",
        )
        usable = [m for m in findings.matrices if m.state in ("counts", "counts_like", "log_normalised")]
        expression = draft.clustering.expression
        if usable:
            places = [None, *(m.location for m in usable)]
            words = {
                m.location: f"{m.location}: {m.state.replace('_', '-')}, {m.n_genes:,} genes" for m in usable
            }
            expression = st.selectbox(
                "Values to compute markers from",
                places,
                key="draft_expression",
                index=places.index(expression) if expression in places else 0,
                format_func=lambda p: words.get(p, f"our choice ({findings.expression})"),
            )
        ways: dict[CellsWay, str] = {
            "auto": "our choice: in memory where they fit",
            "exact": "all in memory, clustered exactly",
            "sketch": "on disk; a sketch is clustered and the others join it",
        }
        cells = st.selectbox(
            "Where the counts of the cells are held",
            list(ways),
            list(ways).index(draft.read.cells),
            key="draft_cells",
            format_func=lambda way: ways[way],
            help="h5ad, zarr and 10x h5 can be read in blocks, with the counts left on disk.",
        )
        read = replace(draft.read, max_cells=sample or None, replace_nan=zeros, cells=cells)
        changed = read != draft.read
        session.change_draft(read=read, clustering=replace(draft.clustering, expression=expression))
        if changed:
            st.rerun()


def draw_column_mapper(path: Path, columns: tuple[str, ...]) -> None:
    """Ask which column is what, for a marker table that was not recognised."""
    with st.container(border=True, key="problem_ask_columns"):
        st.markdown(":material/table: **Which column is what?**")
        st.markdown(
            f"We could not tell from the names in {plain(path.name)}. Two columns are needed, the others "
            "help."
        )
        none = "(none)"
        pairs = (
            ("cluster", "Cluster"),
            ("gene", "Gene"),
            ("log2fc", "log2 fold change"),
            ("score", "Score"),
            ("pval_adj", "Adjusted p value"),
        )
        chosen = {}
        for column, (field, label) in zip(st.columns(len(pairs)), pairs, strict=True):
            chosen[field] = column.selectbox(label, [none, *columns], key=f"draft_map_{field}")
        ready = chosen["cluster"] != none and chosen["gene"] != none
        if st.button("Read it this way", type="primary", disabled=not ready):
            mapped = TableColumns(**{k: v for k, v in chosen.items() if v != none})
            session.change_draft(read=replace(session.draft().read, columns=mapped))
            st.rerun()
