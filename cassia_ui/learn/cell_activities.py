"""What a learner does with cells: cut, normalise, cluster, look at a gene."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cassia_core.domain.learning.lesson import Lesson, Step
from cassia_core.look.student_words import explain
from cassia_core.services.lessons import lessons
from cassia_ui.learn.lesson_charts import bars_of, map_of_chosen, map_of_clusters, map_of_values, violins_of
from cassia_ui.learn.lesson_state import progress_of, record

COUNTED, NORMALISED = "Counts", "Normalised, log"


def cut_cells(lesson: Lesson, step: Step, at: int) -> None:
    """Move two limits, and see which cells leave, and of which kind."""
    about, key = lessons.cells().about, f"learn_{lesson.id}_{at}"
    left, right = st.columns(2)
    least = left.slider(
        "Least genes of a cell", 1000, 1600, 1000, 50, key=f"{key}_genes", help=explain("droplet")
    )
    most = right.slider(
        "Most mitochondrial share, in %",
        1.0,
        5.0,
        5.0,
        0.5,
        key=f"{key}_mito",
        help=explain("mitochondrial share"),
    )
    stays = ((about["n_genes"] >= least) & (100 * about["percent_mito"] <= most)).to_numpy()
    n = int(stays.sum())
    st.markdown(f"**{n:,} of {len(stays):,} cells stay**, {len(stays) - n:,} leave.")
    left, right = st.columns(2)
    with left:
        map_of_chosen(stays, f"{key}_map", f"Map: {n} cells stay in colour, the others are grey")
        st.caption("In colour: cells that stay.")
    with right:
        lost = (~about.assign(stays=stays)["stays"]).groupby(about["file_label"]).mean()
        bars_of(lost, "Cells that leave, by the label in the file", f"{key}_bars")
    if st.button("Keep these limits", key=f"{key}_keep", icon=":material/content_cut:"):
        record(
            lesson,
            at,
            least_genes=f"{least:,}",
            most_mitochondrial_share=f"{most:g} %",
            cells_that_stay=f"{n:,}",
        )


def normalise(lesson: Lesson, step: Step, at: int) -> None:
    """The same gene as counted and as normalised, beside the totals of the cells."""
    cells, key = lessons.cells(), f"learn_{lesson.id}_{at}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        gene = st.selectbox("Gene", step.genes, key=f"{key}_gene", width=220)
        shown = st.segmented_control(
            "Show",
            [COUNTED, NORMALISED],
            default=COUNTED,
            required=True,
            key=f"{key}_shown",
            help=explain("normalisation"),
        )
    values = cells.counts_of(gene).astype(float) if shown == COUNTED else cells.of_gene(gene)
    totals = cells.about["n_counts"].to_numpy()
    low, high = np.quantile(totals, (1 / 3, 2 / 3))
    groups = np.select(
        [totals <= low, totals <= high], ["1: small total", "2: middle total"], "3: large total"
    )
    violins_of(values, list(groups), f"{gene}: {shown.lower()}", f"{key}_violin")
    means = [values[groups == g].mean() for g in np.unique(groups)]
    st.markdown(
        f"Mean of the third of cells with the largest totals, over that of the third with the smallest: "
        f"**{means[2] / means[0]:.2f}**."
    )
    if shown == NORMALISED and not lessons.activity_done(progress_of(lesson), at):
        record(lesson, at, seen="counts and normalised values")


def choose_resolution(lesson: Lesson, step: Step, at: int) -> None:
    """Try levels of clustering on the map, and choose one."""
    cells, key = lessons.cells(), f"learn_{lesson.id}_{at}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.segmented_control(
            "Resolution",
            list(cells.clusters.columns),
            default=cells.clusters.columns[0],
            required=True,
            key=f"{key}_level",
            help=explain("resolution"),
            width="stretch",
        )
        gene = st.selectbox("Beside it: cells by a gene", step.genes, key=f"{key}_gene", width=260)
    clusters = cells.clusters[level]
    sizes = clusters.value_counts()
    st.markdown(
        f"**{len(sizes)} clusters**; the largest has {sizes.max()} cells, the smallest {sizes.min()}."
    )
    left, right = st.columns(2)
    with left:
        map_of_clusters(clusters, f"{key}_map")
    with right:
        map_of_values(cells.of_gene(gene), gene, f"{key}_gene_map")
    tried = lessons.work_of(progress_of(lesson), at, "tried").split()
    if level not in tried:
        tried = [*tried, level]
        record(lesson, at, finished=False, tried=" ".join(tried))
    enough = len(tried) >= 3
    if st.button(f"Choose {level}", key=f"{key}_choose", disabled=not enough, icon=":material/check:"):
        record(lesson, at, chosen_resolution=level)
    if not enough:
        st.caption(f"Look at three at least: {len(tried)} so far.")


def find_marker(lesson: Lesson, step: Step, at: int) -> None:
    """Choose a gene, see it on the map and as violins, and find one that marks a cluster."""
    cells, key, cluster = lessons.cells(), f"learn_{lesson.id}_{at}", step.clusters[0]
    genes = [*step.genes, *(g for g in sorted(cells.genes) if g not in step.genes)]
    gene = st.selectbox("Gene", genes, key=f"{key}_gene", width=260, help=explain("marker gene"))
    clusters = cells.clusters["0.4"]
    left, right = st.columns(2)
    with left:
        map_of_values(cells.of_gene(gene), gene, f"{key}_map")
    with right:
        violins_of(cells.of_gene(gene), list(clusters), f"{gene}, by cluster", f"{key}_violin")
    inside, seen = cells.in_cluster(cluster), cells.counts_of(gene) > 0
    here, elsewhere = float(seen[inside].mean()), float(seen[~inside].mean())
    st.markdown(
        f"*{gene}* is seen in **{here:.0%}** of cluster {cluster} and in **{elsewhere:.0%}** of all others."
    )
    if st.button(f"{gene} marks cluster {cluster}", key=f"{key}_try", icon=":material/flag:"):
        _judge_marker(lesson, at, gene, here, elsewhere)


def _judge_marker(lesson: Lesson, at: int, gene: str, here: float, elsewhere: float) -> None:
    if here < 0.8:
        st.warning(f"Only {here:.0%} of the cluster have it. Look for a gene that four of five cells have.")
    elif elsewhere > 0.15:
        st.warning(f"{elsewhere:.0%} of the other cells have it, too: it says what several kinds share.")
    else:
        record(lesson, at, marker=f"{gene}: {here:.0%} inside, {elsewhere:.0%} elsewhere")
        st.success("It is seen in most cells here and in few elsewhere: a marker.")
