"""A folder that Vitessce shows: the cells as a zarr store, and the view that speaks of it."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

from cassia_core.errors import AnnDataError

STORE, VIEW = "cells.zarr", "vitessce.json"
_SCHEMA = "1.0.15"
_MAPS = {"X_umap": "UMAP", "X_tsne": "t-SNE", "X_pca": "PCA"}


def write_vitessce_folder(cells: ad.AnnData, folder: Path, cluster_key: str, title: str) -> tuple[str, ...]:
    """Write `cells.zarr` (version 2, values by gene) and `vitessce.json`.

    Returns
    -------
    tuple of str
        What is to be known of the folder, a sentence each.

    Raises
    ------
    AnnDataError
        The cells have no map.
    """
    maps = {name: word for name, word in _MAPS.items() if name in cells.obsm}
    if not maps:
        raise AnnDataError(
            "Vitessce needs a map of the cells.",
            "The annotated file has neither UMAP nor PCA.",
            "Run it again.",
        )
    groups = [name for name in ("cell_type_short", "cell_type", cluster_key) if name in cells.obs]
    shown = ad.AnnData(
        X=sp.csc_matrix(cells.X, dtype=np.float32),
        obs=cells.obs[groups].astype(str).astype("category"),
        var=cells.var[[]],
        obsm={name: np.asarray(cells.obsm[name], dtype=np.float32)[:, :2] for name in maps},
    )
    folder.mkdir(parents=True, exist_ok=True)
    before = ad.settings.zarr_write_format
    try:
        ad.settings.zarr_write_format = 2  # what Vitessce reads in all its versions
        shown.write_zarr(folder / STORE)
    finally:
        ad.settings.zarr_write_format = before
    (folder / VIEW).write_text(json.dumps(_view(maps, groups, title), indent=1), encoding="utf-8")
    return (
        f"Serve the folder (`npx http-server --cors {folder.name}`) and give Vitessce the address of {VIEW}.",
    )


def _view(maps: dict[str, str], groups: list[str], title: str) -> dict[str, object]:
    words = {"cell_type_short": "Cell type", "cell_type": "Cell type, full name"}
    first = next(iter(maps.values()))
    options = {
        "obsFeatureMatrix": {"path": "X"},
        "obsEmbedding": [{"path": f"obsm/{name}", "embeddingType": word} for name, word in maps.items()],
        "obsSets": [{"name": words.get(name, f"Cluster ({name})"), "path": f"obs/{name}"} for name in groups],
    }
    places = [("scatterplot", 0, 0, 6, 8), ("obsSets", 6, 0, 3, 4), ("featureList", 9, 0, 3, 4)]
    places += [
        ("obsSetFeatureValueDistribution", 6, 4, 6, 4),
        ("obsSetSizes", 0, 8, 6, 4),
        ("heatmap", 6, 8, 6, 4),
    ]
    return {
        "version": _SCHEMA,
        "name": title,
        "description": "Cells annotated by CASSIA Workbench",
        "datasets": [
            {
                "uid": "A",
                "name": title,
                "files": [{"fileType": "anndata.zarr", "url": STORE, "options": options}],
            }
        ],
        "coordinationSpace": {"dataset": {"A": "A"}, "embeddingType": {"A": first}},
        "layout": [
            {
                "component": component,
                "coordinationScopes": {
                    "dataset": "A",
                    **({"embeddingType": "A"} if component == "scatterplot" else {}),
                },
                **dict(zip("xywh", (x, y, width, height), strict=True)),
            }
            for component, x, y, width, height in places
        ],
        "initStrategy": "auto",
    }
