"""A file that is larger than the memory: the figures, and a sample that fits."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cassia_core.domain.findings import Findings
from cassia_core.services.intake.memory import memory_offer
from cassia_ui.frame import session


def draw_memory_offer(findings: Findings) -> bool:
    """Draw the offer where the cells do not fit; returns whether it was drawn."""
    offer = memory_offer(findings, session.draft().read)
    if offer is None:
        return False
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
        elif st.button(
            f"Use a random sample of {offer.fits:,} cells",
            type="primary",
            icon=":material/shuffle:",
            key="use_sample",
        ):
            session.forget_widgets("draft_sample")
            session.change_draft(read=replace(session.draft().read, max_cells=offer.fits))
            st.rerun()
    return True
