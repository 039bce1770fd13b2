"""Knowledge: what the marker knowledge base holds."""

from __future__ import annotations

import streamlit as st

from cassia_core.services.engine import knowledge
from cassia_core.services.labels.names import everyday_name, term_in_words
from cassia_ui.frame import frame
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.problem_cards import problems_as_cards

BY_TYPE, BY_GENE = "A cell type", "A gene"
WEIGHTS = {3: "all but exclusive", 2: "strongly enriched", 1: "supportive"}


def chips(genes: list[str], kind: str) -> str:
    return " ".join(f'<span class="cw-gene {kind}">{escaped(g)}</span>' for g in genes)


def in_words(name: str) -> str:
    """A type to choose: its everyday name, and the one in full where that differs."""
    short = everyday_name(name)
    return short if short.casefold() == name.casefold() else f"{short}: {name}"


def draw_type(species: str) -> None:
    name = st.selectbox(
        "Cell type",
        knowledge.search_types("", limit=5000),
        index=None,
        key="knowledge_type",
        placeholder="Search a cell type, such as regulatory T cell",
        format_func=in_words,
    )
    entry = knowledge.describe_type(name, species) if name else None
    if entry is None:
        return
    with st.container(border=True):
        st.subheader(plain(entry.short), anchor=False)
        known = term_in_words(entry.term) if entry.term else "no Cell Ontology term"
        name = "" if entry.name.casefold() == entry.short.casefold() else f"{entry.name}, "
        path = " › ".join(everyday_name(above) for above in entry.path)
        st.markdown(f"{plain(f'{name}{known}')}  \n:gray[{plain(path)}]")
        for weight, words in WEIGHTS.items():
            genes = [g for g, w in entry.markers if w == weight]
            if genes:
                st.html(f"<p><b>{words.capitalize()}</b><br>{chips(genes, 'in')}</p>")
        if entry.absent:
            st.html(f"<p><b>Speak against it</b><br>{chips(list(entry.absent), 'measured')}</p>")
        st.markdown(f"**Tissues** {plain(', '.join(entry.tissues))}")
        if entry.children:
            st.markdown(f"**Finer types** {plain(', '.join(everyday_name(c) for c in entry.children))}")
        if entry.aliases:
            st.markdown(f"**Also called** {plain(', '.join(entry.aliases))}")
        if entry.note:
            st.markdown(plain(entry.note))


def draw_gene(species: str) -> None:
    gene = st.text_input("Gene symbol", placeholder="Such as CD79A", key="knowledge_gene").strip()
    if not gene:
        return
    uses = knowledge.types_of_gene(gene, species)
    if not uses:
        st.markdown(
            f":gray[No type of the knowledge base lists {plain(gene)}. That says nothing about the gene.]"
        )
        return
    st.dataframe(
        [
            {
                "Cell type": u.short,
                "Cell Ontology": u.cl_id,
                "Lineage": u.lineage,
                "How telling": WEIGHTS.get(int(u.weight), ""),
                "Label in full": u.cell_type,
            }
            for u in uses
        ],
        hide_index=True,
        alt=f"Cell types that {gene} marks",
    )


require_app(__file__)
with problems_as_cards("knowledge"):
    frame.title("Knowledge", "What our marker knowledge base says: the genes of a type, the types of a gene.")
    with st.container(horizontal=True, vertical_alignment="center"):
        way = st.segmented_control(
            "Look up",
            [BY_TYPE, BY_GENE],
            default=BY_TYPE,
            required=True,
            label_visibility="collapsed",
            key="knowledge_way",
        )
        chosen = st.segmented_control(
            "Species",
            ["human", "mouse"],
            default="human",
            required=True,
            label_visibility="collapsed",
            key="knowledge_species",
        )
    if way == BY_TYPE:
        draw_type(chosen)
    else:
        draw_gene(chosen)
