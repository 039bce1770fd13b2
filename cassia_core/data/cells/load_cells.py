"""Cell files of any format: read, gene names repaired, state of the values told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import psutil
import scipy.sparse as sp

from cassia_core import settings
from cassia_core.data.cells.cell_findings import (
    cells_that_fit,
    choose_counts,
    choose_expression,
    describe_cells,
    estimate_memory,
)
from cassia_core.data.cells.matrix_state import Matrix, describe
from cassia_core.data.clustering.own_tests import renamed_tests
from cassia_core.data.names.gene_names import GeneNames, repair_gene_names
from cassia_core.data.readers.cell_file import CellFile
from cassia_core.data.readers.read_cells import Source, find_source, read_cell_file
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Findings, MatrixInfo, Question
from cassia_core.errors import AnnDataError, GeneIdError

MIN_CELLS = 10
_SPARSE_BELOW = 0.4
_MEMORY_SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCells:
    """Cells in memory and what was found in their file.

    `adata.var_names` are unique current symbols, `var["original_name"]` the file's own names, `var["symbol"]`
    the
    symbols without what makes repeated ones unique; `adata.raw` is treated alike. Values are those of the
    file.
    """

    adata: ad.AnnData
    findings: Findings
    tests: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Marker tests of the file by name, their genes named as in `adata`."""


def load_cells(path: Path | str, options: ReadOptions = ReadOptions()) -> LoadedCells:
    """Load a cell file of any known format.

    Sets `adata.var["original_name"]`, `adata.var["symbol"]`, and `adata.obs["original_cell_name"]` where cell
    names
    had to be made unique.

    Raises
    ------
    InputError
        The file cannot be opened, or not used at all (`AnnDataError`, `GeneIdError` are its kinds).
    """
    path = Path(path)
    source = find_source(path)
    if (
        source.kind == "text"
    ):  # a line must be read to be counted: reading it twice would cost more than it saves
        return _loaded(read_cell_file(source, options), path, options)
    # A look at the header costs little; running out of memory would end the app for everybody.
    _refuse_if_too_large(path, inspect_cells(path, options, source)[0], options)
    return _loaded(read_cell_file(source, options), path, options)


def inspect_cells(
    path: Path, options: ReadOptions = ReadOptions(), source: Source | None = None
) -> tuple[Findings, ad.AnnData]:
    """Findings from the header and a few hundred cells, and those cells with their genes repaired."""
    file = read_cell_file(source or find_source(path), options, inspect=True)
    _refuse_if_too_small(file, path)
    adata, genes, done = _repaired(file, options)
    matrices = _states(adata, file.log_base)
    findings = describe_cells(
        replace(file, questions=(*file.questions, *_question_of_gaps(adata, matrices, options))),
        genes,
        matrices,
        done=tuple(done),
        size_bytes=_size_of(path),
        memory_bytes=_memory_of(file, options),
    )
    return findings, adata


def _question_of_gaps(
    adata: ad.AnnData, states: tuple[MatrixInfo, ...], options: ReadOptions
) -> tuple[Question, ...]:
    """A question where values that will be used are missing or infinite."""
    used = {"X", choose_expression(states), choose_counts(states)}
    n_bad = sum(_count_unusable(matrix) for location, matrix in _matrices(adata) if location in used)
    if not n_bad or options.replace_nan:
        return ()
    return (
        Question(
            option="replace_nan",
            text=f"{counted(n_bad, 'value looked at is', 'values looked at are')} missing or infinite. "
            "Set missing values to 0?",
            choices=("yes", "no"),
            suggested="",
        ),
    )


def _count_unusable(matrix: Matrix) -> int:
    values = matrix if isinstance(matrix, np.ndarray) else matrix.data
    return int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0


