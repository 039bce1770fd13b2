"""Every stated limit of a setting: the value at the border is taken, the next one is refused in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cassia_core.domain.config import (
    AgentModel,
    AnnotationParams,
    ClusteringParams,
    DatasetSpec,
    MarkerParams,
    QCParams,
    ReadOptions,
    RunConfig,
)
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


WORDS = [
    (ClusteringParams, "markers_against", ("subset", "all", "both")),
    (MarkerParams, "method", ("wilcoxon", "t-test", "logreg")),
    (MarkerParams, "ranking_method", (None, "avg_log2FC", "p_val_adj", "pct_diff", "Score")),
    (AgentModel, "reasoning", (None, "low", "medium", "high")),
    (AnnotationParams, "validator_involvement", ("v0", "v1")),
    (AnnotationParams, "boost", ("off", "selective", "fused")),
]


@pytest.mark.parametrize(("kind", "name", "words"), WORDS)
def test_each_word_of_a_choice_is_taken_and_no_other(kind, name, words):
    assert [getattr(kind(**{name: word}), name) for word in words] == list(words)
    with pytest.raises(ConfigError, match=name):
        kind(**{name: "another"})


@pytest.mark.parametrize("name", ["min_mean", "max_mean", "min_disp"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_cut_off_is_a_number(name, value):
    with pytest.raises(ConfigError, match=name):
        ClusteringParams(**{name: value})


@pytest.mark.parametrize("name", ["first_word_timeout_s", "silence_timeout_s"])
def test_a_waiting_time_is_above_zero_or_left_to_the_server(name):
    assert getattr(AnnotationParams(**{name: TINY}), name) == TINY
    assert getattr(AnnotationParams(), name) is None
    with pytest.raises(ConfigError, match=name):
        AnnotationParams(**{name: 0.0})


def test_prices_are_known_for_both_directions_or_for_none():
    assert AgentModel(input_usd=0.0, output_usd=0.0).input_usd == 0.0
    for prices in ({"input_usd": 1.0}, {"output_usd": 1.0}, {"cached_usd": -0.1}, {"cached_usd": math.inf}):
        with pytest.raises(ConfigError, match="_usd"):
            AgentModel(**prices)


def test_logistic_regression_compares_clusters_only_among_themselves():
    own, all_cells = MarkerParams(method="logreg"), ClusteringParams(markers_against="all")
    assert DatasetSpec(name="d", path="f", markers=own).markers.method == "logreg"
    assert DatasetSpec(name="d", path="f", clustering=all_cells).clustering.markers_against == "all"
    with pytest.raises(ConfigError, match="markers_against"):
        DatasetSpec(name="d", path="f", markers=own, clustering=all_cells)


@pytest.mark.parametrize("name", ["name", "tissue", "species"])
def test_a_dataset_says_what_it_is(name):
    with pytest.raises(ConfigError, match=name):
        DatasetSpec(**{"name": "d", "path": "f", name: "  "})


def test_reading_knows_the_species_and_a_subsample_has_a_cell():
    assert DatasetSpec(name="d", path="f", species=" Mouse ").reading.species == "mouse"
    assert ReadOptions(max_cells=1).max_cells == 1
    with pytest.raises(ConfigError, match="max_cells"):
        ReadOptions(max_cells=0)


def test_a_role_without_a_model_of_its_own_asks_the_annotators():
    one, other = AgentModel(provider="openai", model="a"), AgentModel(provider="openai", model="b")
    params = AnnotationParams(annotator=one, scorer=other)
    assert params.model_of("scorer") == other
    assert {params.model_of(role) for role in ("annotator", "validator", "booster", "merger")} == {one}
    run = RunConfig(datasets=(DatasetSpec(name="d", path="f"),), annotation=params)
    assert set(run.models()) == {one, other} and run.providers() == ("openai",)
    assert replace(run, annotation=None).models() == ()
    with pytest.raises(ConfigError, match="datasets"):
        RunConfig(datasets=())


def test_what_is_not_said_is_as_documented():
    """The defaults of docs/guide/clustering.md and docs/guide/models.md, and those of CASSIA's protocol."""
    cells, markers, agents = ClusteringParams(), MarkerParams(), AnnotationParams()
    assert (cells.target_sum, cells.min_mean, cells.max_mean, cells.min_disp) == (1e4, 0.0125, 3.0, 0.5)
    assert (cells.max_value, cells.n_neighbors, cells.n_pcs, cells.seed) == (10.0, 10, 25, 0)
    assert cells.resolution == "fine" and cells.min_cells_per_cluster == 3
    assert (markers.n_genes, markers.max_pval_adj, markers.min_log2fc, markers.min_pct) == (
        50,
        0.05,
        0.25,
        0.1,
    )
    assert (agents.score, agents.merge, agents.blind, agents.always_format) == (True, True, False, False)
    assert (agents.score_threshold, agents.max_attempts, agents.boost_rounds) == (75.0, 3, 3)
    assert (agents.max_workers, agents.max_retries, agents.use_reference) == (6, 5, False)
