"""Domain objects to JSON and back, by pydantic, so that the domain itself needs no library."""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from cassia_core.errors import RunError

T = TypeVar("T")


@cache
# Building an adapter takes milliseconds, and a run reads thousands of small files of a few types.
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind)


def to_json(value: object, kind: Any = None, *, indent: int | None = None) -> str:
    """`value` as JSON text. `kind` is needed where the type alone does not say it (unions, tuples).

    Raises
    ------
    RunError
        When a text holds half a character, such as a file name that is no valid UTF-8.
    """
    try:
        as_kind: Any = kind or type(value)
        return _adapter(as_kind).dump_json(value, indent=indent).decode()
    except PydanticSerializationError as error:
        raise RunError(
            "A name or text of this run cannot be written down.",
            "It holds bytes that are no valid characters.",
            "Rename the file or the clusters, or mend the text, and start again.",
            details=ascii(error),
        ) from error


@overload
def from_json(text: str | bytes, kind: type[T]) -> T: ...


@overload
def from_json(text: str | bytes, kind: object) -> Any: ...


def from_json(text: str | bytes, kind: Any) -> Any:
    """The object written by `to_json`.

    Raises
    ------
    RunError
        When the text does not fit the type: a damaged file, or one written by another version.
    """
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise RunError(
            "A file of this run cannot be read.",
            "It is damaged, or another version of the program wrote it.",
            "Start the run again from its input.",
            details=str(error),
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: a temporary file beside it, then a rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, for only within one file system is a rename a single step; the process id keeps two
    # writers apart.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    os.replace(temporary, path)


def write_json(path: Path, value: object, kind: Any = None) -> None:
    """Write a domain object as a whole file or nothing."""
    write_text(path, to_json(value, kind, indent=1))


def read_json(path: Path, kind: type[T]) -> T:
    """Read what `write_json` wrote.

    Raises
    ------
    RunError
        When the file is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(
            f"The file {path.name} of this run is missing.",
            "It was moved or deleted.",
            "Start the run again from its input.",
            details=str(error),
        ) from error
    return from_json(content, kind)


def read_kept(path: Path, kind: type[T]) -> T:
    """As `read_json`, for a small file that is asked for again and again: opened anew only when it changed.

    The object is shared by all who ask: it must be one that nobody changes, as all of `domain` are.
    """
    try:
        now = path.stat()
    except OSError:
        return read_json(path, kind)  # which says what is missing
    as_kind: Any = kind
    return _kept(path, as_kind, (now.st_mtime_ns, now.st_size, now.st_ino))


@lru_cache(maxsize=64)
def _kept(path: Path, kind: Any, stamp: tuple[int, int, int]) -> Any:
    """`stamp` is that of the file: whole files are put in place by a rename, so a new one has another."""
    return read_json(path, kind)


def cut_torn_end(path: Path) -> None:
    """Cut off what a killed process or a power loss left at the end of a file of JSON lines.

    A last line is torn when its line end is missing or when it holds no JSON: after a power loss a file
    system may have kept half of a line, or zeros in place of it. Whole lines before it stay.
    """
    content = path.read_bytes() if path.exists() else b""
    # What stands behind the last line end was never finished.
    whole = content[: content.rfind(b"\n") + 1]
    # After a power loss the file may be longer than what was written to it: a line end can be there without
    # the line before it.
    while whole and _is_torn(last := whole[whole.rfind(b"\n", 0, -1) + 1 :]):
        whole = whole[: -len(last)]
    if len(whole) < len(content):
        os.truncate(path, len(whole))


def after_torn_part(line: bytes) -> bytes:
    """The whole object that was written behind a torn one on the same line, or the line as it is.

    Versions before 0.2 could write the next object behind half a line; that object is not lost.
    """
    # The torn part may hold braces of its own, so every place where an object can begin is tried.
    start = line.find(b'{"', 1)
    while start > 0 and not is_json(line):
        if is_json(line[start:]):
            return line[start:]
        start = line.find(b'{"', start + 1)
    return line


def _is_torn(line: bytes) -> bool:
    """Whether a line is the beginning of an object; anything else is damage that a person must see."""
    return line.startswith(b"{") and not is_json(line)


def is_json(text: bytes) -> bool:
    """Whether a line is whole: half of one, or zeros after a power loss, is no JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
