"""Draw what was found in a file, what was done to it, and the questions it raises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.domain.findings import Findings, Question
from cassia_ui import session
from cassia_ui.markup import plain

_MARKS = {"ok": ":green[:material/check_circle:]", "notice": ":orange[:material/info:]",
          "ask": ":orange[:material/contrast:]"}


def draw_found(findings: Findings) -> None:
    """The card "What we found", with open questions at its foot."""
    with st.container(border=True, height="stretch"):
        st.subheader("What we found", anchor=False)
        table = [{"Topic": plain(f.topic), "Value": f"**{plain(f.value)}**", "Remark": plain(f.remark),
                  " ": _MARKS[f.level]} for f in findings.found]
        if table:
            st.table(table, border="horizontal", hide_header=True, hide_index=True)
        for question in findings.questions:
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


def _ask(question: Question) -> None:
    with st.container(border=True, key=f"problem_ask_{question.option}"):
        st.markdown(f":material/help: **{plain(question.text)}**")
        with st.container(horizontal=True):
            for choice in question.choices:
                kind = "primary" if choice == question.suggested else "secondary"
                if st.button(plain(choice), type=kind, key=f"draft_answer_{question.option}_{choice}"):
                    _answer(question.option, choice)
                    st.rerun()


def _answer(option: str, choice: str) -> None:
    """Keep an answer as a field of `ReadOptions`, in that field's own type."""
    read = session.draft().read
    if option == "genes_in_rows":
        new: object = "row" in choice.lower() and "gene" in choice.lower().split("row")[0] or choice.lower() in ("yes", "true")
    elif option == "replace_nan":
        new = choice.lower().startswith(("yes", "replace", "true"))
    else:
        new = choice
    if option in TableColumns.__dataclass_fields__ and option not in ReadOptions.__dataclass_fields__:
        session.change_draft(read=replace(read, columns=replace(read.columns or TableColumns(), **{option: choice})))
    else:
        session.change_draft(read=replace(read, **{option: new}))


def draw_column_mapper(path: Path, columns: tuple[str, ...]) -> None:
    """Ask which column is what, for a marker table that was not recognised."""
    with st.container(border=True, key="problem_ask_columns"):
        st.markdown(":material/table: **Which column is what?**")
        st.markdown(f"We could not tell from the names in {plain(path.name)}. Two columns are needed, the others help.")
        none = "(none)"
        pairs = (("cluster", "Cluster"), ("gene", "Gene"), ("log2fc", "log2 fold change"), ("score", "Score"),
                 ("pval_adj", "Adjusted p value"))
        chosen = {}
        for column, (field, label) in zip(st.columns(len(pairs)), pairs, strict=True):
            chosen[field] = column.selectbox(label, [none, *columns], key=f"draft_map_{field}")
        ready = chosen["cluster"] != none and chosen["gene"] != none
        if st.button("Read it this way", type="primary", disabled=not ready):
            mapped = TableColumns(**{k: v for k, v in chosen.items() if v != none})
            session.change_draft(read=replace(session.draft().read, columns=mapped))
            st.rerun()
