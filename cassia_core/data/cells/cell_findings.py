"""What was found in a cell file, in plain words."""

from __future__ import annotations

import re

import pandas as pd

from cassia_core.data.cells.obs_columns import column_infos
from cassia_core.data.names.gene_names import GeneNames
from cassia_core.data.names.species_finding import species_finding
from cassia_core.data.readers.cell_file import CellFile
from cassia_core.domain.findings import ColumnInfo, Finding, Findings, MatrixInfo

FEW_CELLS, FEW_GENES = 50, 200
MANY_GENES = 60_000
_PANEL_GENES = 1000
BASE_BYTES, BYTES_PER_CELL, BYTES_PER_VALUE = 850e6, 1000, 11
"""Fitted to measured peaks; see `estimate_memory`."""
_MATRICES_TOLD_ONE_BY_ONE = 3
_STATE_WORDS = {
    "counts": "Raw counts",
    "counts_like": "Corrected or normalised counts",
    "log_normalised": "Log-normalised",
    "scaled": "Scaled",
    "unknown": "Not recognised",
    "empty": "Empty",
}
_FIT_FOR_TESTS = ("log_normalised", "counts", "counts_like")
_TISSUE_COLUMN = re.compile(r"^(tissue|organ)([_ ].*(label|name))?$", re.IGNORECASE)
_OTHER_MEANING = re.compile(
    r"(unspliced|ambiguous|velocity|spanning|fit_|^m[su]$|variance|dropout|imputed|magic)", re.IGNORECASE
)
"""Layers of RNA velocity and imputation: their values look like expression and are something else."""


def choose_expression(matrices: tuple[MatrixInfo, ...]) -> str:
    """The matrix for marker tests: log-normalised before counts before corrected counts; "" when none is fit.

    Of two in the same state the one with clearly more genes wins, else X.
    """
    for state in _FIT_FOR_TESTS:
        fit = [m for m in _expression_like(matrices) if m.state == state]
        if fit:
            widest = max(m.n_genes for m in fit)
            return next(m.location for m in fit if m.n_genes >= 0.9 * widest)
    return ""


def _expression_like(matrices: tuple[MatrixInfo, ...]) -> list[MatrixInfo]:
    return [m for m in matrices if not _OTHER_MEANING.search(m.location.removeprefix("layers/"))]


def choose_counts(matrices: tuple[MatrixInfo, ...]) -> str:
    """The matrix of raw counts, "" when the file has none."""
    fit = [m for m in _expression_like(matrices) if m.state == "counts"]
    if not fit:
        return ""
    widest = max(m.n_genes for m in fit)
    named = [m.location for m in fit if "count" in m.location.lower() and m.n_genes >= 0.9 * widest]
    return named[0] if named else next(m.location for m in fit if m.n_genes >= 0.9 * widest)


def describe_cells(
    file: CellFile,
    genes: GeneNames,
    matrices: tuple[MatrixInfo, ...],
    *,
    n_empty_cells: int = 0,
    done: tuple[str, ...] = (),
    size_bytes: int = 0,
    memory_bytes: int = 0,
) -> Findings:
    """All findings of a cell file.

    Parameters
    ----------
    n_empty_cells
        Cells without any value above zero.
    done
        What was done beyond what the reader and the repair of gene names say themselves.
    """
    expression, counts = choose_expression(matrices), choose_counts(matrices)
    columns = column_infos(file.obs if file.obs is not None else file.adata.obs)
    tissue = _tissue(file.obs if file.obs is not None else file.adata.obs)
    n_genes = file.n_genes - int((~genes.keep).sum())
    seen = (
        _size(file, n_genes),
        *_emptiness(n_empty_cells),
        _values(matrices, expression),
        *_other_matrices(matrices, expression, counts),
        Finding(topic="Gene names", value=_gene_ids(genes), remark=f"e.g. {', '.join(genes.symbols[:4])}"),
        *(Finding(topic="Gene names", value=notice, level="notice") for notice in genes.notices),
        species_finding(genes.species, genes.confident),
        *_tissue_lines(tissue),
        _clusters(columns),
        _map(file),
        *_marker_tests(file),
    )
    return Findings(
        kind="cells",
        format=file.format,
        n_cells=file.n_cells,
        n_genes=n_genes,
        n_clusters=_n_clusters(columns),
        species=genes.species,
        species_confident=genes.confident,
        tissue_guess=tissue,
        gene_ids=genes.ids,
        matrices=matrices,
        expression=expression,
        counts=counts,
        obs_columns=columns,
        embeddings=file.embeddings,
        marker_tests=tuple(stored.test for stored in file.marker_tests),
        found=seen,
        done=(*file.done, *genes.done, *done),
        questions=(*file.questions, *genes.questions),
        size_bytes=size_bytes,
        memory_bytes=memory_bytes,
    )


