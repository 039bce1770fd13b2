"""Check a lesson as a teacher would before class: every choice answered, every fact and word known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from cassia_core.domain.learning.lesson import Lesson, LessonQuestion, Step
from cassia_core.look.student_words import is_explained

FACT = re.compile(r"\{([a-z0-9_]+)\}")
WORD = re.compile(r"\[\[([^\]]+)\]\]")
MUST_HAVE: dict[str, tuple[str, ...]] = {
    "name": ("clusters", "names"),
    "evidence": ("clusters",),
    "suspect": ("clusters", "wrong_label"),
    "impure": ("clusters", "genes"),
    "correct": ("clusters", "wrong_label", "names"),
    "marker": ("clusters", "genes"),
    "normalise": ("genes",),
}
"""Settings without which an activity cannot be done."""


def problems_of(lesson: Lesson, facts: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with a lesson, a sentence each; none when it can be taught.

    Parameters
    ----------
    facts
        Names and values of what was computed from the data (`lessons.facts.facts_of`).
    """
    ids = Counter(q.id for step in lesson.steps for q in step.questions)
    problems = [f"The question id {name} is used {n} times." for name, n in ids.items() if n > 1]
    if not lesson.steps:
        problems.append("It has no steps.")
    for step in lesson.steps:
        problems += [f"{step.title}: {problem}" for problem in _of_step(step, facts)]
    return tuple(problems)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """`text` with every `{fact}` in its value; one that is not known stays as it is, and the check tells."""
    return FACT.sub(lambda m: facts.get(m.group(1), m.group()), text)


def _of_step(step: Step, facts: Mapping[str, str]) -> Iterator[str]:
    texts = [step.text, step.task, *(t for q in step.questions for t in _texts(q))]
    for name in sorted({m for text in texts for m in FACT.findall(text)} - set(facts)):
        yield f"There is no fact {{{name}}}."
    for word in sorted({m for text in texts for m in WORD.findall(text) if not is_explained(m)}):
        yield f"The word [[{word}]] is not in the students' words."
    for setting in MUST_HAVE.get(step.activity, ()):
        if not getattr(step, setting):
            yield f"The activity {step.activity} needs {setting}."
    if not step.activity and not step.questions:
        yield "It is only read: give it an activity or a question."
    for question in step.questions:
        yield from _of_question(question, facts)


def _texts(question: LessonQuestion) -> tuple[str, ...]:
    return (question.text, question.hint, *(t for o in question.options for t in (o.text, o.feedback)))


def _of_question(question: LessonQuestion, facts: Mapping[str, str]) -> Iterator[str]:
    right = [filled(o.text, facts) for o in question.options if o.right]
    if len(right) != 1:
        yield f"{question.id} has {len(right)} right answers, and must have one."
    if len(question.options) < 3:
        yield f"{question.id} has fewer than three answers to choose from."
    if not question.hint:
        yield f"{question.id} has no hint."
    if len({o.text for o in question.options}) < len(question.options):
        yield f"{question.id} has the same answer twice."
    if any(not o.feedback.strip() for o in question.options):
        yield f"{question.id} has an answer that nothing is said to."
    if question.fact and right and facts.get(question.fact) != right[0]:
        yield f"{question.id} calls {right[0]!r} right, and the data say {facts.get(question.fact)!r}."