def _loaded(file: CellFile, path: Path, options: ReadOptions) -> LoadedCells:
    _refuse_if_too_small(file, path)
    adata, genes, done = _repaired(file, options)
    states = _states(adata, file.log_base)
    used = {"X", choose_expression(states), choose_counts(states)}
    for location, matrix in _matrices(adata):
        # A gap in a matrix that nobody looks at is no reason to refuse the file.
        if location in used:
            _mend_unusable(adata, location, matrix, path, options, done)
    _pack(adata)
    n_empty = _count_empty(adata.X)
    matrices = _states(adata, file.log_base)
    if options.max_cells is not None and adata.n_obs < file.n_cells:
        done.append(f"A random sample of {adata.n_obs:,} of {file.n_cells:,} cells is used, as you asked.")
    findings = describe_cells(
        replace(file, adata=adata, n_cells=adata.n_obs, obs=None),
        genes,
        matrices,
        n_empty_cells=n_empty,
        done=tuple(done),
        size_bytes=_size_of(path),
        memory_bytes=_memory_of(file, options),
    )
    if adata.n_obs < file.n_cells:
        findings = replace(findings, n_cells_of_file=file.n_cells)
    tests = {t.test.name: t.frame for t in file.marker_tests if t.frame is not None}
    return LoadedCells(adata=adata, findings=findings, tests=renamed_tests(tests, adata))


def _memory_of(file: CellFile, options: ReadOptions) -> int:
    n_cells = min(file.n_cells, options.max_cells or file.n_cells)
    return estimate_memory(n_cells, int(file.stored_values * n_cells / max(1, file.n_cells)))


def _size_of(path: Path) -> int:
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size


def memory_limit_bytes(options: ReadOptions = ReadOptions()) -> int:
    """Memory that one dataset may take: as asked for, the operator's limit, else most of what is free."""
    if options.memory_gb is not None:
        return int(options.memory_gb * 1e9)
    return settings.memory_budget_bytes() or int(_MEMORY_SHARE * psutil.virtual_memory().available)


def _refuse_if_too_large(path: Path, findings: Findings, options: ReadOptions) -> None:
    limit = memory_limit_bytes(options)
    if findings.memory_bytes <= limit or not findings.n_cells:
        return
    n_cells = min(findings.n_cells, options.max_cells or findings.n_cells)
    fits = cells_that_fit(findings.memory_bytes, n_cells, limit)
    raise AnnDataError(
        f"{path.name} is too large for this machine.",
        f"{n_cells:,} cells need about {findings.memory_bytes / 1e9:.1f} GB of memory; "
        f"{limit / 1e9:.1f} GB may be used.",
        (f"Take a random sample of at most {fits:,} cells, or open" if fits else "Open")
        + " it on a machine with more memory.",
    )


def _refuse_if_too_small(file: CellFile, path: Path) -> None:
    if file.n_genes < 1 or file.n_cells < MIN_CELLS:
        raise AnnDataError(
            f"{path.name} is too small.",
            f"It has {file.n_cells:,} cells and {file.n_genes:,} genes; "
            f"clusters need at least {MIN_CELLS} cells.",
            "Open a file with more cells.",
        )


def _repaired(file: CellFile, options: ReadOptions) -> tuple[ad.AnnData, GeneNames, list[str]]:
    """The file's cells with gene and cell names repaired, in `X`, the layers and `raw`."""
    done: list[str] = []
    adata = file.adata
    genes = repair_gene_names(adata.var, options, totals_of(adata.X))
    raw = adata.raw
    if not genes.keep.all():
        adata = adata[:, genes.keep].copy()
    name_genes(adata, genes)
    if raw is not None:
        _put_raw(adata, raw, options, done)
    name_cells(adata, done)
    return adata, genes, done


def _put_raw(adata: ad.AnnData, raw: ad.Raw, options: ReadOptions, done: list[str]) -> None:
    """Set `adata.raw` with its gene names repaired; a raw matrix without usable genes is left out."""
    try:
        genes = repair_gene_names(raw.var, options, totals_of(raw.X))
    except GeneIdError as error:
        del adata.raw
        done.append(f"The raw matrix is left out: {error.what}")
        return
    part = ad.AnnData(
        X=raw.X if genes.keep.all() else raw.X[:, genes.keep],
        var=raw.var[genes.keep].copy(),
        obs=pd.DataFrame(index=raw.obs_names),
    )
    name_genes(part, genes)
    adata.raw = part


def totals_of(matrix: Matrix | None) -> np.ndarray | None:
    """Sum of every gene, by which the strongest of those with one name keeps it."""
    return None if matrix is None else np.nan_to_num(np.asarray(matrix.sum(axis=0), dtype=float).ravel())


