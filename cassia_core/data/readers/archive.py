"""Packed files (zip, tar, gz, bz2, xz): unpacked once, safely, into the cache."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cassia_core import settings
from cassia_core.data.readers.derived_files import derived
from cassia_core.errors import InputError

MAX_UNPACKED_BYTES = 50 * 10**9
MAX_MEMBERS = 200_000
MAX_RATIO = 1000
"""Real counts shrink about tenfold; a thousandfold is a bomb."""
_RATIO_FROM_BYTES = 100 * 10**6
SINGLE: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""Ways to pack a single file, by the bytes it begins with."""
_CHUNK = 1 << 20
_JUNK = ("__MACOSX/", ".DS_Store", "._")


_LISTENER: ContextVar[Callable[[str, int], object] | None] = ContextVar("unpacking", default=None)


@contextmanager
def told_while_unpacking(listener: Callable[[str, int], object]) -> Iterator[None]:
    """Inside, `listener` hears the name of the file that is unpacked and how many bytes came of it so far."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def unpack(path: Path) -> Path:
    """Folder with the regular files of an archive, by its content; unpacked only the first time.

    Links, devices and junk of the Mac are passed over. Names that lead out of the folder are refused.

    Raises
    ------
    InputError
        The archive is damaged, dangerous, or larger than the limit, which is stated.
    """
    try:
        return derived(path, "unpacked", lambda target: _unpack_into(path, target))
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise InputError(
            f"{path.name} cannot be unpacked.",
            "The archive is damaged, incomplete or locked.",
            "Copy or upload it again, or unpack it yourself.",
            details=str(error),
        ) from error


def files_in(folder: Path) -> list[Path]:
    """Every file of a folder and its folders, junk left out."""
    return sorted(
        p
        for p in folder.rglob("*")
        # A link inside an archive may point anywhere on this machine; what is read must lie inside.
        if p.is_file() and not p.is_symlink() and not p.name.startswith(".") and "__MACOSX" not in p.parts
    )


def _unpack_into(path: Path, target: Path) -> None:
    budget = _Budget(path)
    # By content and not by name: browsers and mail programs rename archives.
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if not item.is_dir()]
            budget.announce(len(members), sum(item.file_size for item in members))
            for item in members:
                with archive.open(item) as stream:
                    _write(stream, _inside(target, item.filename, path), budget)
        return
    if tarfile.is_tarfile(path):
        with tarfile.open(path, "r:*") as tar:
            # A tar has no list of contents: members are counted as they come, and stop at the limit.
            for count, entry in enumerate(tar, start=1):
                budget.announce(count, 0)
                # Plain files only: links and devices of an archive are never made.
                if entry.isreg() and (held := tar.extractfile(entry)) is not None:
                    with held:
                        _write(held, _inside(target, entry.name, path), budget)
        return
    with path.open("rb") as plain:
        magic = plain.read(6)
    unpacker: Callable[..., Any] = next(
        (opener for start, opener in SINGLE.items() if magic.startswith(start)), gzip.open
    )
    with unpacker(path) as stream:
        _write(stream, target / re.sub(r"\.(gz|bz2|xz)$", "", path.name, flags=re.IGNORECASE), budget)


class _Budget:
    """Bytes that may still be unpacked from one archive."""

    def __init__(self, path: Path) -> None:
        # The disk is shared with runs that are being written: an archive must not fill it.
        free = shutil.disk_usage(_existing(settings.cache_root())).free
        self._limit = min(MAX_UNPACKED_BYTES, free)
        self._packed = path.stat().st_size
        self._name = path.name
        self._written = 0

    def announce(self, members: int, n_bytes: int) -> None:
        if members > MAX_MEMBERS:
            raise InputError(
                f"{self._name} holds too many files.",
                f"The limit is {MAX_MEMBERS:,}.",
                "Pack only the files of one dataset.",
            )
        self._check(n_bytes)

    def spend(self, n_bytes: int) -> None:
        self._written += n_bytes
        listener = _LISTENER.get()
        if listener is not None:
            listener(self._name, self._written)
        self._check(self._written)

    def _check(self, n_bytes: int) -> None:
        # Only of large contents: a small file of zeros also shrinks a thousandfold and harms nobody.
        bomb = n_bytes > _RATIO_FROM_BYTES and n_bytes > MAX_RATIO * self._packed
        if n_bytes > self._limit or bomb:
            raise InputError(
                f"{self._name} unpacks to too much.",
                f"More than {n_bytes / 1e9:,.1f} GB come out of {self._packed / 1e6:,.1f} MB."
                if bomb
                else f"The limit is {self._limit / 1e9:,.0f} GB.",
                "Unpack it yourself and open the file inside.",
            )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _inside(target: Path, name: str, path: Path) -> Path | None:
    """Where a member goes; None for junk. A name that leads out of the folder is refused."""
    pure = PurePosixPath(name.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in (pure.parts or ("",))[0]:
        raise InputError(
            f"{path.name} is not safe to unpack.",
            f"It wants to write outside of its folder ({name}).",
            "Get the archive from a source that you trust, or unpack it yourself.",
        )
    if any(str(pure).startswith(junk) or pure.name.startswith(junk) for junk in _JUNK):
        return None
    return target / pure


def _write(stream: IO[bytes], target: Path | None, budget: _Budget) -> None:
    if target is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for chunk in _chunks(stream):
            # The sizes that an archive announces may be false: what is written is counted as well.
            budget.spend(len(chunk))
            out.write(chunk)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
