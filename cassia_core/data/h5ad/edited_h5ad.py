"""A copy of an annotated file with a person's labels beside the run's; the matrices are not loaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd

from cassia_core.data.h5ad.labels import LABEL_COLUMNS, SHORT_COLUMN, UNS_KEY
from cassia_core.data.view.view_store import digest_of_names
from cassia_core.errors import AnnDataError

GROUP_COLUMN = "cassia_edit_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedGroup:
    """A cluster, or cells set aside from one, with the label that stands.

    `short` is the label's everyday name, `match` how `cl_id` fits it (as `labels.match_of`); `edited`: a
    person gave the label.
    """

    id: str
    label: str
    short: str
    cl_id: str
    match: str
    edited: bool


_OF_THE_LABEL: dict[str, Callable[[EditedGroup], str]] = {
    "cell_type": lambda g: g.label,
    SHORT_COLUMN: lambda g: g.short,
    "cell_type_ontology_term_id": lambda g: g.cl_id,
    "cell_type_ontology_match": lambda g: g.match,
}
_KEPT = (*_OF_THE_LABEL, "cassia_status")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Positions of the cells set aside, by group id, and the fingerprint of the cells they are positions
    in.
    """

    cells: Mapping[str, np.ndarray] = field(default_factory=dict)
    names_digest: str = ""


def write_edited_h5ad(
    source: Path, target: Path, groups: Sequence[EditedGroup], *, steps: str, set_aside: SetAside = SetAside()
) -> None:
    """Copy `source` and change its `obs` and `uns` only.

    Sets `obs["cell_type"]`, `obs["cell_type_short"]`, `obs["cell_type_ontology_term_id"]` and
    `obs["cell_type_ontology_match"]` to the standing labels, keeps the run's own in columns of the same names
    with `_before_edit`, marks corrected cells in `obs["cell_type_edited"]`, and names each cell's group in
    `obs["cassia_edit_group"]` (its cluster, or what it was set aside as). What the run said of the label
    before (general type, groupings, confidence, score, evidence) is taken off corrected cells. Sets
    `uns["cassia"]["edited"]` to "yes" and `uns["cassia"]["edits"]` to `steps`.

    Parameters
    ----------
    groups
        Joined to cells by exact id of the cluster, or by position for those of `set_aside`.
    steps
        Who corrected what, when and why, as JSON.

    Raises
    ------
    AnnDataError
        When `source` is not a file of ours, or does not hold the cells that were set aside.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, part)
        _write_labels(part, source.name, groups, steps, set_aside)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _write_labels(
    part: Path, name: str, groups: Sequence[EditedGroup], steps: str, set_aside: SetAside
) -> None:
    with h5py.File(part, "r+") as file:
        if f"uns/{UNS_KEY}/cluster_key" not in file:
            raise AnnDataError(
                f"{name} is not an annotated file of this program.",
                "It does not say which column holds the clusters.",
                "Start the run again.",
            )
        obs = ad.io.read_elem(file["obs"])
        key = ad.io.read_elem(file[f"uns/{UNS_KEY}/cluster_key"])
        if set_aside.cells and digest_of_names(obs.index) != set_aside.names_digest:
            raise AnnDataError(
                f"{name} does not hold the cells that were set aside.",
                "Its cells or their order have changed.",
                "Undo that correction, or start the run again.",
            )
        ad.io.write_elem(file, "obs", _edited(obs, _group_of_cells(obs[str(key)], set_aside), groups))
        ad.io.write_elem(file, f"uns/{UNS_KEY}/edited", "yes")
        ad.io.write_elem(file, f"uns/{UNS_KEY}/edits", steps)


def _group_of_cells(clusters: pd.Series, set_aside: SetAside) -> pd.Series:
    ids = clusters.astype(object).map(lambda c: c if pd.isna(c) else str(c)).to_numpy(dtype=object, copy=True)
    for group, cells in set_aside.cells.items():
        ids[cells] = group
    return pd.Series(ids, index=clusters.index)


def _edited(obs: pd.DataFrame, ids: pd.Series, groups: Sequence[EditedGroup]) -> pd.DataFrame:
    edited = ids.map({g.id: g.edited for g in groups}).astype("boolean").fillna(False).astype(bool)
    for column, of in _OF_THE_LABEL.items():
        if column in obs:
            obs[f"{column}_before_edit"] = obs[column]
        obs[column] = pd.Categorical(ids.map({g.id: of(g) or None for g in groups}))
    for column in [c for c in LABEL_COLUMNS if c not in _KEPT and c in obs]:
        obs[column] = obs[column].where(~edited)
    obs["cell_type_edited"] = edited
    obs[GROUP_COLUMN] = pd.Categorical(ids)
    return obs
