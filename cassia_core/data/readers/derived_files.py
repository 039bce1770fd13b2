"""Files made from an input once and kept in the cache; the input itself is never changed."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from cassia_core import settings


def derived(source: Path, purpose: str, make: Callable[[Path], None]) -> Path:
    """Folder in the cache that `make` fills from `source`; made anew when the source has changed.

    Parameters
    ----------
    source
        A file, or a folder whose files together are the input.
    purpose
        What is made of it: one word, part of the folder's name.
    make
        Fills the empty folder that it is given. When it raises, nothing is kept.
    """
    target = settings.cache_root() / purpose / _key(source)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
    try:
        make(unfinished)
        if not target.exists():  # another process may have been quicker
            _move(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _move(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:
        if not target.exists():
            raise


def _key(source: Path) -> str:
    parts = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
    digest = hashlib.sha256(str(source.resolve()).encode())
    for part in parts:
        stat = part.lstat()
        digest.update(f"|{part.name}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]
