"""The log-normalised values that everything is computed from, by the state of the file's matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anndata as ad
from scipy import sparse

from cassia_core.data.kernels.normalise import (
    GeneMoments,
    as_csr,
    compact_counts,
    moments,
    normalise_counts,
    scaled_before_log,
    to_natural_log,
    usual_total,
)
from cassia_core.domain.findings import Findings, MatrixInfo
from cassia_core.errors import AnnDataError

COUNT_STATES = ("counts", "counts_like")
FAR_ABOVE = 3.0
"""Times the usual sum of a cell from which values are brought to that sum. Counts per million are a hundred
times as large: by the usual limits of variable genes every gene that tells cells apart would be too high.
Sums below the usual one are left, for a panel holds part of a cell only.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Log-normalised values (natural logarithm) of all genes, shape (n_cells, n_genes), float32, sorted
    indices.
    """

    values: sparse.csr_matrix
    genes: tuple[str, ...]
    moments: GeneMoments


def chosen_matrix(findings: Findings, wish: str | None) -> MatrixInfo | None:
    """The matrix that markers are computed from: the person's wish, else the one found fit; None when none
    is.

    Raises
    ------
    AnnDataError
        When the matrix wished for is not in the file or holds scaled values.
    """
    location = wish or findings.expression
    if not location:
        return None
    matrix = next((m for m in findings.matrices if m.location == location), None)
    if matrix is None:
        there = ", ".join(m.location for m in findings.matrices) or "none"
        raise AnnDataError(f"The file has no matrix {location}.", f"It has: {there}.", "Choose one of these.")
    if matrix.state in ("scaled", "empty"):
        raise AnnDataError(
            f"Markers cannot be computed from {location}.",
            f"Its values are {matrix.state}.",
            "Choose a matrix with counts or log-normalised values.",
        )
    return matrix


def matrix_at(adata: ad.AnnData, location: str) -> tuple[sparse.csr_matrix, tuple[str, ...]]:
    """The matrix at "X", "raw" or "layers/NAME" as CSR, with the names of its genes."""
    if location == "raw":
        return as_csr(adata.raw.X), tuple(map(str, adata.raw.var_names))
    matrix = adata.X if location == "X" else adata.layers[location.removeprefix("layers/")]
    return as_csr(matrix), tuple(map(str, adata.var_names))


def log_normalised(
    adata: ad.AnnData, source: MatrixInfo, target_sum: float, notice: Callable[[str], None]
) -> Expression:
    """Log-normalised values from the matrix `source` describes.

    When counts are in `adata.X`, sets `adata.X` to the log-normalised values and `adata.layers["counts"]` to
    the
    counts (whole numbers, in the smallest type that holds them); the two share their index arrays. In all
    other
    cases `adata` stays as it is.
    """
    matrix, genes = matrix_at(adata, source.location)
    if source.state in COUNT_STATES:
        counts = _with_data(matrix, compact_counts(matrix.data))
        if source.location == "X":
            adata.X = counts  # frees the wider original before the normalised values are made
        del matrix
        values, gene_moments = normalise_counts(counts, target_sum)
        if source.location == "X":
            adata.layers["counts"] = counts
            adata.X = values
        return Expression(values=values, genes=genes, moments=gene_moments)
    base = source.log_base or "e"
    if base != "e":
        notice(
            f"The values are logarithms to base {base}; they were converted to natural logarithms for all "
            "steps. "
            "The file's own values stay as they are."
        )
        matrix = _with_data(matrix, to_natural_log(matrix.data, base))
    elif matrix.data.dtype != "float32":
        matrix = _with_data(matrix, matrix.data.astype("float32"))
    total = far_above(matrix, target_sum)
    if total is not None:
        notice(brought_to_sum(total, target_sum))
        matrix = _with_data(matrix, scaled_before_log(matrix.data, target_sum / total))
    return Expression(values=matrix, genes=genes, moments=moments(matrix))


def far_above(log_normalised: sparse.csr_matrix, target_sum: float) -> float | None:
    """Usual sum of a cell before the logarithm where it is far above `target_sum`; None where it is not."""
    total = usual_total(log_normalised)
    return total if total > FAR_ABOVE * target_sum else None


def brought_to_sum(total: float, target_sum: float) -> str:
    """What is said of values that were brought to the usual sum."""
    return (
        f"The cells were scaled to about {total:,.0f} each before the logarithm; they were scaled to "
        f"{target_sum:,.0f} for all steps, whose limits are made for that. The file's own values stay as "
        "they are."
    )


def _with_data(matrix: sparse.csr_matrix, data) -> sparse.csr_matrix:
    changed = sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
    changed.has_sorted_indices = True
    return changed
