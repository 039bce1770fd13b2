"""Lessons for pages: their steps, the cells they are about, what the engine says, and what a learner did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from cassia_core import settings
from cassia_core.domain.learning.lesson import Lesson, LessonProgress, LessonQuestion
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.knowledge.scoring.engine import rank_types
from cassia_core.lessons import answers_page as take_home
from cassia_core.lessons import checking, progress, reading
from cassia_core.lessons.cells import LISTED, LessonCells, load_lesson_cells, marker_list
from cassia_core.lessons.facts import facts_of
from cassia_core.services.intake.intake import demo_path


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSays:
    """The offline engine's reading of a cluster's list: everyday names with those in full, genes most
    telling first.

    `share` (0 to 1) is how sure it is of the lineage; `rival` is the best name of another lineage.
    """

    name: str
    genes: tuple[str, ...]
    share: float
    rival: str
    rival_genes: tuple[str, ...]


def all_lessons() -> tuple[Lesson, ...]:
    """Every lesson there is, in the order in which they are offered."""
    return tuple(reading.read_lesson(name) for name in reading.lesson_ids())


@cache
def cells() -> LessonCells:
    """The demo's cells, read once for everybody. Nobody may change them."""
    return load_lesson_cells(demo_path())


@cache
def facts() -> dict[str, str]:
    """The numbers that lessons state; see `lessons.facts`."""
    return facts_of(cells())


@cache
def markers(cluster: str) -> ClusterMarkers:
    """The list of a cluster at the lesson's resolution."""
    return marker_list(cells(), cluster)


@cache
def engine_says(cluster: str) -> EngineSays:
    """What the offline engine makes of the list of a cluster."""
    ranking = rank_types(markers(cluster), Setting(species="human", tissue="blood"), LISTED)
    return EngineSays(
        name=_both_names(ranking.label),
        genes=ranking.named.genes,
        share=ranking.confidence,
        rival=_both_names(ranking.runner_up.entry.name),
        rival_genes=ranking.runner_up.genes,
    )


def _both_names(label: str) -> str:
    """The everyday name, and the one in full where a learner could not guess it."""
    short = everyday_name(label)
    return short if short.casefold() == label.casefold() else f"{short} ({label})"


def text_of(text: str) -> str:
    """A text of a lesson with its numbers."""
    return checking.filled(text, facts())


def load_progress(lesson: Lesson, root: Path | None = None) -> LessonProgress:
    """What the person did so far in a lesson."""
    return progress.load_progress(root or settings.lessons_root(), lesson)


def save_progress(done: LessonProgress, root: Path | None = None) -> None:
    """Keep what the person did."""
    progress.save_progress(root or settings.lessons_root(), done)


def answer(done: LessonProgress, question: LessonQuestion, chosen: str) -> LessonProgress:
    """`done` with one more choice for a question; `chosen` is the text of the option as shown."""
    right = any(o.right and text_of(o.text) == chosen for o in question.options)
    return progress.with_answer(done, question.id, chosen, right)


def record_work(done: LessonProgress, at: int, finished: bool = True, **work: str) -> LessonProgress:
    """`done` with work of the step at place `at`; `finished`: its activity is done with that."""
    named = {f"step {at + 1}: {name.replace('_', ' ')}": value for name, value in work.items()}
    if finished:
        named[progress.done_name(at)] = "yes"
    return progress.with_work(done, **named)


def work_of(done: LessonProgress, at: int, name: str) -> str:
    """What was recorded under a name in a step; "" for nothing."""
    return done.work.get(f"step {at + 1}: {name}", "")


def activity_done(done: LessonProgress, at: int) -> bool:
    """Whether the activity of the step at place `at` was done."""
    return progress.done_name(at) in done.work


def steps_done(lesson: Lesson, done: LessonProgress) -> tuple[bool, ...]:
    """For every step, whether all of it is done."""
    return tuple(progress.is_done(step, at, done) for at, step in enumerate(lesson.steps))


def answers_page(lesson: Lesson, done: LessonProgress, name: str) -> str:
    """The page to take home (HTML)."""
    return take_home.answers_page(lesson, done, facts(), name, date.today())