def _size(file: CellFile, n_genes: int) -> Finding:
    value = f"{file.n_cells:,} cells, {n_genes:,} genes"
    if file.n_cells < FEW_CELLS:
        return Finding(
            topic="Size",
            value=value,
            level="notice",
            remark=f"Too small for reliable clusters: fewer than {FEW_CELLS} cells.",
        )
    if n_genes < FEW_GENES:
        return Finding(
            topic="Size",
            value=value,
            level="notice",
            remark="Very few genes: taken as a targeted panel, genes outside it say nothing.",
        )
    if n_genes < _PANEL_GENES:
        return Finding(
            topic="Size",
            value=value,
            level="notice",
            remark="Few genes: taken as a targeted panel, genes outside it say nothing.",
        )
    if n_genes > MANY_GENES:
        return Finding(
            topic="Size", value=value, level="notice", remark="Unusually many genes; this takes longer."
        )
    return Finding(topic="Size", value=value)


def _emptiness(n_empty_cells: int) -> tuple[Finding, ...]:
    if not n_empty_cells:
        return ()
    return (
        Finding(
            topic="Empty cells",
            value=f"{n_empty_cells:,} cells have no value above zero",
            level="notice",
            remark="They are set aside before clustering.",
        ),
    )


def _values(matrices: tuple[MatrixInfo, ...], expression: str) -> Finding:
    main = matrices[0]
    if not expression:
        return Finding(
            topic="Values",
            value=f"{_STATE_WORDS[main.state]} ({_place(main.location)})",
            level="ask",
            remark=f"{main.remark} Marker tests need counts or logarithms; add them to the file as a layer, "
            "or open the file that still has them.",
        )
    chosen = next(m for m in matrices if m.location == expression)
    certain = chosen.state != "counts_like" and "assumed" not in chosen.remark
    target = (
        f", {chosen.target_sum:,.0f} per cell"
        if chosen.target_sum and chosen.state == "log_normalised"
        else ""
    )
    base = {"2": ", base 2", "10": ", base 10"}.get(chosen.log_base or "", "")
    return Finding(
        topic="Values",
        value=f"{_STATE_WORDS[chosen.state]}{base}{target} ({_place(expression)})",
        remark=chosen.remark,
        level="ok" if certain else "notice",
    )


def _other_matrices(matrices: tuple[MatrixInfo, ...], expression: str, counts: str) -> tuple[Finding, ...]:
    rest = [m for m in matrices if m.location not in (expression, counts) and expression]
    matrices_beside = [
        Finding(
            topic="Other values", value=f"{_STATE_WORDS[m.state]} ({_place(m.location)})", remark=m.remark
        )
        for m in rest[:_MATRICES_TOLD_ONE_BY_ONE]
    ]
    if len(rest) > _MATRICES_TOLD_ONE_BY_ONE:
        others = ", ".join(_place(m.location) for m in rest[_MATRICES_TOLD_ONE_BY_ONE:])
        matrices_beside.append(Finding(topic="Other values", value=f"Also in the file, not used: {others}"))
    if counts and counts != expression:
        matrices_beside.insert(0, Finding(topic="Counts", value=f"Raw counts ({_place(counts)})"))
    if not counts:
        matrices_beside.append(
            Finding(
                topic="Counts",
                value="No raw counts in the file",
                level="notice",
                remark="Doublets cannot be scored, and quality limits on counts cannot be set.",
            )
        )
    return tuple(matrices_beside)


