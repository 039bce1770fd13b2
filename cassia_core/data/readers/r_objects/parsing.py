"""The tree of a file written by R, with large arrays left on disk until they are asked for."""

from __future__ import annotations

import mmap
import struct
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from rdata.parser import DEFAULT_ALTREP_MAP, RObject, RObjectInfo
from rdata.parser._parser import AltRepConstructor, Parser

from cassia_core.errors import AnnDataError

WORKSPACE = (b"RDX2\n", b"RDX3\n")
_XDR, _NATIVE = b"X\n", b"B\n"
_LAZY_FROM = 50_000
"""Arrays of more values than this stay on disk until a reader wants them."""
_MAX_OBJECTS = 20_000_000
_MAX_SEQUENCE = 50_000_000
_MAX_DEPTH = 6_000
_CHARACTER = 9
_NA_LENGTH = -1
_UNREADABLE = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    NameError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array that lies in the file: read whole, or a run of it, when it is needed."""

    buffer: mmap.mmap
    dtype: np.dtype
    offset: int
    length: int

    def __len__(self) -> int:
        return self.length

    def read(self, start: int = 0, stop: int | None = None, dtype: npt.DTypeLike | None = None) -> np.ndarray:
        """Values from `start` to `stop` in the byte order of this machine."""
        stop = self.length if stop is None else min(stop, self.length)
        at = self.offset + start * self.dtype.itemsize
        stored = np.frombuffer(self.buffer, self.dtype, count=max(0, stop - start), offset=at)
        return stored.astype(dtype or self.dtype.newbyteorder("="))


def starts_like_r(head: bytes) -> bool:
    """Whether unpacked content begins like a file of R in one of its two binary forms."""
    if head.startswith(WORKSPACE):
        head = head[5:]
    if head.startswith(_XDR):
        return head[2:6] in (b"\x00\x00\x00\x02", b"\x00\x00\x00\x03")
    return head.startswith(_NATIVE) and head[2:6] in (b"\x02\x00\x00\x00", b"\x03\x00\x00\x00")


def parse(path: Path) -> RObject:
    """The root object of an unpacked file of R (for a workspace: the list of its variables).

    Raises
    ------
    AnnDataError
        The file is damaged, nested without end, or holds something that has no place in data.
    """
    try:
        with path.open("rb") as stream:
            buffer = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        with _deep_recursion(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that rdata passes over; we name what we do not use
            return _ArraysOnDisk(buffer).parse_all().object
    except _UNREADABLE as error:
        raise AnnDataError(
            f"{path.name} cannot be read to its end.",
            "The R file is damaged or incomplete, or holds something that is no data.",
            'Copy or upload it again, or save the object anew in R with `saveRDS(object, "new.rds")`.',
            details=f"{type(error).__name__}: {error}",
        ) from error


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Room for R's linked lists, which the parser follows by recursion, up to a fixed depth."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _MAX_DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _ArraysOnDisk(Parser):
    """The parser of `rdata` over a mapped file, every length checked against what the file still holds."""

    def __init__(self, buffer: mmap.mmap) -> None:
        super().__init__(expand_altrep=True, altrep_constructor_dict=_altreps())
        self._buffer = buffer
        self._at = 5 if buffer[:5] in WORKSPACE else 0
        self._order: Literal["<", ">"] = "<" if buffer[self._at : self._at + 2] == _NATIVE else ">"
        self._pair = struct.Struct(f"{self._order}ii")
        self._single = struct.Struct(f"{self._order}i")
        self._at += 2
        self._n_objects = 0
        self._known: dict[bytes, bytes] = {}

    def _need(self, n_bytes: int) -> None:
        if n_bytes < 0 or self._at + n_bytes > len(self._buffer):
            raise ValueError(f"{n_bytes:,} bytes are announced where fewer are left")

    def _count(self, n: int) -> None:
        self._n_objects += n
        if self._n_objects > _MAX_OBJECTS:
            raise ValueError(f"it has more than {_MAX_OBJECTS:,} parts")

    def _length(self) -> int:
        """A length; beyond 2^31 R writes -1 and then two halves."""
        length = self.parse_int()
        if length != -1:
            return length
        # The lower half is written as a signed number, and is not negative.
        upper = self.parse_int()
        return (upper << 32) + (self.parse_int() & 0xFFFFFFFF)

    def _parse_array(self, dtype: npt.DTypeLike) -> Any:
        return self._parse_array_values(dtype, self._length())

    def _parse_array_values(self, dtype: npt.DTypeLike, length: int) -> Any:
        stored = np.dtype(dtype).newbyteorder(self._order)
        self._need(length * stored.itemsize)
        # Only the place is kept: values of an assay that nobody asks for are never read.
        array = StoredArray(self._buffer, stored, self._at, length)
        self._at += length * stored.itemsize
        return array if length > _LAZY_FROM else array.read()

    def parse_int(self) -> int:
        self._count(1)
        self._need(4)
        (value,) = self._single.unpack_from(self._buffer, self._at)
        self._at += 4
        return value

    def parse_nullable_int_array(self, *, fill_value: int | np.int32 = 0) -> Any:
        return self._parse_array(np.int32)

    def parse_nullable_bool_array(self, *, fill_value: bool = True) -> Any:
        return self._parse_array(np.int32)

    def parse_string(self, length: int) -> bytes:
        self._need(length)
        text = self._buffer[self._at : self._at + length]
        self._at += length
        return text

    def _parse_vector_value(
        self, reference_list: list[RObject] | None, bytecode_rep_list: list[RObject | None] | None = None
    ) -> Any:
        length = self._length()
        self._need(4 * length)
        # Vectors of text are most of such a file: read in one loop, without an object for every string.
        if length and self._buffer[self._at + (3 if self._order == ">" else 0)] == _CHARACTER:
            return self._texts(length)
        return [self.parse_R_object(reference_list, bytecode_rep_list) for _ in range(length)]

    def _texts(self, length: int) -> list[bytes | None]:
        """The strings of a character vector, None for NA; equal ones share their memory."""
        texts: list[bytes | None] = []
        buffer, unpack, known, at = self._buffer, self._pair.unpack_from, self._known, self._at
        for _ in range(length):
            flags, size = unpack(buffer, at)
            at += 8
            if flags & 0xFF != _CHARACTER or size < _NA_LENGTH:
                raise ValueError("a text vector holds something that is no text")
            if size == _NA_LENGTH:
                texts.append(None)
                continue
            text = buffer[at : at + size]
            if len(text) != size:
                raise ValueError("a text is cut off")
            texts.append(known.setdefault(text, text))
            at += size
        self._at = at
        return texts


def _altreps() -> dict[bytes, AltRepConstructor]:
    """The compact forms of R that `rdata` spells out, refused where they would fill the memory."""

    def bounded(spell_out: AltRepConstructor) -> AltRepConstructor:
        def checked(state: RObject) -> tuple[RObjectInfo, Any]:
            first = state.value[0]
            length = first if isinstance(first, int | float | np.number) else len(first.value)
            if length > _MAX_SEQUENCE:
                raise ValueError(f"a compact vector of {length:,.0f} values")
            return spell_out(state)

        return checked

    return {
        name: spell_out if name.startswith(b"wrap_") else bounded(spell_out)
        for name, spell_out in DEFAULT_ALTREP_MAP.items()
    }
