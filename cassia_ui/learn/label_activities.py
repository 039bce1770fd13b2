"""What a learner does with labels: name, read the evidence, find a wrong one, part, correct."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cassia_core.domain.learning.lesson import Lesson, Step
from cassia_core.look.student_words import explain
from cassia_core.services.lessons import lessons
from cassia_ui.frame.markup import plain
from cassia_ui.learn.lesson_charts import map_of_chosen, violins_of
from cassia_ui.learn.lesson_state import progress_of, record

SHOWN = 12
"""Genes of a list that are shown."""


def name_clusters(lesson: Lesson, step: Step, at: int) -> None:
    """Name clusters from their genes; only then the engine's answer opens."""
    key, chosen = f"learn_{lesson.id}_{at}", {}
    opened = lessons.activity_done(progress_of(lesson), at)
    for column, cluster in zip(st.columns(len(step.clusters)), step.clusters, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**Cluster {cluster}**, {lessons.markers(cluster).n_cells} cells")
            if lesson.with_cells:
                inside = lessons.cells().in_cluster(cluster)
                map_of_chosen(inside, f"{key}_map_{cluster}", f"Map with cluster {cluster} in colour", 240)
            _genes_table(cluster, n=8)
            saved = lessons.work_of(progress_of(lesson), at, f"my name of cluster {cluster}")
            names = list(step.names)
            chosen[cluster] = st.selectbox(
                f"My name of cluster {cluster}",
                names,
                index=names.index(saved) if saved in names else None,
                placeholder="Choose a name",
                key=f"{key}_name_{cluster}",
                disabled=opened,
            )
    missing = [c for c, name in chosen.items() if name is None]
    if not opened and st.button(
        "Open the engine's answer", key=f"{key}_open", disabled=bool(missing), icon=":material/lock_open:"
    ):
        record(lesson, at, True, **{f"my_name_of_cluster_{c}": str(name) for c, name in chosen.items()})
        st.rerun()
    if missing and not opened:
        st.caption("The engine's answer opens when all are named.")
    if opened:
        _compare(chosen)


def _compare(chosen: dict[str, str | None]) -> None:
    st.table(
        [
            {
                "Cluster": cluster,
                "You": plain(name or ""),
                "Offline engine": plain(lessons.engine_says(cluster).name),
                "Genes that spoke for it": ", ".join(
                    f"*{g}*" for g in lessons.engine_says(cluster).genes[:6]
                ),
                "Best name of another family": plain(lessons.engine_says(cluster).rival),
            }
            for cluster, name in chosen.items()
        ],
        border="horizontal",
        hide_index=True,
    )
    st.caption("Two names may both be right: one can be broader than the other.")


def read_evidence(lesson: Lesson, step: Step, at: int) -> None:
    """The genes of a cluster beside the engine's name and its nearest rival of another family."""
    key = f"learn_{lesson.id}_{at}"
    cluster = st.segmented_control(
        "Cluster",
        list(step.clusters),
        default=step.clusters[0],
        required=True,
        key=f"{key}_cluster",
        help=explain("evidence"),
    )
    says = lessons.engine_says(cluster)
    st.markdown(f"The engine says **{plain(says.name)}**, and is {says.share:.0%} sure of that family.")
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**Speak for {plain(says.name)}**")
        st.markdown(_italic(says.genes) or "None of the list.")
    with right.container(border=True):
        st.markdown(f"**Would speak for {plain(says.rival)}**, the best name of another family")
        st.markdown(_italic(says.rival_genes) or "None of the list.")
    _genes_table(cluster)
    read = lessons.work_of(progress_of(lesson), at, "read").split()
    if cluster not in read:
        read = [*read, cluster]
        record(lesson, at, finished=len(read) >= len(step.clusters), read=" ".join(read))
    if len(read) < len(step.clusters):
        st.caption(f"Read the others, too: {len(read)} of {len(step.clusters)} so far.")


def find_wrong_label(lesson: Lesson, step: Step, at: int) -> None:
    """A copy of the labels in which one was made wrong: find it by the genes."""
    key = f"learn_{lesson.id}_{at}"
    labels = dict(zip(step.clusters, step.names, strict=True))
    cluster = st.segmented_control(
        "Look at",
        list(labels),
        default=step.clusters[0],
        required=True,
        format_func=lambda c: f"{c}: {labels[c]}",
        key=f"{key}_cluster",
    )
    left, right = st.columns(2)
    with left:
        st.markdown(f"Cluster {cluster} is called **{plain(labels[cluster])}**. Its genes:")
        _genes_table(cluster, n=10)
    with right:
        st.markdown("Share of its cells with genes that mark well-known families:")
        _well_known(cluster, step.genes)
    if st.button(f"The label of cluster {cluster} is wrong", key=f"{key}_accuse", icon=":material/flag:"):
        if cluster == step.wrong_label:
            record(lesson, at, wrong_label=f"{labels[cluster]} (cluster {cluster})")
            st.success(f"Yes. Nothing in the list of cluster {cluster} speaks for {labels[cluster]}.")
        else:
            first = ", ".join(lessons.engine_says(cluster).genes[:3])
            st.warning(f"Its own genes carry this label, such as {first}. Look at the others.")


def part_cluster(lesson: Lesson, step: Step, at: int) -> None:
    """Look for the gene that only a part of the cluster has."""
    cells, key, cluster = lessons.cells(), f"learn_{lesson.id}_{at}", step.clusters[0]
    gene = st.selectbox("Gene", sorted(step.genes, reverse=True), key=f"{key}_gene", width=220)
    inside, seen = cells.in_cluster(cluster), cells.counts_of(gene) > 0
    others = step.clusters[1:]
    shown = np.isin(cells.clusters["0.4"].to_numpy(), [cluster, *others])
    left, right = st.columns(2)
    with left:
        groups = [f"cluster {c}" for c in cells.clusters["0.4"][shown]]
        violins_of(cells.of_gene(gene)[shown], groups, f"{gene}, log-normalised", f"{key}_violin")
    with right:
        map_of_chosen(inside & seen, f"{key}_map", f"Map: cells of cluster {cluster} with {gene} in colour")
        st.caption(f"In colour: cells of cluster {cluster} with {gene}.")
    n_with, n = int((inside & seen).sum()), int(inside.sum())
    st.markdown(f"*{gene}* was seen in **{n_with} of {n}** cells of cluster {cluster}.")
    if st.button(f"{gene} parts the cluster", key=f"{key}_try", icon=":material/call_split:"):
        _judge_parting(lesson, step, at, gene, n_with, n)


def _judge_parting(lesson: Lesson, step: Step, at: int, gene: str, n_with: int, n: int) -> None:
    if n_with / n >= 0.9:
        st.warning("Nearly all cells of the cluster have it: it says what they share.")
    elif gene != step.genes[0]:
        st.warning(
            "A gene with few molecules is often missed: not seeing it in a cell says little. Look for one "
            "that nearly every cell of a pure neighbour has."
        )
    else:
        record(lesson, at, gene_that_parts=f"{gene}: {n_with} of {n} cells")
        st.success(f"Yes: {n_with} cells with it and {n - n_with} in which it was not seen.")


def correct_label(lesson: Lesson, step: Step, at: int) -> None:
    """Give the cluster with the wrong label a better one, with the reason."""
    key, cluster = f"learn_{lesson.id}_{at}", step.clusters[0]
    _genes_table(cluster, n=10)
    new = st.selectbox(
        "New label", sorted(step.names), index=None, placeholder="Choose a name", key=f"{key}_new"
    )
    why = st.text_input("Because", placeholder="Genes, and what they say", key=f"{key}_why", max_chars=300)
    if st.button("Correct the label", key=f"{key}_save", disabled=new is None or not why.strip()) and new:
        if new == step.names[0]:
            record(lesson, at, before=step.wrong_label, after=new, because=why.strip())
        else:
            st.warning(
                f"Which genes of the list mark {new}? Compare with what the engine read in it: "
                f"{', '.join(lessons.engine_says(cluster).genes[:4])}."
            )
    after = lessons.work_of(progress_of(lesson), at, "after")
    if after:
        st.success(
            f"Corrected: {step.wrong_label} is now {after}. The app keeps the old label and your reason."
        )


def take_home(lesson: Lesson, step: Step, at: int) -> None:
    """Download the answers."""
    key = f"learn_{lesson.id}_{at}"
    name = st.text_input("Name above the answers (may stay empty)", key=f"{key}_who", max_chars=80)
    page = lessons.answers_page(lesson, progress_of(lesson), name)
    if st.download_button(
        "Download my answers (HTML)",
        page,
        file_name=f"my_answers_{lesson.id}.html",
        mime="text/html",
        key=f"{key}_download",
        icon=":material/download:",
    ):
        record(lesson, at)


def _genes_table(cluster: str, n: int = SHOWN) -> None:
    st.table(
        [
            {"Gene": f"*{plain(g.gene)}*", "In": f"{g.pct_in:.0%}", "Elsewhere": f"{g.pct_out:.0%}"}
            for g in lessons.markers(cluster).genes[:n]
        ],
        border="horizontal",
        hide_index=True,
    )


def _well_known(cluster: str, genes: tuple[str, ...]) -> None:
    cells = lessons.cells()
    inside = cells.in_cluster(cluster)
    st.table(
        [
            {
                "Gene": f"*{plain(gene)}*",
                "In this cluster": f"{(cells.counts_of(gene)[inside] > 0).mean():.0%}",
                "Elsewhere": f"{(cells.counts_of(gene)[~inside] > 0).mean():.0%}",
            }
            for gene in genes
        ],
        border="horizontal",
        hide_index=True,
    )


def _italic(genes: tuple[str, ...]) -> str:
    return ", ".join(f"*{plain(g)}*" for g in genes[:SHOWN])
