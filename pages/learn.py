"""Learn: lessons on real cells, done and not only read."""

from __future__ import annotations

from cassia_ui.frame import frame
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.learn.lesson_page import show_lesson, show_lessons
from cassia_ui.learn.lesson_state import open_lesson

require_app(__file__)
with problems_as_cards("learn"):
    lesson = open_lesson()
    if lesson is None:
        frame.title(
            "Learn", "Lessons on real blood cells: you cut, cluster, name, doubt and correct yourself."
        )
        show_lessons()
    else:
        show_lesson(lesson)
