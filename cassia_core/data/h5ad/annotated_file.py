"""What an annotated file of ours says of itself, read without its cells."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py

from cassia_core.data.h5ad.labels import UNS_KEY
from cassia_core.errors import AnnDataError


def cluster_column_of(path: Path) -> str:
    """Name of the column of `obs` that holds the clusters which the labels belong to.

    Raises
    ------
    AnnDataError
        When the file is not one of ours, or cannot be read.
    """
    try:
        with h5py.File(path, "r") as file:
            return str(ad.io.read_elem(file[f"uns/{UNS_KEY}/cluster_key"]))
    except (OSError, KeyError) as error:
        raise AnnDataError(
            f"{path.name} cannot be used for this.",
            "It is damaged, or does not say which column holds the clusters.",
            "Start the run that made it again.",
            details=str(error),
        ) from error
