"""What a learner takes home: one HTML file with the questions, the own answers and the own work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape

from cassia_core.domain.learning.lesson import Answer, Lesson, LessonProgress, LessonQuestion
from cassia_core.lessons.checking import WORD, filled
from cassia_core.look.palette import css_variables
from cassia_core.version import __version__

_STYLE = (
    "body{font:17px/1.55 'Source Sans 3',Arial,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;"
    "color:var(--text);background:var(--ground)}h1{margin-bottom:0}h2{border-top:1px solid var(--line);"
    "padding-top:1rem}.q{background:var(--soft);padding:.6rem 1rem;margin:.7rem 0;border-radius:8px}"
    ".m{color:var(--muted)}table{border-collapse:collapse}td,th{border-bottom:1px solid var(--line);"
    "padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}"
)


def answers_page(
    lesson: Lesson, progress: LessonProgress, facts: Mapping[str, str], name: str, day: date
) -> str:
    """The whole page; it loads nothing from elsewhere.

    Parameters
    ----------
    name
        What the learner wants to stand above the answers; "" for nothing.
    """
    who = f"{name}, " if name.strip() else ""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{escape(lesson.title)}: my answers</title>",
        f"<style>:root{{{css_variables('light')}}}{_STYLE}</style>",
        f"<h1>{escape(lesson.title)}</h1>",
        f"<p class=m>{escape(who)}{day.isoformat()}, CASSIA Workbench {escape(__version__)}</p>",
    ]
    for at, step in enumerate(lesson.steps):
        parts.append(f"<h2>{at + 1}. {escape(step.title)}</h2>")
        parts.append(_work(at, progress))
        parts += [_question(q, progress.answers.get(q.id), facts) for q in step.questions]
    return "\n".join(parts) + "\n</html>\n"


def _work(at: int, progress: LessonProgress) -> str:
    begin = f"step {at + 1}: "
    rows = [
        f"<tr><th>{escape(name.removeprefix(begin))}</th><td>{escape(value)}</td></tr>"
        for name, value in progress.work.items()
        if name.startswith(begin)
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _question(question: LessonQuestion, answer: Answer | None, facts: Mapping[str, str]) -> str:
    asked = escape(_words_only(filled(question.text, facts)))
    if answer is None:
        return f"<div class=q><b>{asked}</b><br><span class=m>Not answered.</span></div>"
    said = {filled(o.text, facts): filled(o.feedback, facts) for o in question.options}
    tries = "".join(
        f"<li>{escape(chosen)}<br><span class=m>{escape(_words_only(said.get(chosen, '')))}</span></li>"
        for chosen in answer.chosen
    )
    verdict = "Answered rightly" if answer.right else "Not yet right"
    n = len(answer.chosen)
    return f"<div class=q><b>{asked}</b><ol>{tries}</ol>{verdict} ({n} {'try' if n == 1 else 'tries'}).</div>"


def _words_only(text: str) -> str:
    return WORD.sub(r"\1", text).replace("*", "")
