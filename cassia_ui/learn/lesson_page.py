"""The list of lessons, and one lesson step by step."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cassia_core.domain.learning.lesson import Activity, Lesson, Step
from cassia_core.services.lessons import lessons
from cassia_ui.frame.markup import plain
from cassia_ui.learn import cell_activities as with_cells
from cassia_ui.learn import label_activities as with_labels
from cassia_ui.learn.lesson_state import begin_anew, choose_lesson, go_to, progress_of
from cassia_ui.learn.lesson_text import all_words, show_text
from cassia_ui.learn.questions import ask

DOERS: dict[Activity, Callable[[Lesson, Step, int], None]] = {
    "quality": with_cells.cut_cells,
    "normalise": with_cells.normalise,
    "resolution": with_cells.choose_resolution,
    "marker": with_cells.find_marker,
    "name": with_labels.name_clusters,
    "evidence": with_labels.read_evidence,
    "suspect": with_labels.find_wrong_label,
    "impure": with_labels.part_cluster,
    "correct": with_labels.correct_label,
    "report": with_labels.take_home,
}


def show_lessons() -> None:
    """All lessons to choose from, and the words."""
    for lesson in lessons.all_lessons():
        done = lessons.steps_done(lesson, progress_of(lesson))
        with st.container(border=True):
            st.subheader(plain(lesson.title), anchor=False)
            show_text(lesson.summary)
            st.markdown("\n".join(f"- {goal}" for goal in lesson.goals))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Go on" if any(done) else "Begin",
                    type="primary" if lesson == lessons.all_lessons()[0] else "secondary",
                    icon=":material/school:",
                    key=f"learn_open_{lesson.id}",
                    on_click=choose_lesson,
                    args=(lesson.id,),
                )
                st.markdown(f":gray[About {lesson.minutes} minutes. {sum(done)} of {len(done)} steps done.]")
    with st.expander("Words explained", icon=":material/dictionary:"):
        all_words()


def show_lesson(lesson: Lesson) -> None:
    """The step that the learner is at, with the way to the others."""
    progress = progress_of(lesson)
    at = progress.step
    step = lesson.steps[at]
    st.title(plain(lesson.title), anchor=False)
    _way(lesson, at)
    st.subheader(f"{at + 1}. {plain(step.title)}", anchor=False)
    show_text(step.text)
    if step.activity:
        with st.container(border=True, key=f"activity_{at}"):
            if step.task:
                st.markdown(":material/touch_app: **To do**")
                show_text(step.task)
            DOERS[step.activity](lesson, step, at)
    for question in step.questions:
        ask(lesson, question)
    _foot(lesson, at)


def _way(lesson: Lesson, at: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All lessons", icon=":material/arrow_back:", key="learn_all", on_click=choose_lesson, args=("",)
        )
        st.markdown(f":gray[Step {at + 1} of {len(lesson.steps)}]", width="stretch")
        with st.popover("Steps", icon=":material/list:"):
            done = lessons.steps_done(lesson, progress_of(lesson))
            for place, (step, finished) in enumerate(zip(lesson.steps, done, strict=True)):
                st.button(
                    f"{place + 1}. {step.title}",
                    icon=":material/check_circle:" if finished else ":material/circle:",
                    type="tertiary",
                    key=f"learn_step_{place}",
                    on_click=go_to,
                    args=(lesson, place),
                )
            st.button(
                "Begin anew", icon=":material/replay:", key="learn_anew", on_click=begin_anew, args=(lesson,)
            )
        with st.popover("Words", icon=":material/dictionary:"):
            all_words()
    st.progress((at + 1) / len(lesson.steps))


def _foot(lesson: Lesson, at: int) -> None:
    finished = lessons.steps_done(lesson, progress_of(lesson))[at]
    with st.container(horizontal=True, vertical_alignment="center"):
        if at:
            st.button(
                "Back", icon=":material/arrow_back:", key="learn_back", on_click=go_to, args=(lesson, at - 1)
            )
        if at + 1 < len(lesson.steps):
            st.button(
                f"Next: {lesson.steps[at + 1].title}",
                type="primary",
                icon=":material/arrow_forward:",
                key="learn_next",
                on_click=go_to,
                args=(lesson, at + 1),
            )
        badge = (
            ":green-badge[:material/check_circle: Step done]"
            if finished
            else ":gray[This step is not done yet.]"
        )
        st.markdown(badge)
