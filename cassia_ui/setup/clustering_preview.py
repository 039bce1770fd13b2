"""A small map of the clusters that the settings would give, on a sample, when a person asks for it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.side_jobs import PREVIEW_CELLS, PreviewFindings, SampleMixing
from cassia_core.errors import CassiaError
from cassia_core.look.palette import TRANSPARENT, wheel
from cassia_core.services.side_jobs import clustering_preview
from cassia_core.services.side_jobs.clustering_preview import ClusteringPreview, PreviewJob
from cassia_ui.frame import session
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.problem_cards import show_problem
from cassia_ui.frame.style import tokens
from cassia_ui.frame.words import STAGE_NAMES

_JOB, _PROBLEM = "preview_job", "preview_problem"
_LOOK_EVERY_S = 0.5
_HEIGHT = 340


def draw_preview(spec: DatasetSpec, findings: Findings) -> None:
    """The button, the progress, the map or the problem of a preview of `spec`.

    A preview under way for other parameters is ended.
    """
    key = clustering_preview.preview_key(spec)
    job: PreviewJob | None = session.value(_JOB)
    if job is not None and job.key != key:
        end_preview()
        job = None
        st.caption("The settings were changed, so the preview under way was ended.")
    saved = None if job else clustering_preview.kept_preview(key)
    if job is not None:
        _watch()
    elif saved is not None:
        _draw(saved, spec)
    else:
        _offer(spec, findings, key)


def end_preview() -> None:
    """End the preview under way, if there is one."""
    job: PreviewJob | None = session.value(_JOB)
    if job is not None:
        job.cancel()
        session.remember(_JOB, None)


def previewed_clusters(spec: DatasetSpec) -> int:
    """How many clusters the preview of `spec` found; 0 when there is none."""
    saved = clustering_preview.kept_preview(clustering_preview.preview_key(spec))
    return len(saved.findings.clusters) if saved else 0


def _offer(spec: DatasetSpec, findings: Findings, key: str) -> None:
    failed: tuple[str, CassiaError] | None = session.value(_PROBLEM)
    if failed is not None and failed[0] == key:
        show_problem(failed[1], "preview")
    n_cells = findings.n_cells or 0
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Preview these clusters", icon=":material/bubble_chart:", key="preview_start"):
            session.remember(_PROBLEM, None)
            session.remember(_JOB, clustering_preview.start_preview(spec, n_cells))
            st.rerun()
        some = f"a random {PREVIEW_CELLS:,} of {n_cells:,}" if n_cells > PREVIEW_CELLS else f"all {n_cells:,}"
        st.markdown(
            f":gray[A small map with these settings, on {some} cells, within seconds. The first on a "
            "machine takes up to "
            "a minute.]"
        )


@st.fragment(run_every=_LOOK_EVERY_S)
def _watch() -> None:
    """Draws itself again while the preview is under way; the rest of the page stays usable."""
    job: PreviewJob | None = session.value(_JOB)
    if job is None:
        return
    if job.running():
        progress = job.progress()
        step = STAGE_NAMES[progress.stage] if progress.stage else "Starting"
        st.progress(progress.fraction, text=f"**Preview: {step}.**")
        if st.button("Stop the preview", icon=":material/stop_circle:", key="preview_stop"):
            end_preview()
            st.rerun()
        return
    session.remember(_JOB, None)
    try:
        job.keep()
    except CassiaError as error:
        session.remember(_PROBLEM, (job.key, error))
    st.rerun()


def _draw(preview: ClusteringPreview, spec: DatasetSpec) -> None:
    previewed = preview.findings
    ids = tuple(c.cluster for c in previewed.clusters)
    with st.container(border=True, key="preview_result"):
        st.markdown(
            f"**{len(ids)} cluster{'' if len(ids) == 1 else 's'}** "
            f":gray[at resolution {previewed.resolution:g}, "
            f"{previewed.n_neighbors} neighbours, {previewed.n_pcs} components]"
        )
        st.markdown(f":material/info: {_how_far_to_trust(previewed, spec)}")
        left, right = st.columns((1, 1), gap="small")
        with left:
            st.plotly_chart(
                _map(preview, ids),
                width="stretch",
                theme=None,
                key="preview_map",
                config={"displayModeBar": False},
                alt=f"Map ({previewed.map_name}) of the preview, coloured and numbered by cluster",
            )
        with right:
            st.dataframe(
                [
                    {
                        "Cluster": c.cluster,
                        "Cells": c.n_cells,
                        "Genes highest here": ", ".join(c.genes) or "not tested",
                    }
                    for c in previewed.clusters
                ],
                hide_index=True,
                height=_HEIGHT,
                column_config={
                    "Cluster": st.column_config.TextColumn(width=62),
                    "Cells": st.column_config.NumberColumn(format="localized", width=62),
                },
                alt="Clusters of the preview with their cells and best genes",
            )
        if previewed.samples is not None:
            st.markdown(_mixing_in_words(previewed.samples))
        for notice in previewed.notices:
            st.caption(plain(notice))


def _map(preview: ClusteringPreview, ids: tuple[str, ...]) -> go.Figure:
    """Cells coloured by cluster, each cluster's number at its middle."""
    colours = tokens(session.theme())
    of_cluster = np.array(wheel(len(ids)))
    xy, codes = preview.xy, preview.codes
    figure = go.Figure(
        go.Scattergl(
            x=xy[:, 0],
            y=xy[:, 1],
            mode="markers",
            marker={"size": 4, "color": of_cluster[codes]},
            text=np.array(ids, dtype=object)[codes],
            hovertemplate="Cluster %{text}<extra></extra>",
        )
    )
    for code, name in enumerate(ids):
        middle = np.nanmedian(xy[codes == code], axis=0)
        if np.isfinite(middle).all():
            figure.add_annotation(
                x=middle[0],
                y=middle[1],
                text=f"<b>{escaped(name)}</b>",
                showarrow=False,
                bgcolor=colours["card"],
                opacity=0.9,
                borderpad=2,
                font={"size": 13, "color": colours["text"]},
            )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        xaxis_visible=False,
        yaxis_visible=False,
        showlegend=False,
        hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"]}},
    )
    return figure


def _mixing_in_words(samples: SampleMixing) -> str:
    """What Harmony would change, as measured; it is never switched on by itself."""
    return (
        f":material/blender: **Samples** (column {plain(samples.column)}, {samples.n_samples}): "
        f"neighbouring cells are "
        f"mixed at {samples.before:.0%} of what chance gives; with Harmony at {samples.after:.0%}. Bring "
        f"them together "
        "only if they differ for technical reasons."
    )


def _how_far_to_trust(previewed: PreviewFindings, spec: DatasetSpec) -> str:
    """The honest sentence: how many of the cells were looked at, and what a run does beyond that."""
    if previewed.n_drawn < previewed.n_run:
        text = (
            f"A preview on {previewed.n_drawn:,} of {previewed.n_run:,} cells; the run uses all cells, "
            "so numbers of clusters can differ."
        )
    else:
        text = f"A preview on all {previewed.n_drawn:,} cells."
    if previewed.n_removed:
        text += f" {previewed.n_removed:,} of them are set aside by your limits."
    if clustering_preview.leaves_doublets_out(spec.qc):
        text += " The run also looks for doublets; the preview does not."
    return text
