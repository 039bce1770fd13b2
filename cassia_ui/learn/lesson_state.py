"""The lesson that is open and what was done in it: in the session, and kept on disk at every change."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cassia_core.domain.learning.lesson import Lesson, LessonProgress
from cassia_core.services.lessons import lessons
from cassia_ui.frame import session

LESSON = "lesson"


def open_lesson() -> Lesson | None:
    """The lesson named in the address of the page; None for the list of lessons."""
    wanted = st.query_params.get(LESSON, "")
    return next((lesson for lesson in lessons.all_lessons() if lesson.id == wanted), None)


def choose_lesson(lesson_id: str) -> None:
    """Open a lesson, or with "" the list of them."""
    if lesson_id:
        st.query_params[LESSON] = lesson_id
    else:
        st.query_params.pop(LESSON, None)


def progress_of(lesson: Lesson) -> LessonProgress:
    """What was done in a lesson."""
    known = session.value(_name(lesson.id))
    if known is None:
        known = lessons.load_progress(lesson)
        session.remember(_name(lesson.id), known)
    return known


def keep(progress: LessonProgress) -> None:
    """Keep what was done, now and for later."""
    session.remember(_name(progress.lesson), progress)
    lessons.save_progress(progress)


def record(lesson: Lesson, at: int, finished: bool = True, **work: str) -> None:
    """Keep work of a step."""
    keep(lessons.record_work(progress_of(lesson), at, finished, **work))


def go_to(lesson: Lesson, at: int) -> None:
    """Show the step at place `at`."""
    keep(replace(progress_of(lesson), step=min(max(at, 0), len(lesson.steps) - 1)))


def begin_anew(lesson: Lesson) -> None:
    """Forget all answers and work of a lesson."""
    session.forget_widgets(f"learn_{lesson.id}_")
    keep(LessonProgress(lesson=lesson.id))


def _name(lesson_id: str) -> str:
    return f"lesson_progress_{lesson_id}"
