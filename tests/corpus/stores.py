"""zarr stores, column formats, HDF5 of Seurat, links that leave a file, records in columns."""

from __future__ import annotations

import json
import tarfile
import warnings
import zipfile
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.errors import AnnDataError, InputError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, cells, counts, logged, saved, symbols

ROW = "zarr stores"
LINKS = "HDF5 links that leave the file"


def store(folder: Path, version: int, name: str = "cells.zarr") -> Path:
    before = ad.settings.zarr_write_format
    ad.settings.zarr_write_format = version
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cells().write_zarr(folder / name)
    finally:
        ad.settings.zarr_write_format = before
    return folder / name


def zipped(folder: Path, made: Path, inside: str) -> Path:
    path = folder / "cells.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in made.rglob("*"):
            if part.is_file():
                archive.write(part, Path(inside) / part.relative_to(made))
    return path


@case(ROW, says=("AnnData (zarr)", "leiden (2)"), counts="X")
def zarr_2_folder(folder: Path) -> Path:
    return store(folder, 2)


@case(ROW, says=("AnnData (zarr)", "leiden (2)"), counts="X")
def zarr_3_folder(folder: Path) -> Path:
    return store(folder, 3, "no_ending")


@case(ROW, says=("AnnData (zarr)", "leiden (2)"), counts="X")
def zarr_3_zipped_flat(folder: Path) -> Path:
    return zipped(folder, store(folder, 3), "")


@case(ROW, says=("AnnData (zarr)", "leiden (2)"), counts="X")
def zarr_2_zipped_with_folders(folder: Path) -> Path:
    return zipped(folder, store(folder, 2), "download/of/cells.zarr")


@case(ROW, says=("AnnData (zarr)", "leiden (2)"), counts="X")
def zarr_3_in_a_tar(folder: Path) -> Path:
    made = store(folder, 3)
    with tarfile.open(folder / "cells.tar.gz", "w:gz") as archive:
        archive.add(made, arcname="cells.zarr")
    return folder / "cells.tar.gz"


@case(ROW, says=("The table nuclei of a SpatialData store is used",), counts="X")
def spatial_data(folder: Path) -> Path:
    store(folder, 2, "tables/nuclei")
    for name in (".zgroup", "tables/.zgroup"):
        (folder / name).write_text('{"zarr_format": 2}')
    return folder


@case(ROW, says=("pickled objects",), error=InputError)
def zarr_with_pickled_objects(folder: Path) -> Path:
    made = store(folder, 2)
    described = made / "obs" / "_index" / ".zarray"
    described.write_text(json.dumps(json.loads(described.read_text()) | {"filters": [{"id": "pickle"}]}))
    return made


@case(ROW, says=("leads out of its folder",), error=InputError)
def zarr_with_a_link_out(folder: Path) -> Path:
    made = store(folder, 2)
    (folder / "elsewhere").write_bytes(b"secret")
    (made / "X" / "data" / "link").symlink_to(folder / "elsewhere")
    return made


@case(ROW, says=("unpacks to too much",), error=InputError)
def zarr_bomb(folder: Path) -> Path:
    made = store(folder, 2)
    described = made / "X" / "data" / ".zarray"
    described.write_text(
        json.dumps(json.loads(described.read_text()) | {"shape": [10**12], "chunks": [10**9]})
    )
    return made


@case("Column formats (parquet, feather)", counts="X")
def parquet_of_values(folder: Path) -> Path:
    path = folder / "cells.parquet"
    frame = pd.DataFrame(counts(), index=[f"cell{i}" for i in range(N_CELLS)], columns=symbols())
    frame.to_parquet(path)
    return path


@case("Column formats (parquet, feather)", counts="X")
def feather_of_values(folder: Path) -> Path:
    path = folder / "values.feather"
    frame = pd.DataFrame(counts().T, columns=[f"cell{i}" for i in range(N_CELLS)])
    frame.insert(0, "gene", symbols())
    frame.to_feather(path)
    return path


@case("Column formats (parquet, feather)", kind="markers")
def parquet_of_markers(folder: Path) -> Path:
    path = folder / "markers.parquet"
    genes = symbols()[:60]
    pd.DataFrame(
        {"cluster": np.repeat(["0", "1", "2"], 20), "gene": genes, "avg_log2FC": np.linspace(4, 1, 60)}
    ).to_parquet(path)
    return path


@case("Column formats (parquet, feather)", says=("cannot be read",), error=InputError)
def parquet_cut_off(folder: Path) -> Path:
    path = parquet_of_values(folder)
    path.write_bytes(path.read_bytes()[:5000])
    return path


def h5seurat_file(folder: Path, name: str = "cells.h5seurat") -> Path:
    path = folder / name
    text = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        file["cell.names"] = np.array([f"cell{i}" for i in range(N_CELLS)], dtype=text)
        file.attrs["active.assay"] = np.array(["RNA"], dtype=text)
        for kind, values in (("counts", counts()), ("data", logged())):
            stored = sp.csr_matrix(values)
            group = file.create_group(f"assays/RNA/{kind}")
            group["data"], group["indices"], group["indptr"] = stored.data, stored.indices, stored.indptr
            group.attrs["dims"] = np.array([N_GENES, N_CELLS])
        file["assays/RNA/features"] = np.array(symbols(), dtype=text)
        file["meta.data/seurat_clusters/levels"] = np.array(["0", "1"], dtype=text)
        file["meta.data/seurat_clusters/values"] = np.arange(N_CELLS) % 2 + 1
        file["meta.data/nCount_RNA"] = counts().sum(axis=1)
        file["reductions/umap/cell.embeddings"] = np.random.default_rng(0).normal(size=(2, N_CELLS))
    return path


