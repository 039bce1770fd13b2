"""Kinds inside clusters: mixtures are found and named, pure clusters stay whole, doubts lower the light."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cassia_core.data.clustering.borders import borders_of
from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.expression_matrix import log_normalised
from cassia_core.data.clustering.mixing import sample_column, samples_in_clusters
from cassia_core.data.clustering.reading_cells import join_clusters, read_cells
from cassia_core.domain.annotation import ClusterResult, Proposal, deserves_a_look
from cassia_core.domain.findings import ColumnInfo, MatrixInfo
from cassia_core.domain.inside import ClusterInside, DatasetInside, KindInside
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.words import kinds_in_words
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.pipeline.annotation.cautions import with_borders, with_inside, with_samples
from cassia_core.pipeline.cell_reader import KnowledgeReader
from cassia_core.runs.codec import read_json, write_json
from tests.mixtures import KINDS, kinds_of_cells

BLOOD = Setting(species="human", tissue="blood")


def inside_of(cells, clusters) -> dict[str, ClusterInside]:
    source = MatrixInfo(location="X", state="counts", n_genes=cells.n_vars)
    expression = log_normalised(cells, source, 1e4, lambda _: None)
    groups = CellGroups.of(np.asarray(clusters, dtype=object), 3)
    return read_cells(expression, groups, KnowledgeReader(BLOOD), 0).inside


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_two_kinds_in_one_cluster_are_both_named(share):
    found = []
    for one, other in combinations(KINDS, 2):
        sizes = dict.fromkeys(KINDS, 80) | {one: round(120 * (1 - share)), other: round(120 * share)}
        cells = kinds_of_cells(sizes)
        kinds = inside_of(cells, ["mixed" if k in (one, other) else k for k in cells.obs["kind"]])[
            "mixed"
        ].kinds
        named = {family_of(k.label) for k in kinds if k.n_cells >= 15}
        found.append({family_of(one), family_of(other)} <= named)
    assert sum(found) >= 0.8 * len(found), found


def test_pure_clusters_stay_whole():
    cells = kinds_of_cells(dict.fromkeys(KINDS, 90))
    inside = inside_of(cells, cells.obs["kind"].to_numpy())
    assert {c: len(i.kinds) for c, i in inside.items()} == dict.fromkeys(KINDS, 1)
    assert all(len(i.deciding) == 4 and i.rival for i in inside.values())


def result(cluster: str, light="high", n_cells: int = 200, label: str = "T cell") -> ClusterResult:
    return ClusterResult(
        cluster=cluster, status="done", proposal=Proposal(general=label), light=light, n_cells=n_cells
    )


def test_a_second_kind_takes_the_green_light_and_says_why():
    kinds = (KindInside(label="T cell", n_cells=122), KindInside(label="natural killer cell", n_cells=59))
    told = with_inside(result("3"), DatasetInside(kinds={"3": ClusterInside(kinds=kinds)}))
    assert told.light == "look" and deserves_a_look(told)
    assert "holds two kinds: 122 T cells, 59 NK cells" in told.light_reason
    few = replace(kinds[1], n_cells=14)
    assert (
        with_inside(result("3"), DatasetInside(kinds={"3": ClusterInside(kinds=(kinds[0], few))})).light
        == "high"
    )


def test_a_tiny_cluster_is_not_named_with_confidence():
    assert with_inside(result("0", n_cells=9), DatasetInside()).light == "medium"
    assert with_inside(result("0", n_cells=20), DatasetInside()).light == "high"


def test_words_fit_the_numbers():
    kinds = (
        KindInside(label="natural killer cell", n_cells=1),
        KindInside(label="microglial cell", n_cells=2),
    )
    assert kinds_in_words(ClusterInside(kinds=kinds)).startswith("holds two kinds: 1 NK cell, 2 ")


def test_clusters_of_one_label_that_samples_part_are_to_be_looked_at():
    cells = kinds_of_cells({"B cell": 200}, donors=("a", "b"))
    donor = cells.obs["donor"]
    groups = CellGroups.of(np.where(donor == "a", "0", "1").astype(object), 3)
    samples = samples_in_clusters("donor", donor, groups)
    assert samples["0"].one_sample and samples["0"].apart > 0.4 > 0.1 > samples["0"].by_chance
    rows = tuple(with_inside(result(c), DatasetInside(samples=samples)) for c in ("0", "1"))
    told = with_samples(rows)
    assert [r.light for r in told] == ["look", "look"]
    assert told[0].light_reason.startswith("100 of the 100 cells of cluster 0 come from donor a")
    assert "cluster 1 has the same label" in told[0].light_reason


def test_mixed_samples_are_no_reason_to_doubt():
    cells = kinds_of_cells({"B cell": 200}, donors=("a", "b"))
    groups = CellGroups.of(np.array(["0", "0", "1", "1"] * 50, dtype=object), 3)
    samples = samples_in_clusters("donor", cells.obs["donor"], groups)
    rows = with_samples([with_inside(result(c), DatasetInside(samples=samples)) for c in ("0", "1")])
    assert [r.light for r in rows] == ["high", "high"]


def test_the_sample_column_is_found_by_name_and_nature():
    cells = kinds_of_cells({"B cell": 60}, donors=("a", "b"))
    cells.obs["batch"] = "one"
    columns = tuple(
        ColumnInfo(name=n, kind="categorical", n_values=k, looks_like=looks)
        for n, k, looks in (("kind", 1, "labels"), ("batch", 1, "sample"), ("donor", 2, "sample"))
    )
    assert sample_column(columns, cells.obs) == "donor"
    assert sample_column(columns[:2], cells.obs) is None


def two_neighbours(own: float) -> dict:
    """Borders of two clusters of 50 cells; the part `own` of each one's weights stays inside it."""
    groups = CellGroups.of(np.repeat(["0", "1"], 50).astype(object), 3)
    inside, across = np.full((50, 50), own / 50), np.full((50, 50), (1 - own) / 50)
    return borders_of(sparse.csr_matrix(np.block([[inside, across], [across, inside]])), groups)


