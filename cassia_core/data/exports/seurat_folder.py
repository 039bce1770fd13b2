"""A folder that one line of R turns into a Seurat object (versions 4 and 5)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.exports.counts import counts_of
from cassia_core.errors import AnnDataError

SCRIPT = "read_seurat.R"
_HEAD = "%%MatrixMarket matrix coordinate {kind} general\n{genes} {cells} {stored}\n"
_LINES_AT_A_TIME = 2_000_000
_PROGRAM = """# cells <- source("{script}", chdir = TRUE)$value
local({{
  library(Seurat)
  values <- as(Matrix::readMM(gzfile("matrix.mtx.gz")), "CsparseMatrix")
  genes <- read.delim("features.tsv.gz", header = FALSE, quote = "", colClasses = "character")
  dimnames(values) <- list(make.unique(genes[[2]]), readLines("barcodes.tsv.gz"))
  about <- read.csv("metadata.csv.gz", row.names = 1, check.names = FALSE, colClasses = "character",
                    na.strings = "", encoding = "UTF-8")
  for (column in c({numbers})) about[[column]] <- as.numeric(about[[column]])
  for (column in c({groups})) about[[column]] <- factor(about[[column]])
  {assay}
  cells <- CreateSeuratObject(assay, meta.data = about, project = {project})
  {normalise}
  for (file in list.files("reductions", full.names = TRUE)) {{
    name <- sub("\\\\.csv\\\\.gz$", "", basename(file))
    places <- as.matrix(read.csv(file, row.names = 1, check.names = FALSE))
    key <- paste0(toupper(gsub("[^A-Za-z0-9]", "", name)), "_")
    colnames(places) <- paste0(key, seq_len(ncol(places)))
    cells[[name]] <- CreateDimReducObject(embeddings = places, key = key, assay = "RNA")
  }}
  Idents(cells) <- {identity}
  cells
}})
"""


def write_seurat_folder(cells: ad.AnnData, folder: Path, cluster_key: str) -> tuple[str, ...]:
    """Write counts, genes, columns of cells, maps and the R script that puts them together.

    Parameters
    ----------
    cells
        Annotated cells; raw counts where the file has them, else the values of `X`.
    folder
        Made if it is not there.
    cluster_key
        Column of `obs` that holds the clusters.

    Returns
    -------
    tuple of str
        What is to be known of the folder, a sentence each.

    Raises
    ------
    AnnDataError
        There are no values.
    """
    (folder / "reductions").mkdir(parents=True, exist_ok=True)
    counts = counts_of(cells)
    values = counts if counts is not None else cells.X
    if values is None:
        raise AnnDataError(
            "There are no values to write for Seurat.", "The annotated file holds no matrix.", "Run it again."
        )
    _write_matrix(sp.csr_matrix(values), folder / "matrix.mtx.gz", whole=counts is not None)
    names = cells.var_names.astype(str)
    ids = cells.var["gene_ids"].astype(str) if "gene_ids" in cells.var else names
    _write_lines(
        folder / "features.tsv.gz", (f"{i}\t{n}\tGene Expression" for i, n in zip(ids, names, strict=True))
    )
    _write_lines(folder / "barcodes.tsv.gz", cells.obs_names.astype(str))
    about = _plain_columns(cells.obs)
    about.to_csv(folder / "metadata.csv.gz", index_label="cell", encoding="utf-8")
    said = [_write_reduction(folder, name, cells) for name in cells.obsm]
    numbers = [str(c) for c in about if pd.api.types.is_numeric_dtype(about[c])]
    program = _PROGRAM.format(
        script=SCRIPT,
        numbers=_vector(numbers),
        groups=_vector([str(c) for c in about if c not in numbers]),
        assay=f"assay <- CreateAssayObject({'counts' if counts is not None else 'data'} = values)",
        normalise="cells <- NormalizeData(cells, verbose = FALSE)" if counts is not None else "",
        project=json.dumps("CASSIA Workbench"),
        identity=json.dumps("cell_type_short" if "cell_type_short" in about else cluster_key),
    )
    (folder / SCRIPT).write_text(program, encoding="utf-8")
    kind = (
        "raw counts, which R normalises anew"
        if counts is not None
        else "the values as analysed: no counts are there"
    )
    return (f"The matrix holds {kind}.", *filter(None, said))


def _write_matrix(values: sp.csr_matrix, path: Path, *, whole: bool) -> None:
    """Genes by cells in Matrix Market form."""
    kind = "integer" if whole else "real"
    placed = values.tocoo()
    with gzip.open(path, "wt", compresslevel=3) as stream:
        stream.write(_HEAD.format(kind=kind, genes=values.shape[1], cells=values.shape[0], stored=placed.nnz))
        # In parts: as text a matrix takes several times the memory that it has.
        for start in range(0, placed.nnz, _LINES_AT_A_TIME):
            part = slice(start, start + _LINES_AT_A_TIME)
            data = placed.data[part].astype(np.int64) if whole else placed.data[part]
            lines = pd.DataFrame({"gene": placed.col[part] + 1, "cell": placed.row[part] + 1, "value": data})
            lines.to_csv(stream, sep=" ", header=False, index=False)


def _write_lines(path: Path, lines: object) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)  # type: ignore[attr-defined]


def _plain_columns(obs: pd.DataFrame) -> pd.DataFrame:
    """Columns as numbers or text, in a table that R reads without guessing."""
    plain = pd.DataFrame(index=obs.index.astype(str))
    for column in obs:
        values = obs[column]
        # True and False as words: R would read them as a third kind of column beside numbers and groups.
        is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        plain[str(column)] = (
            values if is_number else values.astype(object).where(values.notna(), "").astype(str)
        )
    return plain


def _write_reduction(folder: Path, name: str, cells: ad.AnnData) -> str:
    values = cells.obsm[name]
    places = np.asarray(values) if not isinstance(values, pd.DataFrame) else values.to_numpy()
    if places.ndim != 2 or places.dtype.kind not in "fiu":
        return f"{name} is no map of numbers and is left out."
    short = name.removeprefix("X_") or name
    pd.DataFrame(places, index=cells.obs_names.astype(str)).to_csv(
        folder / "reductions" / f"{short}.csv.gz", index_label="cell"
    )
    return ""


def _vector(names: list[str]) -> str:
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
