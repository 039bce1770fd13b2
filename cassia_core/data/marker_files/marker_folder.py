"""Folders and archives with a file for every cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cassia_core.data.readers.archive import files_in, unpack
from cassia_core.data.readers.mtx import find_triples
from cassia_core.data.readers.sniff import sniff
from cassia_core.errors import InputError

_MAX_FILES = 500
_SHARED = frozenset(
    (
        *(
            "vs",
            "versus",
            "all",
            "rest",
            "others",
            "other",
            "markers",
            "marker",
            "genes",
            "gene",
            "of",
            "for",
        ),
        *("de", "deg", "degs", "dge", "diffexp", "results", "result", "table", "list", "top", "up"),
        *("upregulated", "findmarkers", "findallmarkers", "wilcox", "wilcoxon"),
    )
)
_ENDING = re.compile(
    r"\.(csv|tsv|txt|tab|xlsx?|json|jsonl|gmt|gmx|md|ya?ml|py|r|html?|tex|rds)(\.gz)?$", re.IGNORECASE
)
_TABLE = re.compile(r"\.(csv|tsv|txt|tab|xlsx)(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFile:
    """A file that holds the markers of one cluster, and the cluster's name, taken from the file's."""

    cluster: str
    path: Path


def cluster_files(path: Path) -> tuple[ClusterFile, ...]:
    """The files of a folder or archive in which every file is a table or list; empty where it is none
    such.
    """
    kind = sniff(path)
    if kind not in ("folder", "zip", "tar"):
        return ()
    folder = path if kind == "folder" else unpack(path)
    files = files_in(folder)
    tables = [file for file in files if _TABLE.search(file.name)]
    others = [
        file
        for file in files
        if file not in tables and not file.name.lower().startswith(("readme", "license"))
    ]
    if not 2 <= len(tables) <= _MAX_FILES or others or find_triples(files):
        return ()
    try:
        if any(sniff(file) not in ("text", "workbook") for file in tables):
            return ()
    except InputError:
        return ()
    names = _without_shared_words([name_of_file(file) for file in tables])
    return tuple(ClusterFile(cluster=name, path=file) for name, file in zip(names, tables, strict=True))


def _without_shared_words(names: list[str]) -> list[str]:
    """Names without what all files have before and behind their cluster (`_vs_all_markers`)."""
    parts = [re.split(r"([\s_.-]+)", name) for name in names]
    while all(len(p) > 2 and p[-1].lower() in _SHARED for p in parts) and len({p[-1] for p in parts}) == 1:
        parts = [p[:-2] for p in parts]
    while all(len(p) > 2 and p[0].lower() in _SHARED for p in parts) and len({p[0] for p in parts}) == 1:
        parts = [p[2:] for p in parts]
    shorter = ["".join(p) for p in parts]
    return shorter if len(set(shorter)) == len(names) and all(shorter) else names


def name_of_file(path: Path) -> str:
    """Name of the one cluster of a file: the file's, without its ending."""
    return _ENDING.sub("", path.name)


def stacked(
    files: tuple[ClusterFile, ...], read: Callable[[ClusterFile], pd.DataFrame | None]
) -> pd.DataFrame | None:
    """The tables of all clusters one below the other; None when one of them is not that of one cluster."""
    parts = []
    for file in files:
        part = read(file)
        if part is None:
            return None
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