def _place(location: str) -> str:
    if location == "X":
        return "the main matrix, X"
    if location == "raw":
        return "the raw matrix, .raw"
    return f"layer {location.removeprefix('layers/')}"


def _gene_ids(genes: GeneNames) -> str:
    return {
        "symbols": "Symbols",
        "Ensembl ids": "Ensembl ids, turned into symbols",
        "Entrez ids": "Entrez ids, turned into symbols",
        "numbers": "Numbers; names from a column",
    }[genes.ids]


def _tissue(obs: pd.DataFrame) -> str:
    """The tissue that the file itself names, where all cells have the same; "" else."""
    for name in obs.columns:
        if _TISSUE_COLUMN.match(str(name)):
            values = [str(v) for v in obs[name].dropna().unique()]
            if len(values) == 1 and values[0].strip() and not values[0].startswith(("UBERON", "unknown")):
                return values[0].strip()
    return ""


def _tissue_lines(tissue: str) -> tuple[Finding, ...]:
    return (Finding(topic="Tissue", value=tissue, remark="as the file says"),) if tissue else ()


def _n_clusters(columns: tuple[ColumnInfo, ...]) -> int | None:
    return next((c.n_values for c in columns if c.looks_like == "clusters"), None)


def _clusters(columns: tuple[ColumnInfo, ...]) -> Finding:
    clusters = [c for c in columns if c.looks_like == "clusters"]
    labels = [c for c in columns if c.looks_like == "labels"]
    if not clusters and not labels:
        return Finding(topic="Clusters", value="None in the file", remark="We make them.", level="none")
    named = ", ".join(f"{c.name} ({c.n_values})" for c in (*clusters, *labels)[:4])
    return Finding(
        topic="Clusters", value=named, remark="You can keep one of these, or let us make new ones."
    )


def _map(file: CellFile) -> Finding:
    maps = [name for name in file.embeddings if "umap" in name.lower() or "tsne" in name.lower()]
    if not maps:
        return Finding(topic="Map (UMAP)", value="None in the file", remark="We make one.", level="none")
    return Finding(topic="Map (UMAP)", value=", ".join(maps))


def _marker_tests(file: CellFile) -> tuple[Finding, ...]:
    """The marker tests that the file holds; nothing is said where there are none."""
    if not file.marker_tests:
        return ()
    tests = [stored.test for stored in file.marker_tests]
    named = "; ".join(f"{t.name} ({t.method}, {t.n_groups} groups of {t.column})" for t in tests[:4])
    return (
        Finding(
            topic="Marker tests",
            value=named,
            remark="With the clusters that they compare, you can use one of these or let us test.",
        ),
    )


def estimate_memory(n_cells: int, stored_values: int) -> int:
    """Bytes that reading and clustering take at their height.

    Fitted by hand to peaks of the worker's resident memory (`VmHWM`) over whole runs,
    `tests/bench/memory.py`: 1.0 GB for
    16 million stored values, 1.4 GB for 49 million (20,000 genes; estimates 1.0 and 1.4 GB), and not below
    those of
    clustering alone, `tests/bench/clustering.py`: 1.6 GB for 104 million and 3.9 GB for 347 million (2.0 and
    4.8 GB).
    Hundreds of clusters take more: all genes' statistics of each are laid out once.
    """
    return int(BASE_BYTES + BYTES_PER_CELL * n_cells + BYTES_PER_VALUE * stored_values)


def cells_that_fit(memory_bytes: int, n_cells: int, limit_bytes: int) -> int | None:
    """How many of `n_cells`, which take `memory_bytes`, fit into `limit_bytes`, in thousands; None when no
    thousand does.
    """
    per_cell = (memory_bytes - BASE_BYTES) / max(1, n_cells)
    fits = int((limit_bytes - BASE_BYTES) / per_cell / 1000) * 1000
    return fits if fits >= 1000 else None