def test_a_blurred_border_to_a_type_that_excludes_the_label_takes_the_green_light():
    labels = ("CD4-positive, alpha-beta T cell", "CD8-positive, alpha-beta T cell")
    rows = [result(str(i), label=label) for i, label in enumerate(labels)]
    told = with_borders(rows, two_neighbours(own=0.7), "human")
    assert [r.light for r in told] == ["medium", "medium"]
    assert (
        "30% of the neighbours of its cells lie among other types, most in cluster 1" in told[0].light_reason
    )
    assert [r.light for r in with_borders(rows, two_neighbours(own=0.9), "human")] == ["high", "high"]
    of_one_kind = [rows[0], result("1", label="T cell")]
    assert [r.light for r in with_borders(of_one_kind, two_neighbours(own=0.7), "human")] == ["high", "high"]


def test_borders_are_kept_with_a_run(tmp_path):
    inside = DatasetInside(borders=two_neighbours(own=0.7))
    write_json(tmp_path / "inside.json", inside)
    assert read_json(tmp_path / "inside.json", DatasetInside) == inside


def test_joined_clusters_of_two_kinds_are_parted_again():
    cells = kinds_of_cells(dict.fromkeys(KINDS, 90))
    source = MatrixInfo(location="X", state="counts", n_genes=cells.n_vars)
    expression = log_normalised(cells, source, 1e4, lambda _: None)
    kinds = cells.obs["kind"].to_numpy()
    fine = np.where(np.isin(kinds, KINDS[:2]), "both", kinds)
    found = join_clusters(expression, fine, KnowledgeReader(BLOOD), 0)
    largest = [pd.Series(found[kinds == kind]).value_counts(normalize=True) for kind in KINDS]
    assert len({shares.index[0] for shares in largest}) == len(KINDS)
    assert min(shares.iloc[0] for shares in largest) > 0.95
