"""Which genes of each cluster are shown to the agents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from cassia_core.domain.config import MarkerParams, TestMethod
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import RankingMethod
from cassia_core.services.intake import intake
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

RANKINGS: dict[RankingMethod | None, str] = {
    None: "Best for this table",
    "Score": "Test score",
    "avg_log2FC": "Fold change",
    "p_val_adj": "Adjusted p value",
    "pct_diff": "Difference in share of cells",
}
METHODS: dict[TestMethod, str] = {"wilcoxon": "Wilcoxon", "t-test": "t test", "logreg": "Logistic regression"}
METHOD_LINES: dict[TestMethod, str] = {
    "wilcoxon": "Compares ranks, so single extreme cells do not decide. The usual choice and the default, "
    "from CASSIA's scanpy "
    "vignette.",
    "t-test": "Compares means. It takes values to be spread like a bell, which those of single cells are "
    "not: genes that are "
    "very high in few cells come out too well.",
    "logreg": "Asks which genes together tell the clusters apart. Of several genes that say the same, one "
    "may take the place "
    "of the others; it gives no p values, so that limit is not used; and it is slow with many cells.",
}


def draw_markers(findings: Findings) -> None:
    """Draw the settings and keep them in the draft; for a marker table with the lists that they give."""
    st.subheader("Marker genes", anchor=False)
    is_table = findings.kind == "markers"
    params = session.draft().markers
    if not is_table:
        params = replace(params, own_test=_own_test(params.own_test, findings))
        if params.own_test is None:
            params = replace(params, method=draw_method(params.method))
    params = draw_limits(params)
    if is_table:
        names = list(RANKINGS)
        params = replace(
            params,
            ranking_method=st.selectbox(
                "Order of the genes",
                names,
                index=names.index(params.ranking_method),
                format_func=lambda way: RANKINGS[way],
                key="draft_ranking",
                help="The genes at the top are shown to the agents. Our choice: the test's score, else the "
                "fold change.",
            ),
        )
    session.change_draft(markers=params)
    if is_table:
        _lists(params)
    else:
        st.caption("The list of each cluster is in the results after the run.")


def _own_test(now: str | None, findings: Findings) -> str | None:
    """The choice between testing anew and a test that the file holds of the clusters that are kept."""
    column = session.draft().clustering.cluster_column
    fit = {test.name: test for test in findings.marker_tests if test.column == column}
    if not fit:
        others = sorted({test.column for test in findings.marker_tests})
        if others:
            st.caption(
                f":material/info: The file holds marker tests of {plain(', '.join(others))}; keep these "
                "clusters above to use them."
            )
        return None
    names = [None, *fit]
    words = {
        name: f"The file's own: {name}, {test.method}, {test.n_groups} groups" for name, test in fit.items()
    }
    return st.selectbox(
        "Marker test",
        names,
        index=names.index(now) if now in names else 0,
        format_func=lambda name: words.get(name, "Test here"),
        key="draft_own_test",
        help="A test that the file holds is used as it is; only the shares of cells are measured here.",
    )


def draw_method(now: TestMethod, keys: str = "draft") -> TestMethod:
    """Which test; `keys` is the beginning of the widgets' keys."""
    method = st.segmented_control(
        "Test",
        list(METHODS),
        default=now,
        required=True,
        format_func=lambda test: METHODS[test],
        key=f"{keys}_method",
        help="Every gene is compared between a cluster and all other cells.",
    )
    chosen = method or now
    st.caption(METHOD_LINES[chosen])
    return chosen


def draw_limits(now: MarkerParams, keys: str = "draft") -> MarkerParams:
    """How many genes, and how clear they must be; `keys` as in `draw_method`."""
    first, second, third, fourth = st.columns(4)
    n_genes = first.number_input(
        "Genes per cluster",
        1,
        1000,
        now.n_genes,
        key=f"{keys}_n_genes",
        help="So many of the best are shown to the agents. More: weaker genes join in, and a paid model "
        "costs more. Fewer: "
        "only the clearest. Default 50, as in CASSIA.",
    )
    fold = second.number_input(
        "log2 fold change, at least",
        0.0,
        10.0,
        now.min_log2fc,
        0.05,
        key=f"{keys}_fold",
        help="How much higher a gene is here than in the other cells; 1 is twice as high. Higher: fewer, "
        "stronger genes. "
        "Lower: more, weaker ones. Default 0.25, a usual one (Seurat 4's).",
    )
    pval = third.number_input(
        "Adjusted p value, at most",
        0.0001,
        1.0,
        now.max_pval_adj,
        format="%.4f",
        key=f"{keys}_p",
        help="Lower: only surer genes. Higher: more of them. With many cells nearly all pass. Default 0.05, "
        "the usual one.",
    )
    share = fourth.number_input(
        "Share of cells, at least",
        0.0,
        1.0,
        now.min_pct,
        0.05,
        key=f"{keys}_min_pct",
        help="In how many of the cluster's cells the gene is seen, from 0 to 1. Higher: only genes that "
        "most of its cells "
        "have. Lower: also those of few. Default 0.1, a usual one (Seurat 4's).",
    )
    st.caption(
        "When no gene of a cluster passes, limits are lifted one by one, by name, and the cluster is marked "
        "as weak."
    )
    return replace(now, n_genes=n_genes, min_log2fc=fold, max_pval_adj=pval, min_pct=share)


def _lists(params: MarkerParams) -> None:
    with st.expander("The marker list of each cluster"):
        draft = session.draft()
        table = intake.preview_markers(Path(draft.path), params, draft.read)
        st.dataframe(
            [
                {
                    "Cluster": c.cluster,
                    "Genes": len(c.genes),
                    "State": c.reason or "ready",
                    "Best genes": ", ".join(c.symbols(12)),
                }
                for c in table.clusters
            ],
            hide_index=True,
            alt="Marker genes per cluster",
        )
