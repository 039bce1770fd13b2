"""Versions of h5ad, damage, packing."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import scipy.sparse as sp

from cassia_core.errors import AnnDataError, InputError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, cells, counts, logged, saved, scaled, symbols


@case("Old anndata (0.6/0.7)", says=("Raw counts", "louvain (2)"), expression="X")
def anndata_of_2018(folder: Path) -> Path:
    path = folder / "old.h5ad"
    names = [n.encode() for n in symbols()]
    matrix = sp.csr_matrix(counts())
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = b"csr", matrix.shape
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name)
        obs = np.zeros(N_CELLS, dtype=[("index", "S10"), ("louvain", "i1"), ("n_counts", "f4")])
        obs["index"] = [f"cell{i}".encode() for i in range(N_CELLS)]
        obs["louvain"] = np.arange(N_CELLS) % 2
        file["obs"] = obs
        var = np.zeros(N_GENES, dtype=[("index", "S30")])
        var["index"] = names
        file["var"] = var
        file["uns/louvain_categories"] = np.array([b"0", b"1"])
        file["obsm"] = np.zeros(N_CELLS, dtype=[("X_umap", "f4", (2,))])
    return path


@case("Old anndata (0.6/0.7)", says=("Raw counts", "Scaled"), expression="raw", counts="raw")
def old_raw_keys(folder: Path) -> Path:
    path = saved(cells(scaled()), folder)
    with h5py.File(path, "a") as file:
        file["raw.X"] = counts()
        var = np.zeros(N_GENES, dtype=[("index", "S30")])
        var["index"] = [n.encode() for n in symbols()]
        file["raw.var"] = var
    return path


@case(
    "Newer than our anndata (`encoding_type='null'`, `nullable-string`)",
    says=("The cell column from_the_future cannot be read", "The note nothing cannot be read"),
    expression="X",
)
def newer_encodings(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        odd = file["obs"].create_group("from_the_future")
        odd.attrs["encoding-type"], odd.attrs["encoding-version"] = "quantum-column", "9.0.0"
        file["obs"].attrs["column-order"] = [*file["obs"].attrs["column-order"], "from_the_future"]
        note = file["uns"].create_dataset("nothing", data=h5py.Empty("f4"))
        note.attrs["encoding-type"], note.attrs["encoding-version"] = "never-heard-of", "0.1.0"
    return path


@case(
    "Newer than our anndata (`encoding_type='null'`, `nullable-string`)",
    says=("cluster_text (3)",),
    expression="X",
)
def nullable_text(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        column = file["obs"].create_group("cluster_text")
        column.attrs["encoding-type"], column.attrs["encoding-version"] = "nullable-string-array", "0.1.0"
        column["values"] = np.array([f"group {i % 3}" for i in range(N_CELLS)], dtype=h5py.string_dtype())
        column["mask"] = np.array([i % 7 == 0 for i in range(N_CELLS)])
        file["obs"].attrs["column-order"] = [*file["obs"].attrs["column-order"], "cluster_text"]
    return path


@case("uns objects that break reading/writing", says=("The note broken cannot be read",), expression="X")
def broken_notes(folder: Path) -> Path:
    path = saved(cells(sp.csr_matrix(logged())), folder)
    with h5py.File(path, "a") as file:
        broken = file["uns"].create_group("broken")
        broken.attrs["encoding-type"], broken.attrs["encoding-version"] = "dataframe", "0.2.0"
        file["uns"].create_group("log1p").attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
    return path


@case(
    "Newer than our anndata (`encoding_type='null'`, `nullable-string`)",
    says=("no expression values",),
    error=AnnDataError,
)
def without_any_matrix(folder: Path) -> Path:
    adata = cells()
    return saved(ad.AnnData(obs=adata.obs, var=adata.var), folder)


@case("Truncated / empty upload", says=("The copy or upload stopped at",), error=AnnDataError)
def truncated(folder: Path) -> Path:
    path = saved(cells(), folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@case("Truncated / empty upload", says=("0 bytes",), error=InputError)
def empty(folder: Path) -> Path:
    path = folder / "cells.h5ad"
    path.touch()
    return path


@case("Truncated / empty upload", says=("do not fit the format",), error=AnnDataError)
def damaged_rows(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file["X/indptr"][:] = np.arange(N_CELLS + 1)[::-1] * 100_000
    return path


@case("Truncated / empty upload", says=("pointer to the real file",), error=InputError)
def large_file_pointer(folder: Path) -> Path:
    path = folder / "cells.h5ad"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 157053262\n")
    return path


@case("Truncated / empty upload", says=("web page",), error=InputError)
def saved_web_page(folder: Path) -> Path:
    path = folder / "cells.h5ad"
    path.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    return path


@case("`.gz`/`.zip` around h5ad; wrong extension", says=("is unpacked", "Raw counts"))
def gzipped_h5ad(folder: Path) -> Path:
    path = folder / "cells.h5ad.gz"
    path.write_bytes(gzip.compress(saved(cells(), folder).read_bytes()))
    return path


@case("`.gz`/`.zip` around h5ad; wrong extension", says=("is unpacked", "Raw counts"))
def zipped_h5ad(folder: Path) -> Path:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(saved(cells(), folder), "inner/cells.h5ad")
        archive.writestr("__MACOSX/inner/._cells.h5ad", b"junk")
    return path


@case("`.gz`/`.zip` around h5ad; wrong extension", says=("Raw counts",))
def wrong_extension(folder: Path) -> Path:
    return saved(cells(), folder).rename(folder / "cells.csv")


@case("`.gz`/`.zip` around h5ad; wrong extension", says=("of the kind 7z",), error=InputError)
def seven_zip(folder: Path) -> Path:
    path = folder / "cells.7z"
    path.write_bytes(b"7z\xbc\xaf'\x1c" + bytes(100))
    return path


@case("`.gz`/`.zip` around h5ad; wrong extension", says=("zarr store without a table",), error=InputError)
def zarr_folder(folder: Path) -> Path:
    path = folder / "cells.zarr"
    path.mkdir()
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    return path


@case(
    "Newer than our anndata (`encoding_type='null'`, `nullable-string`)",
    says=("Only the part rna is used",),
    counts="X",
)
def several_measurements(folder: Path) -> Path:
    path = folder / "cells.h5mu"
    with h5py.File(path, "w") as file:
        for name in ("rna", "prot"):
            with h5py.File(saved(cells(), folder), "r") as part:
                part.copy(part["/"], file.require_group("mod"), name)
        file.create_group("obs")
        file.create_group("var")
    return path