def name_genes(adata: ad.AnnData, genes: GeneNames) -> None:
    """Give the genes their repaired names, and keep the file's own in `var`."""
    adata.var["original_name"] = adata.var_names.to_numpy(dtype=object)
    adata.var["symbol"] = genes.plain
    if genes.ensembl is not None and "ensembl" not in adata.var:
        adata.var["ensembl"] = genes.ensembl
    adata.var_names = pd.Index(genes.symbols.astype(str))


def name_cells(adata: ad.AnnData, done: list[str]) -> None:
    """Make names of cells unique, and give columns with reserved names another one."""
    # Rows of tables are joined by cell name later; two of one name would be mixed up.
    if not adata.obs_names.is_unique:
        repeated = int(adata.obs_names.duplicated().sum())
        adata.obs["original_cell_name"] = adata.obs_names.to_numpy(dtype=object)
        adata.obs_names_make_unique()
        done.append(
            f"{counted(repeated, 'cell name repeats another', 'cell names repeat others')}; a number is put "
            "behind."
        )
    odd = {name: str(name).replace("/", "_") for name in adata.obs.columns if "/" in str(name)}
    odd |= {name: "index_column" for name in adata.obs.columns if name == "_index"}
    if odd:
        adata.obs.rename(columns=odd, inplace=True)
        done.append(
            "Columns with reserved names are renamed: "
            f"{', '.join(f'{old} to {new}' for old, new in odd.items())}."
        )
    adata.obs.index.name = None
    adata.var.index.name = None


def _matrices(adata: ad.AnnData) -> list[tuple[str, Matrix]]:
    matrices = [("X", adata.X)] if adata.X is not None else []
    if adata.raw is not None:
        matrices.append(("raw", adata.raw.X))
    return matrices + [(f"layers/{name}", adata.layers[name]) for name in adata.layers]


def _states(adata: ad.AnnData, log_base: str) -> tuple[MatrixInfo, ...]:
    return tuple(describe(location, matrix, log_base) for location, matrix in _matrices(adata))


def _mend_unusable(
    adata: ad.AnnData, location: str, matrix: Matrix, path: Path, options: ReadOptions, done: list[str]
) -> None:
    """Missing or infinite values: refused in X, or set to 0 where the person said so. Dense zeros are
    packed.
    """
    values = matrix.data if sp.issparse(matrix) else matrix
    bad = ~np.isfinite(values)
    n_bad = int(bad.sum())
    if n_bad and not options.replace_nan:
        raise AnnDataError(
            f"{path.name} has {counted(n_bad, 'missing or infinite value', 'missing or infinite values')}.",
            f"They lie in genes such as {', '.join(_genes_with(adata, matrix, bad)[:5])}; markers cannot be "
            "computed "
            "with them.",
            "Let us set them to 0, or open a file without gaps.",
        )
    if n_bad:
        values[bad] = 0
        done.append(
            f"{counted(n_bad, 'missing or infinite value', 'missing or infinite values')} in {location} "
            "set to 0."
        )


def _pack(adata: ad.AnnData) -> None:
    """Make `X` sparse where most of it is zero."""
    if not sp.issparse(adata.X) and np.count_nonzero(adata.X) < _SPARSE_BELOW * adata.X.size:
        adata.X = sp.csr_matrix(adata.X)


def _count_empty(matrix: Matrix) -> int:
    """Number of cells without any value other than zero."""
    if isinstance(matrix, np.ndarray):
        return int((~np.any(matrix, axis=1)).sum())
    # Pointers count stored values, which is only the same where no zero is stored.
    if matrix.format == "csr" and np.all(matrix.data):
        return int((np.diff(matrix.indptr) == 0).sum())
    return int((np.asarray((matrix != 0).sum(axis=1)).ravel() == 0).sum())


def _genes_with(adata: ad.AnnData, matrix: Matrix, bad: np.ndarray) -> list[str]:
    columns = np.nonzero(bad)[1] if isinstance(matrix, np.ndarray) else matrix.indices[bad]
    return [str(adata.var_names[column]) for column in np.unique(columns)[:5]]
