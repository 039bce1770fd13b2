"""How a dataset of a run ended: one row of `batch_summary.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DatasetStatus = Literal["success", "partial", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetOutcome:
    """Times are wall seconds; `preprocessing_time` ends when markers exist. Counts are None when never
    reached.
    """

    dataset: str
    tissue: str
    file_path: str
    n_cells: int | None = None
    n_genes: int | None = None
    n_clusters: int | None = None
    preprocessing_time: float | None = None
    annotation_time: float | None = None
    total_time: float | None = None
    status: DatasetStatus = "success"
    output_dir: str = ""
    error: str = ""


def overall(statuses: tuple[str, ...]) -> DatasetStatus:
    """Status of a whole from its parts: all good, all bad, or in between; a cancelled part cancels the
    whole.
    """
    if "cancelled" in statuses:
        return "cancelled"
    if all(s == "success" for s in statuses):
        return "success"
    return "failed" if all(s == "failed" for s in statuses) else "partial"
