"""Statistics of every gene in every cluster: Wilcoxon or t test against all other cells, means and
fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse, special

from cassia_core.data.kernels.gene_blocks import GeneBlock, gene_blocks
from cassia_core.data.kernels.threads import in_threads, n_threads, ranges
from cassia_core.data.view.cluster_statistics import ClusterStatistics
from cassia_core.domain.config import TestMethod

_RADIX = 11
_SMALL = 1e-9
"""Source: scanpy.tl.rank_genes_groups adds this to both means of a fold change."""


@dataclass(slots=True, kw_only=True)
class _Sums:
    """Per group (the last row: cells of no group) and gene, float64: rank sums, sums, squares, non-zero
    cells.
    """

    ranks: np.ndarray
    values: np.ndarray
    squares: np.ndarray
    positive: np.ndarray


def rank_genes(
    expression: sparse.csr_matrix,
    genes: tuple[str, ...],
    codes: np.ndarray,
    clusters: tuple[str, ...],
    method: TestMethod = "wilcoxon",
    on_block: Callable[[float], None] = lambda _: None,
) -> ClusterStatistics:
    """Compare every cluster with all other cells, gene by gene.

    Equal to `scanpy.tl.rank_genes_groups(method=..., reference="rest", pts=True)` on the same values: scores
    and
    fold changes to float32.

    Parameters
    ----------
    expression
        Log-normalised values (natural logarithm) of all genes, shape (n_cells, n_genes), sorted indices.
    codes
        Cluster of every cell as an index into `clusters`; -1 for cells of none, which count among the others.
    on_block
        Called with the fraction done after each block of genes; may raise to stop.
    """
    return rank_blocks(
        gene_blocks(expression),
        genes,
        codes,
        clusters,
        method,
        on_block,
        logistic=lambda: _logistic(expression, codes, len(clusters)),
    )


def rank_blocks(
    blocks: Iterable[GeneBlock],
    genes: tuple[str, ...],
    codes: np.ndarray,
    clusters: tuple[str, ...],
    method: TestMethod = "wilcoxon",
    on_block: Callable[[float], None] = lambda _: None,
    logistic: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None,
) -> ClusterStatistics:
    """As `rank_genes`, of values that come gene by gene: all genes, in order, in blocks.

    Parameters
    ----------
    logistic
        Scores and p values of the logistic regression, which needs the matrix as a whole.
    """
    sums, sizes = _sweep(blocks, codes, len(genes), len(clusters), method == "wilcoxon", on_block)
    n_cells = codes.size
    size = sizes[:-1, None].astype(np.float64)
    rest = n_cells - size
    mean_in = sums.values[:-1] / size
    # Sums of all minus sums of the cluster: the rest is never gone through again, however many clusters there
    # are. Sums are float64, in which the difference loses nothing that float32 scores could show.
    mean_out = (sums.values.sum(axis=0) - sums.values[:-1]) / rest
    score, pval = _test(method, sums, size, rest, mean_in, mean_out, logistic)
    with np.errstate(invalid="ignore"):
        log2fc = np.log2((np.expm1(mean_in) + _SMALL) / (np.expm1(mean_out) + _SMALL))
    pct_out = (sums.positive.sum(axis=0) - sums.positive[:-1]) / rest
    return ClusterStatistics(
        clusters=clusters,
        genes=genes,
        n_cells=sizes[:-1],
        score=score.astype(np.float32),
        log2fc=log2fc.astype(np.float32),
        pval=pval,
        pval_adj=adjust(pval),
        pct_in=(sums.positive[:-1] / size).astype(np.float32),
        pct_out=pct_out.astype(np.float32),
        mean_in=mean_in.astype(np.float32),
        mean_out=mean_out.astype(np.float32),
    )


def adjust(pval: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg along the last axis; NaN stays NaN."""
    if not pval.size or np.isnan(pval).all():
        return pval.copy()
    order = np.argsort(pval, axis=-1, kind="stable")
    n = pval.shape[-1]
    scaled = np.take_along_axis(pval, order, axis=-1) * (n / np.arange(1, n + 1))
    # From the largest p value downwards, for an adjusted value must not be larger than that of a weaker gene.
    falling = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(pval)
    np.put_along_axis(adjusted, order, np.minimum(falling, 1.0), axis=-1)
    return adjusted


