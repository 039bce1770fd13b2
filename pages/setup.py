"""Set-up: tissue, clusters, markers, who answers; then what it costs and what leaves this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from cassia_core.domain.config import UNKNOWN_TISSUE, ClusteringParams, DatasetSpec, MarkerParams, RunConfig
from cassia_core.domain.findings import ColumnInfo, Findings
from cassia_core.services import intake, runs
from cassia_core.services.knowledge import tissue_names
from cassia_ui import frame, session
from cassia_ui.engine_form import draw_engine, draw_stages
from cassia_ui.found import findings_of
from cassia_ui.frame import require_app
from cassia_ui.markup import plain
from cassia_ui.navigation import DATA, RUN
from cassia_ui.problems import problems_as_cards
from cassia_ui.words import money

OWN, COMPUTE = "Keep clusters of the file", "Compute clusters (Leiden)"
RANKINGS = {None: "Best for this table", "Score": "Test score", "avg_log2FC": "Fold change",
            "p_val_adj": "Adjusted p value", "pct_diff": "Difference in share of cells"}


def sample(draft: session.Draft) -> None:
    st.subheader("The sample", anchor=False)
    left, right = st.columns((2, 1))
    names = list(dict.fromkeys([UNKNOWN_TISSUE, draft.tissue, *tissue_names()]))
    tissue = left.selectbox("Tissue", names, index=names.index(draft.tissue), accept_new_options=True,
                            key="draft_tissue", help="Search, type your own, or leave it unknown: then the agents infer it.")
    known = ["human", "mouse"]
    species = draft.species or "human"
    options = list(dict.fromkeys([*known, species]))
    chosen = right.selectbox("Species", options, index=options.index(species), accept_new_options=True,
                             key="draft_species")
    context = st.text_area("Anything the agents should know (optional)", draft.context, key="draft_context", height=80,
                           placeholder="For example: tumour biopsy, treated for two weeks, enriched for CD45")
    session.change_draft(tissue=tissue or UNKNOWN_TISSUE, tissue_set=True, species=chosen or "human", context=context)


def clusters(draft: session.Draft, findings: Findings) -> None:
    st.subheader("Clusters", anchor=False)
    own = [c for c in findings.obs_columns if c.kind == "categorical"]
    own.sort(key=lambda c: {"clusters": 0, "labels": 2}.get(c.looks_like, 1))
    choices = [COMPUTE, OWN] if own else [COMPUTE]
    start = OWN if draft.clustering.cluster_column else COMPUTE
    way = st.segmented_control("Clusters", choices, default=start, required=True, key="draft_way",
                               label_visibility="collapsed")
    if way == OWN:
        names = [c.name for c in own]
        now = draft.clustering.cluster_column
        column = st.selectbox("Column with the clusters", names, index=names.index(now) if now in names else 0,
                              format_func=lambda n: _column_line(own, n), key="draft_column")
        params = ClusteringParams(cluster_column=column)
    else:
        params = _leiden(draft.clustering, own)
    session.change_draft(clustering=replace(params, expression=draft.clustering.expression))


def _column_line(columns: list[ColumnInfo], name: str) -> str:
    column = next(c for c in columns if c.name == name)
    return f"{name}: {column.n_values} groups ({', '.join(column.examples[:3])} ...)"


def _leiden(now: ClusteringParams, columns: list[ColumnInfo]) -> ClusteringParams:
    auto = st.toggle("Suggest the resolution", value=now.resolution is None, key="draft_auto",
                     help="Tries a few resolutions and takes the most stable one. Takes a little longer.")
    first, second, third = st.columns(3)
    resolution = first.slider("Resolution", 0.1, 3.0, now.resolution or 0.4, 0.1, disabled=auto, key="draft_resolution",
                              help="Higher gives more and smaller clusters.")
    neighbors = second.number_input("Neighbours", 2, 200, now.n_neighbors, key="draft_neighbors",
                                    help="How many similar cells each cell is joined to.")
    n_pcs = third.number_input("Principal components", 2, 200, now.n_pcs, key="draft_pcs",
                               help="How many directions of variation are used.")
    batches = [None, *(c.name for c in columns if 1 < c.n_values <= 100)]
    batch = st.selectbox("Bring these batches or samples together (Harmony)", batches, key="draft_batch",
                         index=batches.index(now.batch_column) if now.batch_column in batches else 0,
                         format_func=lambda n: "no correction" if n is None else n) if len(batches) > 1 else None
    return ClusteringParams(resolution=None if auto else resolution, n_neighbors=neighbors, n_pcs=n_pcs, batch_column=batch,
                            batch_method="harmony" if batch else "none")


def markers(draft: session.Draft, findings: Findings) -> None:
    st.subheader("Marker genes", anchor=False)
    first, second, third = st.columns(3)
    now = draft.markers
    n_genes = first.number_input("Genes per cluster", 1, 1000, now.n_genes, key="draft_n_genes",
                                 help="The best so many are shown to the agents.")
    fold = second.number_input("log2 fold change, at least", 0.0, 10.0, now.min_log2fc, 0.05, key="draft_fold")
    pval = third.number_input("Adjusted p value, at most", 0.0001, 1.0, now.max_pval_adj, format="%.4f", key="draft_p")
    ranking = now.ranking_method
    if findings.kind == "markers":
        names = list(RANKINGS)
        ranking = st.selectbox("Order of the genes", names, index=names.index(ranking), format_func=RANKINGS.get,
                               key="draft_ranking")
    params = MarkerParams(n_genes=n_genes, min_log2fc=fold, max_pval_adj=pval, ranking_method=ranking)
    session.change_draft(markers=params)
    if findings.kind == "markers":
        _preview(draft, params)


def _preview(draft: session.Draft, params: MarkerParams) -> None:
    with st.expander("The marker list of each cluster"):
        table = intake.preview_markers(Path(draft.path), params, draft.read)
        st.dataframe([{"Cluster": c.cluster, "Genes": len(c.genes), "State": c.reason or "ready",
                       "Best genes": ", ".join(c.symbols(12))} for c in table.clusters], hide_index=True,
                     alt="Marker genes per cluster")


def config_of(draft: session.Draft) -> RunConfig:
    spec = DatasetSpec(name=draft.name, path=draft.path, tissue=draft.tissue, species=draft.species or "human",
                       context=draft.context, read=draft.read, qc=draft.qc, clustering=draft.clustering,
                       markers=draft.markers)
    return RunConfig(datasets=(spec,), annotation=draft.annotation, title=draft.name)


def before_you_start(draft: session.Draft, findings: Findings) -> None:
    config = config_of(draft)
    expected = findings.n_clusters or next(
        (c.n_values for c in findings.obs_columns if c.name == draft.clustering.cluster_column), 12)
    guessed = "" if findings.n_clusters or draft.clustering.cluster_column else " (a guess: Leiden decides)"
    estimate = runs.estimate_run(config, expected)
    with st.container(border=True):
        st.subheader("Before you start", anchor=False)
        columns = st.columns(4)
        columns[0].metric("Clusters", f"{expected}", help=f"Clusters to name{guessed}.")
        columns[1].metric("Questions", _span(estimate.calls_low, estimate.calls_high))
        columns[2].metric("Tokens", _span(estimate.input_tokens_low + estimate.output_tokens_low,
                                          estimate.input_tokens_high + estimate.output_tokens_high))
        columns[3].metric("Price", _price(estimate.cost_low_usd, estimate.cost_high_usd))
        if estimate.sent:
            st.markdown(":material/upload: **What leaves this machine**")
            st.markdown("\n".join(f"- {plain(line)}" for line in estimate.sent))
        else:
            st.markdown(":green-badge[:material/lock: Nothing leaves this machine] The offline engine answers: a look-up "
                        "in our marker knowledge base, not a language model.")
        if st.button("Start", type="primary", icon=":material/play_arrow:"):
            session.choose_run(runs.start_run(config, session.keys()))
            st.switch_page(RUN, query_params={"run": session.chosen_run()})


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{_short(low)} to {_short(high)}"


def _short(number: int) -> str:
    return f"{number / 1000:,.0f} k" if number >= 10_000 else f"{number:,}"


def _price(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "unknown"
    return money(high) if money(low) == money(high) else f"{money(low)} to {money(high)}"


def show() -> None:
    draft = session.draft()
    chips = [f":material/description: {plain(draft.name)}"] if draft.path else []
    frame.title("Set-up", "What the cells are, which clusters to name, and who answers.", chips)
    if not draft.path:
        frame.empty_state("No file is open yet", "Your choices appear here once there is something to annotate.", "setup")
        return
    findings = findings_of(Path(draft.path), draft.read)
    with st.container(border=True):
        sample(draft)
    if findings.kind == "cells":
        with st.container(border=True):
            clusters(session.draft(), findings)
    with st.container(border=True):
        markers(session.draft(), findings)
    with st.container(border=True):
        draw_engine()
        draw_stages()
    before_you_start(session.draft(), findings)
    if st.button("Back to the data", icon=":material/arrow_back:", type="tertiary"):
        st.switch_page(DATA)


require_app(__file__)
with problems_as_cards("setup"):
    show()
