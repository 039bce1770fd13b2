"""A file that is larger than the memory: the figures of both ways, and a sample that fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from cassia_core.domain.findings import Findings
from cassia_core.services.intake.memory import MemoryOffer, memory_offer, memory_plan
from cassia_ui.frame import session


def draw_memory_offer(findings: Findings) -> bool:
    """Draw what is done with cells that do not fit; returns whether they cannot be used as they are."""
    draft = session.draft()
    offer = memory_offer(findings, draft.read)
    plan = memory_plan(Path(draft.path), findings, draft.read)
    if plan is not None and plan.way == "sketch":
        with st.container(border=True, key="memory_plan"):
            st.markdown(":material/memory: **The counts of these cells stay on disk.**")
            st.markdown(
                f"{plan.in_words()} Markers are those of all cells, and it is said which joined cells "
                "are unsure."
            )
            if plan.disk_bytes:
                st.caption(
                    f"About {plan.disk_bytes / 1e9:.1f} GB of disk are needed for what is made of them."
                )
            if offer is not None and offer.fits is not None:
                _draw_sample(offer.fits, primary=False)
        return False
    if offer is None:
        return False
    _draw_problem(offer)
    return True


def _draw_problem(offer: MemoryOffer) -> None:
    with st.container(border=True, key="problem_ask_memory"):
        st.markdown(":material/memory: **These cells do not fit into the memory of this machine.**")
        st.markdown(
            f"Reading and clustering them takes about {offer.needed_bytes / 1e9:.1f} GB; "
            f"{offer.allowed_bytes / 1e9:.1f} GB may be used."
        )
        if offer.fits is None:
            st.markdown(
                "**What to do:** Close other programs, or open the file on a machine with more memory."
            )
        else:
            _draw_sample(offer.fits, primary=True)


def _draw_sample(fits: int, *, primary: bool) -> None:
    if st.button(
        f"Use a random sample of {fits:,} cells",
        type="primary" if primary else "secondary",
        icon=":material/shuffle:",
        key="use_sample",
    ):
        session.forget_widgets("draft_sample")
        session.change_draft(read=replace(session.draft().read, max_cells=fits))
        st.rerun()
