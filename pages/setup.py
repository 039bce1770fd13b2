"""Set-up: tissue, clusters, markers, who answers; then what it costs and what leaves this machine."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cassia_core.domain.config import UNKNOWN_TISSUE, DatasetSpec, RunConfig
from cassia_core.domain.findings import Findings
from cassia_core.services.batches.planning import OPEN_RANGE
from cassia_core.services.engine.knowledge import tissue_names
from cassia_core.services.runs import runs
from cassia_ui.data.file_findings import findings_of
from cassia_ui.data.memory_offer import draw_memory_offer
from cassia_ui.frame import frame, session
from cassia_ui.frame.estimates import price, span
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import DATA, RUN
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.setup.clustering_form import draw_clusters
from cassia_ui.setup.clustering_preview import draw_preview, end_preview, previewed_clusters
from cassia_ui.setup.engine_form import draw_engine, draw_stages
from cassia_ui.setup.markers_form import draw_markers
from cassia_ui.setup.nudges import ask_tissue


def sample(draft: session.RunDraft, findings: Findings) -> None:
    st.subheader("The sample", anchor=False)
    left, right = st.columns((2, 1))
    names = list(dict.fromkeys([UNKNOWN_TISSUE, draft.tissue, *tissue_names()]))
    tissue = left.selectbox(
        "Tissue",
        names,
        index=names.index(draft.tissue),
        accept_new_options=True,
        key="draft_tissue",
        help="Search, type your own, or leave it unknown: then the agents infer it.",
    )
    known = ["human", "mouse"]
    species = draft.species or "human"
    options = list(dict.fromkeys([*known, species]))
    chosen = right.selectbox(
        "Species", options, index=options.index(species), accept_new_options=True, key="draft_species"
    )
    session.change_draft(tissue=tissue or UNKNOWN_TISSUE, tissue_set=True, species=chosen or "human")
    ask_tissue(findings)
    context = st.text_area(
        "Anything the agents should know (optional)",
        draft.context,
        key="draft_context",
        height=80,
        placeholder="For example: tumour biopsy, treated for two weeks, enriched for CD45",
    )
    session.change_draft(context=context)


def spec_of(draft: session.RunDraft) -> DatasetSpec:
    return DatasetSpec(
        name=draft.name,
        path=draft.path,
        tissue=draft.tissue,
        species=draft.species or "human",
        context=draft.context,
        read=draft.read,
        qc=draft.qc,
        clustering=draft.clustering,
        markers=draft.markers,
    )


def expected_clusters(draft: session.RunDraft, findings: Findings) -> tuple[tuple[int, int], str]:
    """Fewest and most clusters that there will be, and how that is known."""
    column = draft.clustering.cluster_column
    if findings.kind == "markers":
        n = findings.n_clusters or 0
        return (n, n), "Clusters of the table."
    n_clusters = next((c.n_values for c in findings.obs_columns if c.name == column), None)
    if column is not None and n_clusters is not None:
        return (n_clusters, n_clusters), f"Clusters of the column {column}."
    previewed = previewed_clusters(spec_of(draft))
    if previewed:
        return (previewed, previewed), "From the preview; the run may find a few more or fewer."
    return OPEN_RANGE, "Nobody knows yet: the clustering decides. A preview tells more."


def _clusters(expected: tuple[int, int], previewed: bool) -> str:
    if expected == OPEN_RANGE:
        return "open"
    return f"about {expected[0]}" if previewed else f"{expected[0]}"


def before_you_start(draft: session.RunDraft, findings: Findings) -> None:
    config = RunConfig(datasets=(spec_of(draft),), annotation=draft.annotation, title=draft.name)
    clusters, why = expected_clusters(draft, findings)
    low, high = (runs.estimate_run(config, n) for n in clusters)
    with st.container(border=True):
        st.subheader("Before you start", anchor=False)
        columns = st.columns(4)
        columns[0].metric("Clusters", _clusters(clusters, why.startswith("From the preview")), help=why)
        columns[1].metric("Questions", span(low.calls_low, high.calls_high))
        columns[2].metric(
            "Tokens",
            span(
                low.input_tokens_low + low.output_tokens_low, high.input_tokens_high + high.output_tokens_high
            ),
        )
        columns[3].metric("Price", price(low.cost_low_usd, high.cost_high_usd))
        if clusters == OPEN_RANGE:
            st.caption(f"Reckoned for {clusters[0]} to {clusters[1]} clusters.")
        if draft.tissue == UNKNOWN_TISSUE:
            st.markdown(
                ":orange[:material/help: **Which tissue is it?**] None is chosen above. The types of an "
                "organ are told apart better where it is known; without one the agents infer it."
            )
        estimate = high
        if estimate.sent:
            st.markdown(":material/upload: **What leaves this machine**")
            st.markdown("\n".join(f"- {plain(line)}" for line in estimate.sent))
        else:
            st.markdown(
                ":green-badge[:material/lock: Nothing leaves this machine] The offline engine answers: a "
                "look-up "
                "in our marker knowledge base, not a language model."
            )
        if st.button("Start", type="primary", icon=":material/play_arrow:"):
            session.choose_run(runs.start_run(config, session.keys()))
            st.switch_page(RUN, query_params={"run": session.chosen_run()})


def show() -> None:
    draft = session.draft()
    chips = [f":material/description: {plain(draft.name)}"] if draft.path else []
    frame.title("Set-up", "What the cells are, which clusters to name, and who answers.", chips)
    if not draft.path:
        frame.empty_state(
            "No file is open yet", "Your choices appear here once there is something to annotate.", "setup"
        )
        return
    findings = findings_of(Path(draft.path), draft.read)
    with st.container(border=True):
        sample(draft, findings)
    if findings.kind == "cells":
        draw_memory_offer(findings)
        with st.container(border=True):
            if draw_clusters(findings):
                draw_preview(spec_of(session.draft()), findings)
            else:
                end_preview()
    with st.container(border=True):
        draw_markers(findings)
    with st.container(border=True):
        draw_engine()
        draw_stages()
    before_you_start(session.draft(), findings)
    if st.button("Back to the data", icon=":material/arrow_back:", type="tertiary"):
        st.switch_page(DATA)


require_app(__file__)
with problems_as_cards("setup"):
    show()
