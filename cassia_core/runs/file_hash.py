"""The hash of an input, by which a changed file is known."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHUNK = 1 << 20


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content; of a folder, of its files' names and content in order."""
    digest = hashlib.sha256()
    for part in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        if path.is_dir():
            digest.update(str(part.relative_to(path)).encode())
        with part.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    return digest.hexdigest()
