"""One type of the knowledge base: its genes, its place, its siblings, and its genes in the run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.domain.findings import Findings
from cassia_core.services.engine import knowledge
from cassia_core.services.engine.knowledge import TypeMarkers
from cassia_core.services.labels.names import everyday_name, term_in_words
from cassia_core.services.plots.asked_genes import find_genes
from cassia_core.services.plots.plot_numbers import species_of, subject_of
from cassia_core.services.runs import results, runs
from cassia_ui.frame import session
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.words import ontology_page
from cassia_ui.plots.expression_plots import draw_dots_of

WEIGHTS = {3: "all but exclusive", 2: "strongly enriched", 1: "supportive"}
MOST_PLOTTED = 20


def draw_type(entry: TypeMarkers, species: str) -> None:
    """Everything that is known of a type."""
    with st.container(border=True):
        st.subheader(plain(entry.short), anchor=False)
        known = term_in_words(entry.term) if entry.term else "no Cell Ontology term"
        name = "" if entry.name.casefold() == entry.short.casefold() else f"{entry.name}, "
        path = " › ".join(everyday_name(above) for above in entry.path)
        st.markdown(f"{plain(f'{name}{known}')}  \n:gray[{plain(path)}]")
        for weight, words in WEIGHTS.items():
            genes = [g for g, w in entry.markers if w == weight]
            if genes:
                st.html(f"<p><b>{words.capitalize()}</b><br>{_chips(genes, 'in')}</p>")
        if entry.absent:
            st.html(f"<p><b>Speak against it</b><br>{_chips(entry.absent, 'measured')}</p>")
        st.markdown(f"**Tissues** {plain(', '.join(entry.tissues))}")
        if entry.aliases:
            st.markdown(f"**Also called** {plain(', '.join(entry.aliases))}")
        if entry.note:
            st.markdown(plain(entry.note))
    _draw_siblings(entry, species)
    _draw_place(entry)
    _draw_on_run(entry)


def _chips(genes: Sequence[str], kind: str) -> str:
    return " ".join(f'<span class="cw-gene {kind}">{escaped(g)}</span>' for g in genes)


def _draw_siblings(entry: TypeMarkers, species: str) -> None:
    """Types under the same parent and finer ones, with the genes by which each differs from this one."""
    siblings = knowledge.siblings_of(entry.name, species)
    if not siblings:
        return
    st.subheader("What tells its siblings and finer types from it", anchor=False)
    lines = "".join(
        f"<tr><th scope='row'>{escaped(everyday_name(name))}</th><td>{_chips(genes, 'in')}</td></tr>"
        for name, genes in siblings
    )
    st.html(f"<table class='cw-evidence'><tbody>{lines}</tbody></table>")


def _draw_place(entry: TypeMarkers) -> None:
    """The way from the root of the Cell Ontology to the type's term."""
    way = knowledge.ontology_path(entry.term.name) if entry.term else ()
    if not way:
        return
    st.subheader("Its place in the Cell Ontology", anchor=False)
    st.markdown(" › ".join(f"[{plain(term.name)}]({ontology_page(term.cl_id)})" for term in way))


def _draw_on_run(entry: TypeMarkers) -> None:
    """The type's genes in the clusters of the run that pages show."""
    run_id = session.chosen_run()
    if not run_id:
        return
    config = runs.load_config(run_id)
    data = results.load_results(run_id, session.chosen_dataset() or config.datasets[0].name)
    if not data.has_cells or not data.rows:
        return
    st.subheader(f"Its genes in {plain(config.title or data.spec.name)}", anchor=False)
    subject = subject_of(data)
    own = knowledge.describe_type(entry.name, _species(data.findings, species_of(data)))
    wanted = [gene for gene, _ in own.markers] if own else []
    genes = find_genes(subject.view.genes(), wanted, species_of(data)).genes[:MOST_PLOTTED]
    if genes:
        draw_dots_of(subject, genes)
    else:
        st.markdown(":gray[None of its genes is in these data.]")


def _species(findings: Findings | None, otherwise: str) -> str:
    return (findings.species if findings else "") or otherwise
