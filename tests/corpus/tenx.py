"""10x, Matrix Market, loom."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import scipy.sparse as sp

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError, InputError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, counts, ensembl, symbols


def tenx_v3(path: Path, *, more: bool = False) -> Path:
    matrix = sp.csr_matrix(counts())
    names = symbols()
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(matrix, name).astype(np.int32 if name == "data" else np.int64)
        group["shape"] = np.array([N_GENES, N_CELLS], dtype=np.int32)
        group["barcodes"] = np.array([f"CELL{i}-1".encode() for i in range(N_CELLS)])
        features = group.create_group("features")
        features["id"], features["name"] = [
            np.array([v.encode() for v in vs]) for vs in (ensembl(names), names)
        ]
        features["feature_type"] = np.array([b"Gene Expression"] * 590 + [b"Antibody Capture"] * 10)
        features["genome"] = np.array([b"GRCh38"] * N_GENES)
        if more:
            file.create_group("droplet_latents")["cell_probability"] = np.ones(N_CELLS)
            group["latent_cell_probability"] = np.ones(N_CELLS)
    return path


@case("10x `.h5` v3", says=("version 3", "10 of kind Antibody Capture", "Raw counts"), counts="X")
def tenx_version_3(folder: Path) -> Path:
    return tenx_v3(folder / "filtered_feature_bc_matrix.h5")


@case("`.h5` that is not 10x (CellBender, Seurat h5, velocity)", says=("version 3", "Raw counts"))
def cellbender(folder: Path) -> Path:
    return tenx_v3(folder / "cellbender_filtered.h5", more=True)


@case(
    "`.h5` that is not 10x (CellBender, Seurat h5, velocity)",
    says=("HDF5 file of a kind that we do not know",),
    error=AnnDataError,
)
def unknown_hdf5(folder: Path) -> Path:
    path = folder / "model.h5"
    with h5py.File(path, "w") as file:
        file["X"], file["Y"] = counts(), np.zeros(N_CELLS)
    return path


def tenx_v2(path: Path, genomes: tuple[str, ...]) -> Path:
    matrix = sp.csr_matrix(counts())
    names = symbols()
    with h5py.File(path, "w") as file:
        for genome in genomes:
            group = file.create_group(genome)
            for name in ("data", "indices", "indptr"):
                group[name] = getattr(matrix, name)
            group["shape"] = np.array([N_GENES, N_CELLS])
            group["barcodes"] = np.array([f"CELL{i}-1".encode() for i in range(N_CELLS)])
            group["genes"] = np.array([v.encode() for v in ensembl(names)])
            group["gene_names"] = np.array([v.encode() for v in names])
    return path


@case("10x `.h5` v2 (group = genome)", says=("version 2", "Raw counts"))
def tenx_version_2(folder: Path) -> Path:
    return tenx_v2(folder / "raw.h5", ("hg19",))


@case("10x `.h5` v2 (group = genome)", says=("several genomes", "Only the genome"))
def tenx_several_genomes(folder: Path) -> Path:
    return tenx_v2(folder / "raw.h5", ("hg19", "mm10"))


@case(
    "10x `.h5` v2 (group = genome)",
    says=("has no genome mm39",),
    error=AnnDataError,
    options=ReadOptions(genome="mm39"),
)
def tenx_wrong_genome(folder: Path) -> Path:
    return tenx_several_genomes(folder)


def triple(
    folder: Path, prefix: str = "", *, packed: bool = True, old: bool = False, transposed: bool = False
) -> list[Path]:
    """The three files of a sample, as Cell Ranger 3 (packed) or 2 (`old`) writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = symbols()
    stream = io.BytesIO()
    scipy.io.mmwrite(stream, sp.coo_matrix(counts() if transposed else counts().T).astype(np.int32))
    kind = "" if old else "\tGene Expression"
    genes = "\n".join(f"{i}\t{s}{kind}" for i, s in zip(ensembl(names), names, strict=True))
    barcodes = "\n".join(f"CELL{i}-1" for i in range(N_CELLS))
    content = {
        "matrix.mtx": stream.getvalue(),
        "genes.tsv" if old else "features.tsv": genes.encode(),
        "barcodes.tsv": barcodes.encode(),
    }
    written = []
    for name, data in content.items():
        path = folder / (prefix + name + (".gz" if packed else ""))
        path.write_bytes(gzip.compress(data) if packed else data)
        written.append(path)
    return written


