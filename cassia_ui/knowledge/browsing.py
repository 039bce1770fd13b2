"""The tree of cell types to browse: organ, lineage, type, with their numbers."""

from __future__ import annotations

import streamlit as st

from cassia_core.services.engine import knowledge
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain

TYPE, _ORGAN = "knowledge_type", "knowledge_organ"
EVERYWHERE = "any"


def draw_tree() -> None:
    """Organs at the left; the types of the chosen one by lineage at the right, each a button to its page."""
    tree = knowledge.tree_of_types()
    organs = list(tree)
    left, right = st.columns((1, 3), gap="medium")
    with left:
        organ = st.radio(
            "Organ",
            organs,
            index=organs.index(EVERYWHERE),
            key=_ORGAN,
            format_func=lambda name: f"{_organ(name)} ({sum(map(len, tree[name].values()))})",
        )
    with right:
        lineages = tree[organ]
        st.subheader(_organ(organ).capitalize(), anchor=False)
        for lineage, types in lineages.items():
            st.markdown(f"**{plain(lineage)}** :gray[{len(types)}]")
            with st.container(horizontal=True, gap="xsmall"):
                for name, short in types:
                    st.button(
                        plain(short),
                        key=f"type_{organ}_{name}",
                        help=plain(name) if name != short else None,
                        on_click=session.remember,
                        args=(TYPE, name),
                    )


def _organ(name: str) -> str:
    return "in most organs" if name == EVERYWHERE else name
