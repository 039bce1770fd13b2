from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cassia_core.data.tables.select_markers import FRAME_COLUMNS, UNASSIGNED, select_markers
from cassia_core.domain.config import MarkerParams
from cassia_core.errors import ConfigError


def frame(*rows: dict) -> pd.DataFrame:
    table = pd.DataFrame(list(rows)).reindex(columns=list(FRAME_COLUMNS))
    table["cluster"] = table["cluster"].astype(str)
    table[list(FRAME_COLUMNS[2:])] = table[list(FRAME_COLUMNS[2:])].astype(float)
    return table


def row(gene: str, cluster: str = "0", **values: float) -> dict:
    return {
        "cluster": cluster,
        "gene": gene,
        "log2fc": 1.0,
        "pval_adj": 0.001,
        "pct_in": 0.5,
        "pct_out": 0.1,
    } | values


def test_a_missing_column_filters_nothing_and_stays_unknown():
    table = select_markers(frame({"cluster": "0", "gene": "A", "log2fc": 2.0}), MarkerParams())
    gene = table.get("0").genes[0]
    assert (gene.gene, gene.pct_in, gene.pval_adj, gene.score) == ("A", None, None, None)


def test_genes_below_a_limit_are_left_out():
    table = select_markers(
        frame(
            row("good"),
            row("good2"),
            row("good3"),
            row("low", log2fc=0.1),
            row("rare", pct_in=0.01),
            row("unsure", pval_adj=0.5),
            row("down", log2fc=-3),
        ),
        MarkerParams(),
    )
    assert set(table.get("0").symbols()) == {"good", "good2", "good3"}
    assert table.get("0").state == "ok"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pct_in": 0.01}, "the limit on the share of cells had"),
        ({"pval_adj": 1.0}, "the adjusted p value had"),
        ({"log2fc": 0.1}, "and the fold change had"),
    ],
)
def test_limits_are_lifted_one_by_one_and_named(values, said):
    entry = select_markers(frame(row("A", **values)), MarkerParams()).get("0")
    assert entry.state == "weak"
    assert said in entry.reason
    assert entry.symbols() == ("A",)


def test_two_passing_genes_are_few_and_said_to_be():
    entry = select_markers(frame(row("A"), row("B")), MarkerParams()).get("0")
    assert (entry.state, entry.symbols()) == ("weak", ("A", "B"))


@pytest.mark.parametrize(
    ("method", "ascending", "order"),
    [
        ("avg_log2FC", None, "CBA"),
        ("avg_log2FC", True, "ABC"),
        ("p_val_adj", None, "ACB"),
        ("p_val_adj", False, "BCA"),
        ("pct_diff", None, "BAC"),
        ("Score", None, "ABC"),
        (None, None, "ABC"),
    ],
)
def test_ranking_follows_the_method_and_the_direction(method, ascending, order):
    rows = frame(
        row("A", log2fc=1, pval_adj=1e-9, pct_in=0.5, pct_out=0.2, score=9),
        row("B", log2fc=2, pval_adj=1e-3, pct_in=0.9, pct_out=0.1, score=8),
        row("C", log2fc=3, pval_adj=1e-5, pct_in=0.4, pct_out=0.3, score=7),
    )
    table = select_markers(rows, MarkerParams(ranking_method=method, ascending=ascending))
    assert "".join(table.get("0").symbols()) == order
    assert [g.rank for g in table.get("0").genes] == [1, 2, 3]


def test_equal_p_values_are_ordered_by_score_then_fold_change_then_name():
    rows = frame(
        row("D", pval_adj=0, score=1, log2fc=1),
        row("C", pval_adj=0, score=1, log2fc=1),
        row("B", pval_adj=0, score=1, log2fc=5),
        row("A", pval_adj=0, score=2, log2fc=1),
    )
    table = select_markers(rows, MarkerParams(ranking_method="p_val_adj"))
    assert table.get("0").symbols() == ("A", "B", "C", "D")


def test_a_ranking_without_values_is_refused():
    with pytest.raises(ConfigError, match="pct_diff"):
        select_markers(
            frame({"cluster": "0", "gene": "A", "log2fc": 1.0}), MarkerParams(ranking_method="pct_diff")
        )


def test_clusters_without_rows_come_back_with_the_reason():
    table = select_markers(frame(row("A", cluster="10")), MarkerParams(), {"2": 1, "10": 50, "3": 40})
    assert table.ids() == ("2", "3", "10")
    assert [c.state for c in table.clusters] == ["too_small", "no_markers", "weak"]
    assert [c.n_cells for c in table.clusters] == [1, 40, 50]


def test_cells_without_a_cluster_are_unassigned_whatever_their_genes():
    assert (
        select_markers(frame(row("A", cluster=UNASSIGNED)), MarkerParams()).get(UNASSIGNED).state
        == "unassigned"
    )


def test_scores_alone_are_enough():
    rows = frame({"cluster": "0", "gene": "A", "score": -1.0}, {"cluster": "0", "gene": "B", "score": 3.0})
    table = select_markers(rows, MarkerParams())
    assert table.get("0").symbols() == ("B",)
    assert np.isclose(table.get("0").genes[0].score, 3.0)
