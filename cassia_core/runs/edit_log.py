"""`edits.jsonl`: the corrections of one dataset, appended and never changed."""

from __future__ import annotations

from dataclasses import replace

from filelock import FileLock

from cassia_core.domain.review import LabelEdit
from cassia_core.runs.codec import after_torn_part, cut_torn_end, from_json, to_json
from cassia_core.runs.event_log import utc_now
from cassia_core.runs.layout import DatasetLayout


def read_edits(paths: DatasetLayout) -> tuple[LabelEdit, ...]:
    """Every step ever taken, undone ones included, oldest first."""
    if not paths.edits.exists():
        return ()
    lines = paths.edits.read_bytes().split(b"\n")[
        :-1
    ]  # what follows the last line end is still being written
    return tuple(from_json(after_torn_part(line), LabelEdit) for line in lines if line.strip())


def append_edit(paths: DatasetLayout, edit: LabelEdit) -> LabelEdit:
    """Note a step with its number and time, and remove the files made from earlier steps."""
    with edit_lock(paths):
        cut_torn_end(paths.edits)
        numbered = replace(edit, seq=len(read_edits(paths)) + 1, at=utc_now())
        with paths.edits.open("a", encoding="utf-8") as file:
            file.write(to_json(numbered) + "\n")
        remove_edited_files(paths)
    return numbered


def remove_edited_files(paths: DatasetLayout) -> None:
    """Remove what was made from corrections: it can be made again, and must not be taken for what stands
    now.
    """
    for path in paths.edited_files:
        path.unlink(missing_ok=True)


def edit_lock(paths: DatasetLayout) -> FileLock:
    """Held while steps or the files made from them change, by whichever tab."""
    return FileLock(paths.edits.with_suffix(".lock"))
