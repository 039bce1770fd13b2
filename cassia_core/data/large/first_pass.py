"""The one pass over all values of a file: sums and quality of cells, and the store of genes that all else
reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.clustering.expression_matrix import far_above
from cassia_core.data.kernels.normalise import scaled_before_log, to_natural_log
from cassia_core.data.large.row_blocks import RowBlocks, ahead, bounds
from cassia_core.data.large.store_writer import GeneStoreWriter
from cassia_core.data.quality.cell_metrics import cell_metrics
from cassia_core.data.quality.quality_limits import failing
from cassia_core.domain.config import QCParams
from cassia_core.errors import AnnDataError


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSource:
    """The matrix that everything is computed from.

    `columns` are those of genes, `genes` their names; `log_base` is "" for counts, `counts` the matrix of
    counts where the file has one beside logarithms, for the quality of its cells.
    """

    rows: RowBlocks
    columns: np.ndarray
    genes: tuple[str, ...]
    log_base: str = ""
    counts: RowBlocks | None = None
    replace_nan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPass:
    """What the pass found of the cells that were wanted: their quality, and why they go ("" for those that
    stay). `scaled_from` is the sum of a cell that logarithms in the store were brought down from, None where
    they are as in the file.
    """

    metrics: pd.DataFrame
    reason: np.ndarray
    scaled_from: float | None = None


def first_pass(
    source: ValueSource,
    qc: QCParams,
    target_sum: float,
    folder: Path,
    wanted: np.ndarray | None = None,
    on_block: Callable[[float], None] = lambda _: None,
) -> FirstPass:
    """Read all blocks once; the cells that stay go into a store in `folder`.

    Parameters
    ----------
    wanted
        Mask of the cells of the file that matter, shape (n_cells,); None: all.

    Raises
    ------
    AnnDataError
        Values are missing or infinite, or no cell is left.
    """
    n_cells = source.rows.shape[0]
    writer = GeneStoreWriter(folder, len(source.genes), is_counts=not source.log_base)
    metrics: list[pd.DataFrame] = []
    reasons: list[np.ndarray] = []
    scaled_from: float | None = None
    try:
        for start, block, measured in ahead(_measured(source, wanted)):
            on_block(start / n_cells)
            if source.log_base and not metrics:
                # The first cells tell the sum: all were scaled to the same one.
                scaled_from = far_above(block, target_sum)
            if scaled_from is not None:
                block.data = scaled_before_log(block.data, target_sum / scaled_from)
            reason = failing(measured, qc).to_numpy(dtype=str)
            stays = reason == ""
            if stays.any():
                writer.add(block if stays.all() else block[stays])
            metrics.append(measured)
            reasons.append(reason)
        found = pd.concat(metrics, ignore_index=True)
        reason = np.concatenate(reasons)
        if not (reason == "").any():
            raise AnnDataError("No cell is left after quality control.", _why(reason), "Choose wider limits.")
        writer.finish(None if source.log_base else _scale(found[reason == ""], target_sum))
    finally:
        writer.close()
    return FirstPass(metrics=found, reason=reason, scaled_from=scaled_from)


def chosen_columns(block: sparse.csr_matrix, columns: np.ndarray) -> sparse.csr_matrix:
    """The columns of genes; the block itself where all are."""
    return block if columns.size == block.shape[1] else block[:, columns]


def _measured(
    source: ValueSource, wanted: np.ndarray | None
) -> Iterator[tuple[int, sparse.csr_matrix, pd.DataFrame]]:
    """Blocks of the cells that matter, with the quality of each cell."""
    for start, stop in bounds(source.rows.shape[0]):
        inside = None if wanted is None else wanted[start:stop]
        if inside is not None and not inside.any():
            continue
        block = _mended(_part(source.rows.block(start, stop), source.columns, inside), source)
        if source.log_base not in ("", "e"):
            block.data = to_natural_log(block.data, source.log_base)
        if source.counts is None:
            yield start, block, cell_metrics(block, source.genes, is_log=bool(source.log_base))
            continue
        counts = _part(source.counts.block(start, stop), source.columns, inside)
        yield start, block, cell_metrics(counts, source.genes)


def _part(block: sparse.csr_matrix, columns: np.ndarray, inside: np.ndarray | None) -> sparse.csr_matrix:
    chosen = block if inside is None or inside.all() else block[inside]
    return chosen_columns(chosen, columns)


def _mended(block: sparse.csr_matrix, source: ValueSource) -> sparse.csr_matrix:
    """Missing and infinite values as 0 where a person said so, else refused, as when cells are loaded."""
    if block.data.dtype.kind != "f" or np.isfinite(block.data).all():
        return block
    if not source.replace_nan:
        genes = np.unique(block.indices[~np.isfinite(block.data)])[:5]
        raise AnnDataError(
            "The file has missing or infinite values.",
            f"They lie in genes such as {', '.join(source.genes[g] for g in genes)}; markers cannot be "
            "computed with them.",
            "Let us set them to 0, or open a file without gaps.",
        )
    block.data[~np.isfinite(block.data)] = 0
    block.eliminate_zeros()
    return block


def _scale(metrics: pd.DataFrame, target_sum: float) -> np.ndarray:
    """What counts of a cell are divided by, in the same steps of float32 as `normalise_block`."""
    return metrics["n_counts"].to_numpy().astype(np.float32) / np.float32(target_sum)


def _why(reason: np.ndarray) -> str:
    counted = pd.Series(reason[reason != ""]).value_counts()
    return f"All {reason.size:,} cells go: {', '.join(f'{why} {n:,}' for why, n in counted.items())}."