@case("Seurat in HDF5 (SeuratDisk)", says=("h5seurat", "seurat_clusters (2)"), counts="X")
def h5seurat(folder: Path) -> Path:
    return h5seurat_file(folder)


@case("Seurat in HDF5 (SeuratDisk)", says=("h5seurat",), counts="X")
def h5seurat_named_h5(folder: Path) -> Path:
    return h5seurat_file(folder, "cells.h5")


@case("Seurat in HDF5 (SeuratDisk)", says=("holds no expression values",), error=AnnDataError)
def h5seurat_without_values(folder: Path) -> Path:
    path = h5seurat_file(folder)
    with h5py.File(path, "a") as file:
        del file["assays/RNA/counts"], file["assays/RNA/data"]
    return path


@case("Several measurements (h5mu)", says=("Only the part rna is used",), counts="X")
def h5mu(folder: Path) -> Path:
    path = folder / "both.h5mu"
    with h5py.File(path, "w") as file:
        ad.io.write_elem(file, "mod/rna", cells())
        ad.io.write_elem(
            file, "mod/prot", cells(sp.csr_matrix(counts(N_CELLS, 5)), ["a", "b", "c", "d", "e"])
        )
        ad.io.write_elem(file, "obs", pd.DataFrame(index=[f"cell{i}" for i in range(N_CELLS)]))
        ad.io.write_elem(file, "var", pd.DataFrame(index=symbols()))
    return path


def linked(folder: Path, at: str) -> Path:
    """An h5ad whose part `at` lies in another file, to which it points."""
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file, h5py.File(folder / "elsewhere.h5", "w") as other:
        file.copy(at, other, "part")
        del file[at]
        file[at] = h5py.ExternalLink("elsewhere.h5", "/part")
    return path


@case(LINKS, says=("not followed and left out: obs/leiden",), counts="X")
def column_in_another_file(folder: Path) -> Path:
    return linked(folder, "obs/leiden")


@case(LINKS, says=("holds no expression values",), error=AnnDataError)
def values_in_another_file(folder: Path) -> Path:
    return linked(folder, "X")


@case(LINKS, says=("not followed and left out: layers/far",), counts="X")
def layer_of_virtual_values(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(folder / "elsewhere.h5", "w") as other:
        other["part"] = counts()
    with h5py.File(path, "a") as file:
        layout = h5py.VirtualLayout((N_CELLS, N_GENES), dtype="f4")
        layout[:] = h5py.VirtualSource(folder / "elsewhere.h5", "part", (N_CELLS, N_GENES))
        file.require_group("layers").create_virtual_dataset("far", layout)
    return path


@case("Columns made of records", says=("The cell column scores cannot be read",), counts="X")
def records_in_the_cell_table(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file["obs/scores"] = np.zeros(N_CELLS, dtype=[("PAX5", "f4"), ("TCF7", "f4")])
    return path


@case("Columns made of records", says=("The gene column regulons cannot be read",), counts="X")
def records_in_the_gene_table(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file["var/regulons"] = np.zeros(N_GENES, dtype=[("PAX5", "i1"), ("TCF7", "i1")])
    return path


@case("Columns made of records", says=("The column RegulonsAUC", "ClusterID (2)"), counts="X")
def records_in_a_loom(folder: Path) -> Path:
    path = folder / "scenic.loom"
    with h5py.File(path, "w") as file:
        file["matrix"] = counts().T
        file["row_attrs/Gene"] = np.array(symbols(), dtype="S30")
        file["row_attrs/Regulons"] = np.zeros(N_GENES, dtype=[("PAX5", "i1"), ("TCF7", "i1")])
        file["col_attrs/CellID"] = np.array([f"cell{i}" for i in range(N_CELLS)], dtype="S30")
        file["col_attrs/RegulonsAUC"] = np.zeros(N_CELLS, dtype=[("PAX5", "f4"), ("TCF7", "f4")])
        file["col_attrs/ClusterID"] = np.arange(N_CELLS) % 2
    return path


@case("X without genes", says=("raw stands in for it",), counts="X")
def no_genes_in_x_and_a_whole_raw(folder: Path) -> Path:
    made = cells()
    raw = made.copy()
    made = made[:, []].copy()
    made.raw = raw
    return saved(made, folder)


@case("X without genes", says=("layers/counts stands in for it",), counts="layers/counts")
def no_x_and_a_layer(folder: Path) -> Path:
    made = cells()
    made.layers["counts"] = made.X.copy()
    made.X = None
    return saved(made, folder)


@case("X without genes", says=("holds no expression values",), error=AnnDataError)
def no_genes_anywhere(folder: Path) -> Path:
    return saved(cells()[:, []].copy(), folder)


@case("Missing filters", says=("packed with", "no HDF5 filter is installed"), error=AnnDataError)
def unknown_filter(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file.create_dataset("X/packed", data=file["X/data"][()], chunks=True, compression="gzip")
        del file["X/data"]
        file.move("X/packed", "X/data")
    content = path.read_bytes()
    number, other = (1).to_bytes(2, "little"), (31999).to_bytes(2, "little")
    at = content.index(number + b"\x08\x00\x01\x00\x01\x00deflate")
    path.write_bytes(content[:at] + other + content[at + 2 :])
    return path
