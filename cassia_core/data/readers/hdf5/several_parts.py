"""Files with several measurements of the same cells (h5mu): which part is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE, read_frame
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError
from cassia_core.genes.lookup import share_known

_NAMED_FOR_GENES = ("rna", "gex", "gene expression", "transcriptome")
_LOOKED_AT = 300
_MOST_ARE_GENES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PartToRead:
    """The group of a file that is read as its cells, what is said of that, and what is asked."""

    group: h5py.Group
    done: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def part_to_read(file: h5py.File, path: Path, modality: str | None) -> PartToRead:
    """The file itself, or of one with several measurements the part asked for, else the one with genes.

    Raises
    ------
    AnnDataError
        There is no part of the name asked for, or none holds genes.
    """
    if "mod" not in file or "X" in file:
        if modality is not None:
            raise _not_there(path, modality, ())
        return PartToRead(group=file)
    parts = tuple(name for name in file["mod"] if isinstance(file["mod"][name], h5py.Group))
    if modality is not None and modality not in parts:
        raise _not_there(path, modality, parts)
    chosen = modality or _with_genes(file["mod"], parts)
    if not chosen:
        raise AnnDataError(
            f"{path.name} has no gene expression part.",
            f"It holds {', '.join(parts) or 'nothing'}, none of them named for RNA or with names of genes.",
            "Open a file with RNA counts, or name the part to read (--modality).",
        )
    others = ", ".join(name for name in parts if name != chosen)
    return PartToRead(
        group=file["mod"][chosen],
        done=(f"Only the part {chosen} is used; the file also holds {others}.",) if others else (),
        questions=_question(parts, chosen) if others and modality is None else (),
    )


def _not_there(path: Path, modality: str, parts: tuple[str, ...]) -> AnnDataError:
    return AnnDataError(
        f"{path.name} has no modality {modality}.",
        f"It has {', '.join(parts)}." if parts else "It holds one measurement only.",
        "Choose one of these." if parts else "Open it without naming a modality.",
    )


def _with_genes(group: h5py.Group, parts: tuple[str, ...]) -> str:
    """The part named for RNA, else the one most of whose names are known genes; "" when there is none."""
    named = next((name for name in parts if name.lower() in _NAMED_FOR_GENES), "")
    if named:
        return named
    shares = {name: _share_of_genes(group[name]) for name in parts}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] >= _MOST_ARE_GENES else ""


def _share_of_genes(part: h5py.Group) -> float:
    """Share of known genes among names spread over the table of genes."""
    try:
        names = read_frame(part["var"]).index
    except UNREADABLE:
        return 0.0
    spread = np.linspace(0, len(names) - 1, min(len(names), _LOOKED_AT)).astype(int)
    return share_known(names[spread])


def _question(parts: tuple[str, ...], chosen: str) -> tuple[Question, ...]:
    text = "The file holds several measurements. Which one do you want to look at?"
    return (Question(option="modality", text=text, choices=parts, suggested=chosen),)
