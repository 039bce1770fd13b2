"""A lesson: steps to read and to do, questions with an answer to every choice, and what a learner did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Activity = Literal[
    "",
    "quality",
    "normalise",
    "resolution",
    "marker",
    "name",
    "evidence",
    "suspect",
    "impure",
    "correct",
    "report",
]
ACTIVITIES: tuple[str, ...] = get_args(Activity)
"""What a learner can do in a step; "" is a step that is only read and asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to choose, and what is said to those who choose it."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonQuestion:
    """A question with one right answer. `id` is kept with the learner's answer, so it must not change.

    `fact`, where given, names the fact of the data that the right answer states (`lessons/facts.py`).
    """

    id: str
    text: str
    options: tuple[Option, ...]
    hint: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a lesson: a text in Markdown, an activity with its settings, and questions.

    What the settings `clusters`, `names`, `wrong_label` and `genes` mean depends on the activity
    (docs/guide/lessons.md).
    """

    title: str
    text: str
    minutes: int
    activity: Activity = ""
    task: str = ""
    clusters: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    wrong_label: str = ""
    genes: tuple[str, ...] = ()
    questions: tuple[LessonQuestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson as its folder says it. `id` is the folder's name; `with_cells`: whether cells are shown, or a
    table of marker genes only.
    """

    id: str
    title: str
    summary: str
    goals: tuple[str, ...]
    steps: tuple[Step, ...]
    with_cells: bool = True

    @property
    def minutes(self) -> int:
        """What all steps take together."""
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a learner chose for one question: the text of every choice in order, the last one standing."""

    chosen: tuple[str, ...]
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonProgress:
    """Where a learner is. `work` holds what was done: name of a piece of work to what was chosen."""

    lesson: str
    step: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    work: dict[str, str] = field(default_factory=dict)
