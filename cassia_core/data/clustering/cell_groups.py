"""Clusters of the cells: which there are, how large, and which of them can be tested."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cassia_core.data.tables.select_markers import UNASSIGNED, select_markers
from cassia_core.domain.config import MarkerParams
from cassia_core.domain.markers import ClusterMarkers, MarkerTable, natural_key


@dataclass(frozen=True, slots=True, kw_only=True)
class CellGroups:
    """Cluster of every cell. `codes` (n_cells,) point into `ids`, which are in natural order.

    `n_others` counts cells beside these that the clusters are compared with as well.
    """

    ids: tuple[str, ...]
    codes: np.ndarray
    sizes: tuple[int, ...]
    min_cells: int
    n_others: int = 0

    @classmethod
    def of(cls, names: pd.Series | np.ndarray, min_cells: int, n_others: int = 0) -> CellGroups:
        """From a cluster name per cell (strings)."""
        codes, ids = pd.factorize(np.asarray(names, dtype=object))
        order = sorted(range(len(ids)), key=lambda i: natural_key(str(ids[i])))
        place = np.empty(len(ids), dtype=np.int64)
        place[order] = np.arange(len(ids))
        codes = place[codes]
        sizes = np.bincount(codes, minlength=len(ids))
        return cls(
            ids=tuple(ids[i] for i in order),
            codes=codes,
            sizes=tuple(int(n) for n in sizes),
            min_cells=max(min_cells, 2),
            n_others=n_others,
        )

    def categorical(self) -> pd.Categorical:
        return pd.Categorical.from_codes(self.codes, pd.Index(self.ids, dtype=object))

    def tested(self) -> tuple[str, ...]:
        """Clusters that can be compared with the other cells."""
        n_cells = sum(self.sizes) + self.n_others
        return tuple(
            c
            for c, n in zip(self.ids, self.sizes, strict=True)
            if c != UNASSIGNED and n >= self.min_cells and n_cells - n >= self.min_cells
        )

    def tested_codes(self) -> np.ndarray:
        """Like `codes`, pointing into `tested()`; -1 for cells of clusters that are not tested."""
        at = {cluster: i for i, cluster in enumerate(self.tested())}
        return np.array([at.get(c, -1) for c in self.ids], dtype=np.int64)[self.codes]

    def marker_table(self, frame: pd.DataFrame, params: MarkerParams) -> MarkerTable:
        """Markers of the tested clusters, and every other cluster with the reason why it has none."""
        table = select_markers(frame, params, dict(zip(self.ids, self.sizes, strict=True)), shape="computed")
        return replace(table, clusters=tuple(self._explain(c) for c in table.clusters))

    def table_without_markers(self, reason: str) -> MarkerTable:
        """Every cluster, none with markers, all for the same reason."""
        return MarkerTable(
            shape="computed",
            notes=(reason,),
            clusters=tuple(
                self._explain(ClusterMarkers(cluster=c, n_cells=n, state="no_markers", reason=reason))
                for c, n in zip(self.ids, self.sizes, strict=True)
            ),
        )

    def _explain(self, markers: ClusterMarkers) -> ClusterMarkers:
        if markers.cluster == UNASSIGNED:
            return replace(
                markers, genes=(), state="unassigned", reason="These cells belong to no cluster in the file."
            )
        if (markers.n_cells or 0) < self.min_cells:
            return replace(
                markers,
                genes=(),
                state="too_small",
                reason=f"{markers.n_cells} cells; at least {self.min_cells} are needed for a test.",
            )
        return markers