MTX_ROW = "mtx zip/tar (gz or not, prefixes, genes.tsv vs features.tsv, nested folder)"


@case(MTX_ROW, says=("Matrix Market", "Raw counts"))
def mtx_folder(folder: Path) -> Path:
    return triple(folder / "filtered_feature_bc_matrix")[0].parent


@case(MTX_ROW, says=("Matrix Market", "120 cells, 600 genes"))
def mtx_old_and_transposed(folder: Path) -> Path:
    return triple(folder / "hg19", packed=False, old=True, transposed=True)[0].parent


@case(MTX_ROW, says=("Matrix Market", "is unpacked"))
def mtx_zip_nested_with_prefix(folder: Path) -> Path:
    path = folder / "GSE1_RAW.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in triple(folder / "parts", "GSM1_donorA_"):
            archive.write(file, f"deep/er/{file.name}")
    return path


@case(MTX_ROW, says=("Of 2 samples",))
def mtx_tar_with_two_samples(folder: Path) -> Path:
    path = folder / "GSE1_RAW.tar"
    with tarfile.open(path, "w") as archive:
        for prefix in ("GSM1_a_", "GSM2_b_"):
            for file in triple(folder / prefix, prefix):
                archive.add(file, file.name)
    return path


@case(MTX_ROW, says=("Matrix Market", "is unpacked"))
def mtx_tgz_in_zip(folder: Path) -> Path:
    inner = folder / "inner.tar.gz"
    with tarfile.open(inner, "w:gz") as archive:
        for file in triple(folder / "parts"):
            archive.add(file, f"outs/{file.name}")
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, inner.name)
    return path


@case(MTX_ROW, says=("120 cells, 600 genes", "Symbols"))
def mtx_of_kallisto(folder: Path) -> Path:
    files = triple(folder / "counts_unfiltered", packed=False, transposed=True)
    for file, name in zip(files, ("mtx", "genes.txt", "barcodes.txt"), strict=True):
        file.rename(file.parent / f"cells_x_genes.{name}")
    return files[0].parent


@case(MTX_ROW, says=("120 cells, 600 genes", "Human"))
def mtx_of_alevin(folder: Path) -> Path:
    files = triple(folder / "alevin", packed=False, transposed=True)
    for file, name in zip(
        files, ("quants_mat.mtx", "quants_mat_cols.txt", "quants_mat_rows.txt"), strict=True
    ):
        file.rename(file.parent / name)
    return files[0].parent


@case(MTX_ROW, says=("120 cells, 600 genes", "Human"))
def mtx_of_parse(folder: Path) -> Path:
    files = triple(folder / "DGE_filtered", packed=False, transposed=True)
    genes = [line.split("\t")[:2] for line in files[1].read_text().splitlines()]
    files[1].write_text("gene_id,gene_name,genome\n" + "\n".join(f"{i},{n},hg38" for i, n in genes))
    files[2].write_text("bc_wells,sample\n" + "\n".join(f"{i}_{i},s1" for i in range(N_CELLS)))
    for file, name in zip(files, ("DGE.mtx", "all_genes.csv", "cell_meta.csv"), strict=True):
        file.rename(file.parent / name)
    return files[0].parent


@case(MTX_ROW, says=("do not fit each other",), error=AnnDataError)
def mtx_with_wrong_lists(folder: Path) -> Path:
    files = triple(folder / "mixed", packed=False)
    files[2].write_text("\n".join(f"CELL{i}" for i in range(7)))
    return files[0].parent


@case(MTX_ROW, says=("incomplete",), error=AnnDataError)
def mtx_cut_short(folder: Path) -> Path:
    files = triple(folder / "cut", packed=False)
    lines = files[0].read_text().splitlines()
    files[0].write_text("\n".join(lines[:200]) + "\n")
    return files[0].parent


