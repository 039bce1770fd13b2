"""What a learner did, kept in the folder of the person's data so that a closed browser loses nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cassia_core.domain.learning.lesson import Answer, Lesson, LessonProgress, Step
from cassia_core.errors import CassiaError
from cassia_core.runs.codec import read_json, write_json


def load_progress(folder: Path, lesson: Lesson) -> LessonProgress:
    """What was done so far; a new beginning where nothing was kept.

    Raises
    ------
    CassiaError
        The file is there and cannot be read. It is not written over.
    """
    path = folder / f"{lesson.id}.json"
    if not path.exists():
        return LessonProgress(lesson=lesson.id)
    saved = read_json(path, LessonProgress)
    return replace(saved, step=min(max(saved.step, 0), len(lesson.steps) - 1))


def save_progress(folder: Path, progress: LessonProgress) -> None:
    """Keep what was done.

    Raises
    ------
    CassiaError
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / f"{progress.lesson}.json", progress)
    except OSError as error:
        raise CassiaError(
            "Your answers could not be kept.",
            f"The folder of your data cannot be written ({error.strerror}).",
            "Free some space, or set CASSIA_HOME to a folder that can be written. You can go on meanwhile.",
        ) from error


def with_answer(progress: LessonProgress, question: str, chosen: str, right: bool) -> LessonProgress:
    """`progress` with one more choice; the same choice twice in a row counts once."""
    before = progress.answers.get(question)
    earlier = before.chosen if before else ()
    if earlier[-1:] == (chosen,):
        return progress
    answer = Answer(chosen=(*earlier, chosen), right=right)
    return replace(progress, answers={**progress.answers, question: answer})


def with_work(progress: LessonProgress, **done: str) -> LessonProgress:
    """`progress` with pieces of work that were done, or done anew."""
    return replace(progress, work={**progress.work, **done})


def is_done(step: Step, at: int, progress: LessonProgress) -> bool:
    """Whether all questions of the step at place `at` are answered rightly and its activity was done."""
    answered = all(q.id in progress.answers and progress.answers[q.id].right for q in step.questions)
    return answered and (not step.activity or done_name(at) in progress.work)


def done_name(at: int) -> str:
    """Name of the piece of work that says that the activity of the step at place `at` was done."""
    return f"done {at + 1}"
