"""Texts of lessons on a page, with the words of the field explained where they stand."""

from __future__ import annotations

import streamlit as st

from cassia_core.look.student_words import WORDS, explain
from cassia_core.services.lessons import lessons
from cassia_ui.frame.markup import escaped


def show_text(text: str) -> None:
    """A text in Markdown; `[[word]]` gets a card that explains it on hover, touch and focus."""
    st.markdown(_with_words(lessons.text_of(text)), unsafe_allow_html=True)


def as_markdown(text: str) -> str:
    """The text for places that take no cards, such as choices: words without their brackets."""
    return lessons.text_of(text).replace("[[", "").replace("]]", "")


def all_words() -> None:
    """The whole table of words."""
    st.table(
        [
            {"Word": f"**{word}**", "Means": meaning}
            for word, meaning in sorted(WORDS.items(), key=_by_letters)
        ],
        border="horizontal",
        hide_index=True,
    )


def _by_letters(entry: tuple[str, str]) -> str:
    return entry[0].casefold()


def _with_words(text: str) -> str:
    """`text` with cards; nothing else of it is taken for HTML."""
    first, *rest = text.replace("<", "&lt;").split("[[")
    parts = [first]
    for part in rest:
        word, _, after = part.partition("]]")
        tip = f'<span class="cw-tip" role="tooltip">{escaped(explain(word))}</span>'
        parts.append(f'<span class="cw-word" tabindex="0">{escaped(word)}{tip}</span>{after}')
    return "".join(parts)
