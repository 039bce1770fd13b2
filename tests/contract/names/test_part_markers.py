"""Marker sets of the parts of one population, as CASSIA names and writes them."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import cassia_core.api as CASSIA
from cassia_core.errors import ConfigError, InputError

FILES = ("local_markers", "global_relabel_markers", "target_vs_background_markers", "combined_markers")


def cells() -> ad.AnnData:
    """Three kinds: two parts of one population, and others. Gene A marks part 1, B part 2, P both parts."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(["1", "2", ""], 30)
    values = rng.poisson(0.3, (90, 6)).astype(float)
    genes = ["A", "B", "P", "O", "N1", "N2"]
    for gene, among in (("A", ["1"]), ("B", ["2"]), ("P", ["1", "2"]), ("O", [""])):
        values[np.isin(kinds, among), genes.index(gene)] += 6
    obs = pd.DataFrame(
        {
            "broad": np.where(kinds == "", "other", "immune"),
            "part": pd.Categorical([kind or None for kind in kinds]),
        },
        index=[f"c{n}" for n in range(90)],
    )
    return ad.AnnData(np.log1p(values), obs=obs, var=pd.DataFrame(index=genes))


def test_each_mode_compares_with_others_and_all_is_written(tmp_path: Path):
    before = cells()
    found = CASSIA.compute_subcluster_marker_sets(
        before, "broad", "immune", "part", output_dir=tmp_path, n_genes=3
    )
    local, relabelled = found["local_markers"], found["global_relabel_markers"]
    outside = found["target_vs_background_markers"]

    def first(table: pd.DataFrame, part: str) -> list[str]:
        return table.loc[table["subcluster"] == part, "gene"].tolist()

    assert first(local, "1")[0] == "A" and "P" not in first(local, "1")
    assert set(first(relabelled, "1")[:2]) == {"A", "P"} and set(first(outside, "2")[:2]) == {"B", "P"}
    assert (local["avg_log2FC"] >= 0.25).all() and local["rank"].tolist()[0] == 1
    assert {"pct.1", "pct.2", "mean.1", "mean.2", "p_val_adj", "comparison"} <= set(local)
    both = found["combined_markers"].set_index("cluster")
    assert both.loc["1", "markers"].split(", ")[0] == "A" and both.loc["2", "local_markers"].startswith("B")
    assert all((tmp_path / f"{name}.csv").exists() for name in FILES)
    assert found["metadata"]["cells"] == {"1": 30, "2": 30}
    assert (tmp_path / "marker_set_metadata.json").exists() and before.uns == {}


def test_the_combined_table_is_read_as_a_marker_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cells.h5ad"
    cells().write_h5ad(path)
    found = CASSIA.compute_subcluster_marker_sets(path, "broad", "immune", "part", modes=["local"])
    assert set(found) == {"local_markers", "combined_markers", "metadata"}
    named = CASSIA.runCASSIA_subclusters(
        found["combined_markers"][["cluster", "markers"]], "immune cells", "parts", provider="offline"
    )
    assert named["Result ID"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"modes": ["nearby"]}, ConfigError, "`modes` cannot be"),
        ({"n_genes": 0}, ConfigError, "`n_genes` cannot be 0"),
        ({"parent_label": "B"}, InputError, "No cell of B has a part"),
        ({"subcluster_col": "parts"}, InputError, "no column parts"),
        ({"method": "guess"}, InputError, "could not be tested"),
    ],
)
def test_a_wrong_value_says_what_was_expected(changes: dict, error: type, words: str):
    given = {"parent_col": "broad", "parent_label": "immune", "subcluster_col": "part", **changes}
    with pytest.raises(error, match=words):
        CASSIA.compute_subcluster_marker_sets(cells(), **given)