@case(MTX_ROW, says=("without names",), error=AnnDataError)
def mtx_alone(folder: Path) -> Path:
    files = triple(folder / "alone", packed=False)
    files[1].unlink()
    return files[0]


@case(MTX_ROW, says=("outside of its folder",), error=InputError)
def archive_that_climbs_out(folder: Path) -> Path:
    path = folder / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.txt", "x")
    return path


@case(MTX_ROW, says=("outside of its folder",), error=InputError)
def tar_with_absolute_names(folder: Path) -> Path:
    path = folder / "evil.tar"
    with tarfile.open(path, "w") as archive:
        item = tarfile.TarInfo("/tmp/evil.txt")
        item.size = 1
        archive.addfile(item, io.BytesIO(b"x"))
    return path


@case(MTX_ROW, says=("nothing that can be read",), error=InputError)
def tar_of_links(folder: Path) -> Path:
    path = folder / "links.tar"
    with tarfile.open(path, "w") as archive:
        item = tarfile.TarInfo("cells.h5ad")
        item.type, item.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(item)
    return path


@case(MTX_ROW, says=("unpacks to too much",), error=InputError)
def archive_bomb(folder: Path) -> Path:
    path = folder / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros.csv", "w", force_zip64=True) as stream,
    ):
        for _ in range(120):
            stream.write(bytes(1_000_000))
    return path


@case(MTX_ROW, says=("packed too deeply",), error=InputError)
def archives_in_archives(folder: Path) -> Path:
    content = b"x"
    for level in range(6):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(f"level{level}.zip", content)
        content = stream.getvalue()
    path = folder / "deep.zip"
    path.write_bytes(content)
    return path


@case("loom", says=("loom", "Clusters (2)", "X_umap", "coordinates is no plain column"))
def loom(folder: Path) -> Path:
    path = folder / "cells.loom"
    with h5py.File(path, "w") as file:
        file["matrix"] = counts().T
        file["row_attrs/Gene"] = np.array([n.encode() for n in symbols()])
        file["row_attrs/Accession"] = np.array([n.encode() for n in ensembl(symbols())])
        file["col_attrs/CellID"] = np.array([f"cell{i}".encode() for i in range(N_CELLS)])
        file["col_attrs/Clusters"] = np.arange(N_CELLS) % 2
        file["col_attrs/coordinates"] = np.zeros((N_CELLS, 2))
        file["col_attrs/_X"] = file["col_attrs/_Y"] = np.zeros(N_CELLS)
        file["layers/spliced"] = counts().T
    return path


@case("loom", says=("has no gene names",), error=AnnDataError)
def loom_without_genes(folder: Path) -> Path:
    path = folder / "cells.loom"
    with h5py.File(path, "w") as file:
        file["matrix"] = counts().T
        file.create_group("row_attrs")
        file.create_group("col_attrs")
    return path


def described(folder: Path, name: str, lines: list[str]) -> Path:
    """A matrix folder with a table of its cells beside it, in another order than the matrix."""
    path = mtx_folder(folder)
    (path / name).write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    return path


BESIDE = "A table of the cells beside the matrix"


@case(BESIDE, says=("meta.csv describes the cells", "seurat_clusters (3)", "umap"))
def mtx_with_a_cell_table(folder: Path) -> Path:
    rows = [f"CELL{i}-1,{i % 3},{i / 7},{-i / 3}" for i in range(N_CELLS)]
    return described(folder, "meta.csv", ["barcode,seurat_clusters,UMAP_1,UMAP_2", *rows])


@case(BESIDE, says=("cell_annotations.tsv describes the cells", "cell_type (2)"))
def mtx_with_annotations_of_most_cells(folder: Path) -> Path:
    rows = [f"CELL{i}-1\t{'T cell' if i % 2 else 'B cell'}" for i in range(N_CELLS - 5)]
    return described(folder, "cell_annotations.tsv", ["cell\tcell_type", *rows])


@case(BESIDE, says=("clusters.csv describes the cells", "Cluster (4)"))
def mtx_with_clusters_of_cell_ranger(folder: Path) -> Path:
    return described(
        folder, "clusters.csv", ["Barcode,Cluster", *(f"CELL{i}-1,{i % 4 + 1}" for i in range(N_CELLS))]
    )