def _test(
    method: TestMethod,
    sums: _Sums,
    size: np.ndarray,
    rest: np.ndarray,
    mean_in: np.ndarray,
    mean_out: np.ndarray,
    logistic: Callable[[], tuple[np.ndarray, np.ndarray]] | None,
) -> tuple[np.ndarray, np.ndarray]:
    if method == "wilcoxon":
        n_cells = size + rest
        # The normal approximation without a correction for ties, as scanpy has it by default: with it, scores
        # of sparse genes would be higher than those people compare with.
        score = (sums.ranks[:-1] - size * (n_cells + 1) / 2) / np.sqrt(size * rest * (n_cells + 1) / 12)
        return score, 2 * special.ndtr(-np.abs(score))
    if method == "t-test":
        from scipy import stats  # slow to import, and needed here only

        squares_out = sums.squares.sum(axis=0) - sums.squares[:-1]
        # From sums of squares, with the divisor n - 1; rounding may make a variance a hair negative, so it is
        # cut at 0 below.
        var_in = (sums.squares[:-1] / size - mean_in**2) * size / np.maximum(size - 1, 1)
        var_out = (squares_out / rest - mean_out**2) * rest / np.maximum(rest - 1, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            score, pval = stats.ttest_ind_from_stats(
                mean_in,
                np.sqrt(np.maximum(var_in, 0)),
                size,
                mean_out,
                np.sqrt(np.maximum(var_out, 0)),
                rest,
                equal_var=False,
            )
        # A gene without any spread in both groups has no t statistic: it tells nothing, which is score 0 and
        # p 1.
        return np.nan_to_num(score, nan=0.0), np.where(np.isnan(pval), 1.0, pval)
    assert logistic is not None, "the regression is refused before where there is no matrix"
    return logistic()


def _logistic(
    expression: sparse.csr_matrix, codes: np.ndarray, n_clusters: int
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of one multinomial logistic regression over all clusters; it gives no p values.

    Source: Ntranos et al., Nat Methods 2019; scikit-learn's defaults as in scanpy.
    """
    from sklearn.linear_model import LogisticRegression

    named = codes >= 0
    model = LogisticRegression().fit(expression[named], codes[named])
    score = np.zeros((n_clusters, expression.shape[1]))
    if n_clusters == 2:
        # Of two classes scikit-learn gives the second one's coefficients only.
        score[1], score[0] = model.coef_[0], -model.coef_[0]
    else:
        score[model.classes_] = model.coef_
    return score, np.full(score.shape, np.nan)


def _sweep(
    blocks: Iterable[GeneBlock],
    codes: np.ndarray,
    n_genes: int,
    n_clusters: int,
    with_ranks: bool,
    on_block: Callable[[float], None],
) -> tuple[_Sums, np.ndarray]:
    n_cells = codes.size
    # Cells of no cluster become one more group, so that they count among "the others" without a test in every
    # loop.
    groups = np.where(codes >= 0, codes, n_clusters).astype(np.int32)
    sizes = np.bincount(groups, minlength=n_clusters + 1)
    sums = _Sums(
        **{name: np.zeros((n_clusters + 1, n_genes)) for name in ("ranks", "values", "squares", "positive")}
    )
    for block in blocks:
        in_threads(
            _work_on,
            [
                (block, a, b, groups, sizes, n_cells, with_ranks, sums)
                for a, b in ranges(block.stop - block.first, n_threads())
            ],
        )
        on_block(block.stop / n_genes)
    return sums, sizes


def _work_on(
    block: GeneBlock,
    start: int,
    stop: int,
    groups: np.ndarray,
    sizes: np.ndarray,
    n_cells: int,
    with_ranks: bool,
    sums: _Sums,
) -> None:
    _sum_columns(
        block.start,
        block.rows,
        block.values,
        groups,
        start,
        stop,
        block.first,
        sums.values,
        sums.squares,
        sums.positive,
    )
    if with_ranks:
        _rank_columns(
            block.start,
            block.rows,
            # The bits of the floats: see `_rank_columns`.
            block.values.view(np.uint32),
            groups,
            sizes,
            n_cells,
            start,
            stop,
            block.first,
            sums.ranks,
        )


@njit(cache=True, nogil=True)
def _sum_columns(starts, rows, values, groups, start, stop, first, sums, squares, positive):
    n_groups = sums.shape[0]
    for column in range(start, stop):
        total, square = np.zeros(n_groups), np.zeros(n_groups)
        count = np.zeros(n_groups)
        for j in range(starts[column], starts[column + 1]):
            group, value = groups[rows[j]], np.float64(values[j])
            total[group] += value
            square[group] += value * value
            if value != 0.0:
                count[group] += 1.0
        sums[:, first + column], squares[:, first + column], positive[:, first + column] = (
            total,
            square,
            count,
        )


@njit(cache=True, nogil=True)
def _rank_columns(starts, rows, bits, groups, sizes, n_cells, start, stop, first, rank_sums):
    """Average ranks over all cells, summed per group. Zeros are never laid out: they share one rank."""
    n_groups = rank_sums.shape[0]
    # Room for the longest column once, instead of one allocation for each gene.
    longest = 0
    for column in range(start, stop):
        longest = max(longest, starts[column + 1] - starts[column])
    key, other_key = np.empty(longest, dtype=np.uint32), np.empty(longest, dtype=np.uint32)
    group, other_group = np.empty(longest, dtype=np.int32), np.empty(longest, dtype=np.int32)
    for column in range(start, stop):
        n, negative = 0, 0
        zeros = sizes.copy()
        for j in range(starts[column], starts[column + 1]):
            pattern = bits[j]
            # Stored zeros (also -0.0) belong to the zeros that are not stored.
            if pattern & np.uint32(0x7FFFFFFF) == 0:
                continue
            # The bits of two positive floats, read as whole numbers, stand in the order of the floats.
            # Turning all bits of negative ones, and setting the first bit of positive ones, puts negative
            # below positive and the larger magnitude first, so a radix sort of whole numbers sorts floats, in
            # a fraction of the time of a comparison sort.
            if pattern >> np.uint32(31):
                negative += 1
                pattern = ~pattern
            else:
                pattern = pattern | np.uint32(0x80000000)
            key[n], group[n] = pattern, groups[rows[j]]
            zeros[group[n]] -= 1
            n += 1
        _sort_pairs(key, group, other_key, other_group, n)
        n_zeros = n_cells - n
        summed = np.zeros(n_groups)
        for g in range(n_groups):
            # All zeros share the mean of the ranks they take up, which come right after the negative values.
            # Nine in ten values are zero, and none of them is sorted.
            summed[g] = zeros[g] * (negative + (n_zeros + 1) / 2)
        i = 0
        while i < n:
            j = i + 1
            # Equal values share the mean of their ranks, the definition of the test.
            while j < n and key[j] == key[i]:
                j += 1
            rank = (i + j + 1) / 2 + (n_zeros if i >= negative else 0)
            for at in range(i, j):
                summed[group[at]] += rank
            i = j
        rank_sums[:, first + column] = summed


@njit(cache=True, nogil=True)
def _sort_pairs(key, group, other_key, other_group, n):
    """Sort `key[:n]` and `group[:n]` along with it, by radix, ties in order. Three passes end in the other
    arrays,
    so they are copied back."""
    mask = np.uint32((1 << _RADIX) - 1)
    for turn in range(3):
        shift = np.uint32(turn * _RADIX)
        # Counting sort by one digit, from the lowest: each pass keeps the order of the one before, so three
        # passes of 11 bits sort all 32.
        place = np.zeros((1 << _RADIX) + 1, dtype=np.int64)
        for i in range(n):
            place[((key[i] >> shift) & mask) + 1] += 1
        for i in range(1, place.size):
            place[i] += place[i - 1]
        for i in range(n):
            bucket = (key[i] >> shift) & mask
            at = place[bucket]
            other_key[at], other_group[at] = key[i], group[i]
            place[bucket] = at + 1
        key[:n] = other_key[:n]
        group[:n] = other_group[:n]
