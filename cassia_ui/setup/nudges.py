"""What the set-up found and asks about: the tissue, and the column of samples. Never set without a click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from cassia_core.domain.config import UNKNOWN_TISSUE, ReadOptions
from cassia_core.domain.findings import ColumnInfo, Findings
from cassia_core.services.intake.tissue_guess import TissueGuess, guess_tissue
from cassia_ui.data.file_findings import findings_of
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

_SHOWN_VALUES = 3


def ask_tissue(findings: Findings) -> None:
    """Where no tissue is chosen: ask for it, with a guess and from what it is guessed."""
    draft = session.draft()
    if draft.tissue != UNKNOWN_TISSUE:
        return
    path = Path(draft.path)
    guess = _guessed(str(path), draft.name, draft.read, path.stat().st_mtime)
    with st.container(horizontal=True, vertical_alignment="center", key="ask_tissue"):
        if guess is None:
            st.markdown(
                ":orange[:material/help: **Which tissue is it?**] Types of an organ are told apart better."
            )
            return
        st.markdown(
            f":orange[:material/help: **{plain(guess.tissue).capitalize()}?**] :gray[{plain(guess.why)}]"
        )
        if st.button(f"Yes, {guess.tissue}", key="take_tissue"):
            session.change_draft(tissue=guess.tissue, tissue_set=True)
            session.forget_widgets("draft_tissue")
            st.rerun()


@st.cache_data(show_spinner=False, max_entries=20)
def _guessed(path: str, name: str, read: ReadOptions, modified: float) -> TissueGuess | None:
    """The guess for a file, worked out again only when it or the way it is read changes."""
    return guess_tissue(Path(path), findings_of(Path(path), read), name, read)


def offer_samples(columns: list[ColumnInfo]) -> None:
    """Where no column of samples is chosen and one looks like it: name it, with a button that takes it."""
    draft = session.draft()
    likely = next((c for c in columns if c.looks_like == "sample"), None)
    if likely is None or draft.clustering.batch_column or draft.qc.sample_column:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="offer_samples"):
        values = ", ".join(likely.examples[:_SHOWN_VALUES])
        st.markdown(
            f":orange[:material/help: **{plain(likely.name)}** looks like the sample of each cell] "
            f":gray[{likely.n_values} values: {plain(values)}]"
        )
        if st.button(f"Use {likely.name}", key="take_samples"):
            session.change_draft(
                clustering=replace(draft.clustering, batch_column=likely.name),
                qc=replace(draft.qc, sample_column=likely.name),
            )
            session.forget_widgets("draft_batch")
            st.rerun()
