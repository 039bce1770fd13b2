"""Knowledge: what the marker knowledge base holds, to browse and to search."""

from __future__ import annotations

import streamlit as st

from cassia_core.services.engine import knowledge
from cassia_core.services.labels.names import everyday_name
from cassia_ui.frame import frame, session
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.knowledge.browsing import TYPE, draw_tree
from cassia_ui.knowledge.type_page import WEIGHTS, draw_type

BY_TYPE, BY_GENE = "A cell type", "A gene"


def in_words(name: str) -> str:
    """A type to choose: its everyday name, and the one in full where that differs."""
    short = everyday_name(name)
    return short if short.casefold() == name.casefold() else f"{short}: {name}"


def types(species: str) -> None:
    name = st.selectbox(
        "Cell type",
        knowledge.search_types("", limit=5000),
        index=None,
        key=TYPE,
        placeholder="Search a cell type, such as regulatory T cell",
        format_func=in_words,
    )
    entry = knowledge.describe_type(name, species) if name else None
    if entry is None:
        draw_tree()
        return
    st.button(
        "All types",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=session.remember,
        args=(TYPE, None),
    )
    draw_type(entry, species)


def genes(species: str) -> None:
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
    frame.title(
        "Knowledge",
        f"What our marker knowledge base says of {knowledge.n_types()} cell types: the genes of a type, the "
        "types of a gene.",
    )
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
        types(chosen)
    else:
        genes(chosen)
