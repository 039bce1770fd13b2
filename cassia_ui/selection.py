"""What is in the cells that a person has drawn around."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from cassia_core.services.results import DatasetResults
from cassia_ui.markup import plain


def draw_selection(data: DatasetResults, chosen: np.ndarray) -> None:
    """Counts per cluster and the genes that stand out."""
    column = data.view.column(data.view.cluster_key)
    counts = pd.Series(column.codes[chosen]).value_counts()
    with st.container(border=True):
        st.markdown(f"**{len(chosen):,} cells chosen**")
        parts = [f"{n:,} in cluster {plain(column.categories[code])}" for code, n in counts.items() if code >= 0]
        st.markdown(", ".join(parts[:8]) + (", ..." if len(parts) > 8 else ""))
        best = data.view.genes_of_cells(chosen, 12)
        if best:
            st.markdown("Genes seen more often here than elsewhere: " + ", ".join(
                f"*{plain(gene)}* ({here:.0%} against {there:.0%})" for gene, here, there in best))
