"""Tables in column formats (parquet, feather) or in R objects: written as text once, then read as such."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet

from cassia_core.data.readers.derived_files import derived
from cassia_core.errors import InputError

_INDEX_NAMES = ("__index_level_0__", "index")
_MAX_BYTES = 8 * 10**9


def columnar_as_text(path: Path, kind: str) -> Path:
    """The table of a parquet or feather file as a tab-separated file.

    Raises
    ------
    InputError
        The file is damaged, or its table is larger than the limit.
    """
    return derived(path, "tables", lambda folder: _write(_read(path, kind), folder / f"{path.stem}.tsv")) / (
        f"{path.stem}.tsv"
    )


def frame_as_text(source: Path, frame: pd.DataFrame, name: str) -> Path:
    """A table in memory, made from `source`, as a tab-separated file."""
    return derived(source, "tables", lambda folder: _write(frame, folder / f"{name}.tsv")) / f"{name}.tsv"


def _read(path: Path, kind: str) -> pd.DataFrame:
    try:
        if kind == "parquet":
            announced = parquet.ParquetFile(path).metadata
            size = sum(announced.row_group(i).total_byte_size for i in range(announced.num_row_groups))
            _refuse_too_large(path, max(size, announced.num_rows * announced.num_columns))
            return parquet.read_table(path).to_pandas()
        return feather.read_table(path).to_pandas()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise InputError(
            f"{path.name} cannot be read.",
            f"The {kind} file is damaged, incomplete, or has columns that are neither numbers nor text.",
            "Copy or upload it again, or save the table as csv.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def _refuse_too_large(path: Path, n_bytes: int) -> None:
    if n_bytes > _MAX_BYTES:
        raise InputError(
            f"{path.name} unpacks to too much.",
            f"Its table takes {n_bytes / 1e9:,.1f} GB; the limit is {_MAX_BYTES / 1e9:,.0f} GB.",
            "Save the cells as h5ad.",
        )


def _write(frame: pd.DataFrame, target: Path) -> None:
    named, label = frame, str(frame.index.name or "")
    for name in _INDEX_NAMES:
        if name in frame.columns:
            named, label = frame.set_index(name), ""
    if label in named.columns:
        label = ""
    numbered = isinstance(named.index, pd.RangeIndex)
    named.to_csv(target, sep="\t", index=not numbered, index_label=None if numbered else label)
