"""Cells that a person chose, on disk: their places, and a fingerprint of the cells they are places in."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cassia_core.data.view.view_store import View
from cassia_core.errors import RunError


def save_chosen_cells(path_of: Callable[[str], Path], view: View, cells: np.ndarray) -> str:
    """Store a choice of cells of `view`; returns its name, the same for the same choice.

    Parameters
    ----------
    path_of
        Where the choice of a name is stored.
    cells
        Positions in the view, shape (n_chosen,), sorted, each once.
    """
    places = np.asarray(cells, dtype=np.int64)
    digest = view.names_digest()
    name = hashlib.sha256(digest.encode() + places.tobytes()).hexdigest()[:16]
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            steps=np.diff(places, prepend=0).astype(np.int32),
            n_cells=view.n_cells,
            names=np.array(digest),
        )
    os.replace(part, path)
    return name


def load_chosen_cells(path: Path, view: View) -> np.ndarray:
    """Positions of a stored choice in `view`, sorted.

    Raises
    ------
    RunError
        When the choice is missing, or was made in other cells than those of the view.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            places = np.cumsum(stored["steps"], dtype=np.int64)
            fits = int(stored["n_cells"]) == view.n_cells and str(stored["names"]) == view.names_digest()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(
            "The cells of a correction cannot be read.",
            f"{path.name} is missing or damaged.",
            "Undo that correction, and choose the cells again.",
            details=str(error),
        ) from error
    if not fits or (len(places) and not 0 <= places[0] <= places[-1] < view.n_cells):
        raise RunError(
            "The cells of a correction are not those of this dataset.",
            "The cells or their order have changed since they were chosen.",
            "Undo that correction, and choose the cells again.",
            details=path.name,
        )
    return places
