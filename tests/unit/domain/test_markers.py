"""Cluster ids sort as people count, and are looked up exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cassia_core.domain.markers import ClusterMarkers, MarkerTable, natural_key


def test_numeric_clusters_sort_by_number_and_names_after_them():
    assert sorted(["10", "2", "T/NK", "0", "7_10", "7_2"], key=natural_key) == [
        "0",
        "2",
        "7_2",
        "7_10",
        "10",
        "T/NK",
    ]


@given(st.lists(st.text(max_size=12), unique=True, max_size=12))
def test_any_names_can_be_sorted_and_none_is_lost(names):
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_cluster_one_is_not_found_in_a_table_that_holds_ten():
    table = MarkerTable(clusters=(ClusterMarkers(cluster="10"),))
    with pytest.raises(KeyError):
        table.get("1")
