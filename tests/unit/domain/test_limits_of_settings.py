"""Every stated limit of a setting: the value at the border is taken, the next one is refused in words."""

from __future__ import annotations

import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, ClusteringParams, MarkerParams, QCParams
from cassia_core.errors import ConfigError

TINY = 1e-9
BORDERS = [
    (ClusteringParams, "n_neighbors", (2, 200), (1, 201)),
    (ClusteringParams, "n_pcs", (2, 200), (1, 201)),
    (ClusteringParams, "resolution", (TINY, 10.0), (0.0, 10.001)),
    (ClusteringParams, "n_top_genes", (1, None), (0,)),
    (ClusteringParams, "target_sum", (TINY,), (0.0,)),
    (ClusteringParams, "max_value", (TINY,), (0.0,)),
    (ClusteringParams, "seed", (0,), (-1,)),
    (MarkerParams, "n_genes", (1, 1000), (0, 1001)),
    (MarkerParams, "max_pval_adj", (TINY, 1.0), (0.0, 1.001)),
    (MarkerParams, "min_pct", (0.0, 1.0), (-TINY, 1.001)),
    (AnnotationParams, "score_threshold", (0.0, 100.0), (-0.1, 100.1)),
    (AnnotationParams, "max_attempts", (1, 10), (0, 11)),
    (AnnotationParams, "max_workers", (1, 256), (0, 257)),
    (AnnotationParams, "max_retries", (0, 20), (-1, 21)),
    (AgentModel, "temperature", (0.0, 2.0), (-0.1, 2.1)),
    (QCParams, "max_pct_mito", (0, 100), (-0.1, 100.1)),
    (QCParams, "max_pct_ribo", (0, 100), (-0.1, 100.1)),
    (QCParams, "max_pct_haemo", (0, 100), (-0.1, 100.1)),
    (QCParams, "max_doublet_score", (0.0, 1.0), (-0.001, 1.001)),
]
TAKEN = [(kind, name, value) for kind, name, taken, _ in BORDERS for value in taken]
REFUSED = [(kind, name, value) for kind, name, _, refused in BORDERS for value in refused]


@pytest.mark.parametrize(("kind", "name", "value"), TAKEN)
def test_a_value_at_the_border_is_taken(kind, name, value):
    assert getattr(kind(**{name: value}), name) == value


@pytest.mark.parametrize(("kind", "name", "value"), REFUSED)
def test_a_value_over_the_border_is_refused_with_its_name_and_itself(kind, name, value):
    with pytest.raises(ConfigError) as refused:
        kind(**{name: value})
    assert name in str(refused.value) and str(value) in str(refused.value)


@pytest.mark.parametrize("pair", [("min_genes", "max_genes"), ("min_counts", "max_counts")])
def test_a_lower_limit_may_equal_the_upper_one_and_not_pass_it(pair):
    low, high = pair
    assert QCParams(**{low: 200, high: 200})
    with pytest.raises(ConfigError, match=high):
        QCParams(**{low: 201, high: 200})
