"""Read lessons from their folders; docs/guide/lessons.md describes the form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from cassia_core.domain.learning.lesson import ACTIVITIES, Activity, Lesson, LessonQuestion, Option, Step
from cassia_core.errors import InputError

CONTENT = Path(__file__).parent / "content"
FENCE = "+++"
"""Stands alone on a line before and after the settings of a step."""


def lesson_ids(content: Path = CONTENT) -> tuple[str, ...]:
    """Ids of all lessons, in the order in which they are offered (`place` in lesson.toml)."""
    folders = [folder.parent for folder in content.glob("*/lesson.toml")]
    return tuple(
        f.name
        for f in sorted(folders, key=lambda f: (_toml_file(f / "lesson.toml").get("place", 99), f.name))
    )


def read_lesson(lesson_id: str, content: Path = CONTENT) -> Lesson:
    """Read a lesson with all its steps.

    Raises
    ------
    InputError
        There is no such lesson, or one of its files is not in the form that is described.
    """
    folder = content / lesson_id
    if lesson_id not in lesson_ids(content):
        raise InputError(
            "There is no such lesson.", "It was renamed or taken out.", "Choose one from the list of lessons."
        )
    head = _toml_file(folder / "lesson.toml")
    where = f"{lesson_id}/lesson.toml"
    return Lesson(
        id=lesson_id,
        title=_needed(head, "title", where),
        summary=_needed(head, "summary", where),
        goals=tuple(_needed(head, "goals", where)),
        steps=tuple(_read_step(path) for path in sorted(folder.glob("[0-9]*.md"))),
        with_cells=bool(head.get("with_cells", True)),
    )


def _read_step(path: Path) -> Step:
    parts = path.read_text(encoding="utf-8").split(f"{FENCE}\n", 2)
    where = f"{path.parent.name}/{path.name}"
    if len(parts) != 3 or parts[0].strip():
        raise _wrong_form(where, f"The settings of a step stand first, between two lines {FENCE}.")
    head = _toml(parts[1], where)
    activity = head.get("activity", "")
    if activity not in ACTIVITIES:
        raise _wrong_form(
            where, f"There is no activity {activity!r}. Known: {', '.join(filter(None, ACTIVITIES))}."
        )
    return Step(
        title=_needed(head, "title", where),
        text=parts[2].strip(),
        minutes=_needed(head, "minutes", where),
        activity=cast(Activity, activity),
        task=head.get("task", ""),
        clusters=tuple(head.get("clusters", ())),
        names=tuple(head.get("names", ())),
        wrong_label=head.get("wrong_label", ""),
        genes=tuple(head.get("genes", ())),
        questions=tuple(_question(q, where) for q in head.get("questions", ())),
    )


def _question(head: Mapping[str, Any], where: str) -> LessonQuestion:
    return LessonQuestion(
        id=_needed(head, "id", where),
        text=_needed(head, "text", where),
        hint=head.get("hint", ""),
        fact=head.get("fact", ""),
        options=tuple(
            Option(
                text=_needed(o, "text", where),
                feedback=_needed(o, "feedback", where),
                right=bool(o.get("right", False)),
            )
            for o in _needed(head, "options", where)
        ),
    )


def _needed(head: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in head:
        raise _wrong_form(where, f"{name} is missing.")
    return head[name]


def _toml_file(path: Path) -> dict[str, Any]:
    return _toml(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}")


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong_form(where, f"It is not valid TOML: {error}.") from error


def _wrong_form(where: str, why: str) -> InputError:
    return InputError(
        f"The lesson's file {where} cannot be read.",
        why,
        "docs/guide/lessons.md shows the form of every file.",
    )
