"""Which tissue a file is of, guessed from its name or genes: a question for a person, never an answer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

from cassia_core.data.cells.load_cells import inspect_cells
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.errors import CassiaError
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.tissues import ANY, FETAL, TUMOUR, resolve_tissue
from cassia_core.knowledge.naming.lineages import family_of

_N_MARKERS, _LEAST_MARKERS = 12, 4
_LEAST_SEEN = 0.15
"""Part of a type's weighted markers that a cell must have to count as of it."""
_MOST_TISSUES = 4
"""A type of more tissues than this tells none."""
_LEAST_SHARE, _LEAST_IMMUNE = 0.3, 0.8
_IMMUNE = frozenset(
    ("T", "NK, ILC", "B, plasma", "Myeloid", "Granulocyte, mast", "Platelet, erythroid", "Stem, progenitor")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueGuess:
    """A tissue of the knowledge base, and from what it is guessed."""

    tissue: str
    why: str


def guess_tissue(
    path: Path, findings: Findings, name: str = "", options: ReadOptions | None = None
) -> TissueGuess | None:
    """The tissue that the name of a file says, else the one whose cells its genes show; None without a sign.

    Parameters
    ----------
    name
        What the person calls the data; a stored copy may have another name.
    """
    for text in (name, path.name):
        tissue = _in_name(text)
        if tissue:
            return TissueGuess(tissue=tissue, why=f"the name says so ({text})")
    if findings.kind != "cells" or not findings.expression:
        return None
    try:
        adata = inspect_cells(path, options or ReadOptions())[1]
    except CassiaError:
        return None
    return _by_genes(adata, findings)


def _in_name(text: str) -> str:
    """The tissue in a file's name, whose words are joined by signs, capitals or digits."""
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|[._-]+", " ", text)
    tissue = resolve_tissue(stem)
    return "" if tissue in (ANY, TUMOUR, FETAL) else tissue


def _by_genes(adata: ad.AnnData, findings: Findings) -> TissueGuess | None:
    species = "mouse" if findings.species == "mouse" else "human"
    types, scores = _scores(*_seen(adata, findings), species)
    if not types:
        return None
    votes: Counter[str] = Counter()
    immune = told = 0
    for best, score in zip(scores.argmax(axis=0), scores.max(axis=0), strict=True):
        if score < _LEAST_SEEN:
            continue
        entry, told = types[best], told + 1
        immune += family_of(entry.name) in _IMMUNE
        if ANY not in entry.tissues and len(entry.tissues) <= _MOST_TISSUES:
            votes.update({tissue: 1 / len(entry.tissues) for tissue in entry.tissues})
    n_cells = scores.shape[1]
    if told > 0.5 * n_cells and immune >= _LEAST_IMMUNE * told:
        return TissueGuess(
            tissue="blood", why=f"{immune / told:.0%} of the cells looked at read as blood cells"
        )
    best_tissue, share = max(votes.items(), key=lambda vote: vote[1], default=("", 0.0))
    if share < _LEAST_SHARE * n_cells or best_tissue in (FETAL, TUMOUR):
        return None
    return TissueGuess(
        tissue=best_tissue, why=f"{share / n_cells:.0%} of the cells looked at read as types of {best_tissue}"
    )


def _seen(adata: ad.AnnData, findings: Findings) -> tuple[np.ndarray, dict[str, int]]:
    """Which cell has a value above 0 of which gene, shape (n_cells, n_genes), and the places of the genes."""
    place = findings.expression
    source = adata.raw if place == "raw" and adata.raw is not None else adata
    values = adata.layers[place.removeprefix("layers/")] if place.startswith("layers/") else source.X
    above = values > 0
    dense = above.toarray() if sp.issparse(above) else np.asarray(above)
    return dense, {str(gene): at for at, gene in enumerate(source.var_names)}


def _scores(seen: np.ndarray, places: dict[str, int], species: str) -> tuple[list[CellTypeEntry], np.ndarray]:
    """Types, and the part of their markers that each cell has, shape (n_types, n_cells); rare genes count
    more.
    """
    kb = load_knowledge()
    rarity = -np.log(np.clip(seen.mean(axis=0), 0.005, 1.0))
    types, scores = [], []
    for entry in kb.types:
        at = [places[m.gene] for m in kb.markers_of(entry, species)[:_N_MARKERS] if m.gene in places]
        if len(at) < _LEAST_MARKERS:
            continue
        weights = rarity[at] * np.linspace(1.0, 0.5, len(at))
        if weights.sum() > 0:
            types.append(entry)
            scores.append(seen[:, at] @ weights / weights.sum())
    return types, np.array(scores)
