"""Questions of a step: every choice gets an answer, a hint waits, and one may try again."""

from __future__ import annotations

from zlib import crc32

import streamlit as st

from cassia_core.domain.learning.lesson import Answer, Lesson, LessonQuestion
from cassia_core.services.lessons import lessons
from cassia_ui.learn.lesson_state import keep, progress_of
from cassia_ui.learn.lesson_text import as_markdown, show_text


def ask(lesson: Lesson, question: LessonQuestion) -> None:
    """Draw one question with what was answered so far."""
    given = progress_of(lesson).answers.get(question.id)
    key = f"learn_{lesson.id}_{question.id}"
    with st.container(border=True, key=f"question_{question.id}"):
        texts = sorted((lessons.text_of(o.text) for o in question.options), key=_shuffled)
        before = texts.index(given.chosen[-1]) if given and given.chosen[-1] in texts else None
        chosen = st.radio(
            f"**{as_markdown(question.text)}**", texts, index=before, format_func=as_markdown, key=key
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Check my answer", key=f"{key}_check", disabled=chosen is None) and chosen:
                given = _checked(lesson, question, chosen)
            if question.hint:
                with st.popover("Hint", icon=":material/lightbulb:"):
                    show_text(question.hint)
        if given:
            _say(question, given)


def _shuffled(text: str) -> int:
    """A place that has nothing to do with which answer is right, and is the same at every visit."""
    return crc32(text.encode())


def _checked(lesson: Lesson, question: LessonQuestion, chosen: str) -> Answer:
    done = lessons.answer(progress_of(lesson), question, chosen)
    keep(done)
    return done.answers[question.id]


def _say(question: LessonQuestion, given: Answer) -> None:
    said = next((o.feedback for o in question.options if lessons.text_of(o.text) == given.chosen[-1]), "")
    verdict = (
        ":green-badge[:material/check_circle: Right]"
        if given.right
        else ":orange-badge[:material/replay: Not yet]"
    )
    st.markdown(f"{verdict} {as_markdown(said)}")
