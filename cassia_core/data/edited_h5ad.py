"""A copy of an annotated file with a person's labels beside the run's; the matrices are not loaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import anndata as ad
import h5py
import pandas as pd

from cassia_core.data.labels import UNS_KEY
from cassia_core.errors import AnnDataError


def write_edited_h5ad(source: Path, target: Path, labels: Mapping[str, tuple[str, str, bool]]) -> None:
    """Copy `source` and change its `obs` only.

    Sets `obs["cell_type"]` and `obs["cell_type_ontology_term_id"]` to the corrected labels, keeps the run's own in
    `obs["cell_type_before_edit"]`, marks corrected cells in `obs["cell_type_edited"]`, and sets
    `uns["cassia"]["edited"]` to "yes".

    Parameters
    ----------
    labels
        Cluster id to (label, Cell Ontology id or "", whether it was corrected); joined by exact id.

    Raises
    ------
    AnnDataError
        When `source` is not a file of ours.
    """
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    with h5py.File(part, "r+") as file:
        if f"uns/{UNS_KEY}/cluster_key" not in file:
            raise AnnDataError(f"{source.name} is not an annotated file of this program.",
                               "It does not say which column holds the clusters.", "Start the run again.")
        obs = ad.io.read_elem(file["obs"])
        key = ad.io.read_elem(file[f"uns/{UNS_KEY}/cluster_key"])
        ad.io.write_elem(file, "obs", _edited(obs, str(key), labels))
        ad.io.write_elem(file, f"uns/{UNS_KEY}/edited", "yes")
    os.replace(part, target)


def _edited(obs: pd.DataFrame, key: str, labels: Mapping[str, tuple[str, str, bool]]) -> pd.DataFrame:
    clusters = obs[key].astype(str)
    obs["cell_type_before_edit"] = obs["cell_type"]
    for column, at in (("cell_type", 0), ("cell_type_ontology_term_id", 1)):
        values = clusters.map({c: entry[at] or None for c, entry in labels.items()})
        obs[column] = pd.Categorical(values)
    obs["cell_type_edited"] = clusters.map({c: entry[2] for c, entry in labels.items()}).astype("boolean") \
        .fillna(False).astype(bool)
    return obs
