"""What clustering hands on: markers of all clusters, and which cells of a file were clustered at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.cluster_statistics import ClusterStatistics
from cassia_core.domain.markers import MarkerTable
from cassia_core.errors import AnnDataError


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkersOfClusters:
    """Markers of all clusters with the statistics behind them; `refusal` says why there are none."""

    table: MarkerTable
    frame: pd.DataFrame
    expression: CellExpression
    statistics: ClusterStatistics | None
    refusal: AnnDataError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredPart:
    """Which cells of a file are clustered (`inside`, one bool per cell); the others are compared with."""

    inside: np.ndarray

    @property
    def n_others(self) -> int:
        return int((~self.inside).sum())

    def codes(self, codes: np.ndarray) -> np.ndarray:
        """A cluster per cell of the file from one per clustered cell; -1 for the others."""
        spread = np.full(self.inside.size, -1, dtype=np.int64)
        spread[self.inside] = codes
        return spread
