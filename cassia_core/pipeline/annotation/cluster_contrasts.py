"""What the cells of every cluster say by contrast with the others, for the agents and the checks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.deciding import read_clusters
from cassia_core.knowledge.cells.groups import GroupProfiles
from cassia_core.knowledge.scoring.list_scores import score_types


def contrasts_of(
    table: MarkerTable, expression: ExpressionSource, setting: Setting, n_genes: int
) -> Mapping[str, Contrast]:
    """The contrast of each cluster by its id; none where only a marker table is known, or a single cluster.

    Parameters
    ----------
    table
        Marker lists, which are weighed together with the cells.
    n_genes
        How many genes from the top of a list are read.
    """
    if not isinstance(expression, CellExpression) or len(expression.statistics.clusters) < 2:
        return {}
    statistics = expression.statistics
    groups = GroupProfiles(
        groups=statistics.clusters,
        genes=statistics.genes,
        sizes=np.asarray(statistics.n_cells, dtype=np.float32),
        means=statistics.mean_in,
        fractions=statistics.pct_in,
    )
    lists = np.stack(
        [score_types(table.get(cluster), setting, n_genes).llr for cluster in statistics.clusters]
    )
    return dict(zip(statistics.clusters, read_clusters(groups, setting, lists), strict=True))
