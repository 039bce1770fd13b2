"""Known mistakes of the original CASSIA package, as far as they touch marker tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.config import MarkerParams
from cassia_core.errors import ConfigError
from tests.corpus.material import seurat


def scanpy_as_renamed_by_the_seed() -> pd.DataFrame:
    """The table of CASSIA's Scanpy vignette: Scanpy's, with four columns renamed and no share of cells."""
    frame = seurat().rename(columns={"p_val": "pvals"}).drop(columns=["pct.1", "pct.2"])
    frame.insert(2, "scores", np.arange(30, 0, -1.0))
    return frame


def test_a_cluster_of_which_no_gene_passes_the_limits_stays_with_its_reason():
    frame = seurat()
    frame.loc[frame["cluster"] == 1, "p_val_adj"] = 1.0
    frame.loc[frame["cluster"] == 2, "avg_log2FC"] = -1.0
    table = load_markers(frame).table
    assert table.ids() == ("0", "1", "2")
    assert [c.state for c in table.clusters] == ["ok", "weak", "no_markers"]
    assert table.get("1").genes and "had to be lifted" in table.get("1").reason
    assert not table.get("2").genes and table.get("2").reason


def test_a_cluster_all_of_whose_rows_are_unusable_stays_with_its_reason():
    frame = seurat()
    frame.loc[frame["cluster"] == 1, "avg_log2FC"] = np.nan
    entry = load_markers(frame).table.get("1")
    assert (entry.state, entry.genes) == ("no_markers", ())
    assert entry.reason


def test_the_renamed_scanpy_table_works_without_shares_of_cells():
    loaded = load_markers(scanpy_as_renamed_by_the_seed())
    assert loaded.table.ids() == ("0", "1", "2")
    assert loaded.table.get("0").genes[0].pct_in is None
    assert loaded.table.get("0").genes[0].score == 30.0


def test_ranking_by_score_works_on_scanpy_tables():
    frame = scanpy_as_renamed_by_the_seed()
    frame["scores"] = frame["scores"].to_numpy()[::-1]
    first = load_markers(frame, MarkerParams(ranking_method="Score")).table.get("0")
    assert first.symbols(1) == ("TRAT1",)


def test_a_ranking_without_its_column_is_refused_in_plain_words():
    with pytest.raises(ConfigError, match="cannot be ranked by Score"):
        load_markers(seurat(), MarkerParams(ranking_method="Score"))


def test_a_long_table_of_two_columns_is_one_entry_per_cluster_and_not_per_row():
    table = load_markers(seurat()[["cluster", "gene"]]).table
    assert table.ids() == ("0", "1", "2")
    assert table.get("0").symbols(3) == ("CD3D", "CD3E", "IL7R")


@pytest.mark.parametrize("n_genes", [1, 4, 100])
def test_the_number_of_genes_holds_for_written_lists_too(n_genes):
    lists = pd.DataFrame({"cluster": ["a"], "marker_genes": ["CD3D, CD3E, IL7R, CCR7, TCF7, LEF1"]})
    assert len(load_markers(lists, MarkerParams(n_genes=n_genes)).table.get("a").genes) == min(n_genes, 6)


def test_a_gene_without_an_estimate_is_left_out_and_counted_never_ranked_first():
    frame = seurat()
    frame.loc[frame["gene"] == "CD3D", "avg_log2FC"] = np.nan
    loaded = load_markers(frame)
    assert "CD3D" not in loaded.table.get("0").symbols()
    assert any(said.startswith("1 row without a fold change is left out") for said in loaded.findings.done)


def test_clusters_come_in_natural_order_and_are_strings():
    frame = pd.concat([seurat().assign(cluster=lambda f, i=i: f["cluster"] + 3 * i) for i in range(4)])
    assert load_markers(frame).table.ids() == tuple(str(i) for i in range(12))
