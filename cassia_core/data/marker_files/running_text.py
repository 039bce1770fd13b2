"""Sentences instead of a table: a paragraph of a paper, notes, a letter."""

from __future__ import annotations

import re
from pathlib import Path

from cassia_core.data.readers.text import decode, read_bytes
from cassia_core.errors import MarkerFormatError

_LOOKED_AT = 20_000
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_WORDS, _SHARE_OF_LONG, _SHARE_OF_ENDED = 6, 0.7, 0.5
_ENDED = re.compile(r"[.!?][\"')\]]?$")
_SEPARATED = re.compile(r"\t|\|")


def refuse_running_text(path: Path) -> None:
    """Refuse a text most of whose lines are sentences; genes in it belong to no cluster that could be told.

    Raises
    ------
    MarkerFormatError
        It is running text.
    """
    lines = [line.strip() for line in decode(read_bytes(path, _LOOKED_AT))[0].splitlines() if line.strip()]
    long = [
        line for line in lines if len(_WORD.findall(line)) >= _LEAST_WORDS and not _SEPARATED.search(line)
    ]
    ended = [line for line in long if _ENDED.search(line)]
    if not lines or len(long) < _SHARE_OF_LONG * len(lines) or len(ended) < _SHARE_OF_ENDED * len(lines):
        return
    raise MarkerFormatError(
        f"{path.name} is running text.",
        f'It holds sentences, such as: "{lines[0][:80]}".',
        'Write each cluster with its genes on a line, such as "T cells: CD3D, CD3E", or save a table.',
    )
