"""Marker tables under headers of other languages, encodings and programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.corpus.case import case
from tests.corpus.material import seurat, written

ROW = "marker tables under other headers"
THREE = ("3 clusters",)


def _named(**names: str) -> pd.DataFrame:
    """The Seurat table with other headers; columns that are not named are left out."""
    return seurat().rename(columns={"pct.1": "pct_1"})[list(names)].rename(columns=names)


@case(ROW, kind="markers", says=(*THREE, "Windows-1252", "fold change: Log2-Änderung"))
def headers_in_german(folder: Path) -> Path:
    table = _named(
        gene="Gen", cluster="Zellgruppe", avg_log2FC="Log2-Änderung", p_val_adj="korrigierter p-Wert"
    )
    return written(table, folder, sep=";", decimal=",", encoding="cp1252")


@case(ROW, kind="markers", says=(*THREE, "gene: gène", "fold change: logFC moyen"))
def headers_in_french(folder: Path) -> Path:
    table = _named(cluster="groupe", gene="gène", avg_log2FC="logFC moyen", p_val_adj="p ajustée")
    return written(table, folder, sep="\t", decimal=",")


@case(ROW, kind="markers", says=(*THREE, "GB 18030", "cluster: 聚类"))
def headers_in_chinese(folder: Path) -> Path:
    return written(_named(gene="基因", cluster="聚类", avg_log2FC="平均log2FC"), folder, encoding="gb18030")


@case(ROW, kind="markers", says=(*THREE, "Shift JIS", "cluster: クラスター"))
def headers_in_japanese(folder: Path) -> Path:
    return written(_named(gene="遺伝子", cluster="クラスター", avg_log2FC="log2FC"), folder, encoding="cp932")


@case(ROW, kind="markers", says=(*THREE, "EUC-KR", "gene: 유전자"))
def headers_in_korean(folder: Path) -> Path:
    return written(_named(gene="유전자", cluster="군집", avg_log2FC="log2FC"), folder, encoding="cp949")


@case(ROW, kind="markers", says=(*THREE, "gene: Erbanlage", "cluster: Zellhaufen"))
def headers_that_no_list_has(folder: Path) -> Path:
    return written(_named(gene="Erbanlage", cluster="Zellhaufen", avg_log2FC="avg_log2FC"), folder)


@case(ROW, kind="markers", says=(*THREE, "Statistics as limma"))
def genes_under_the_header_id(folder: Path) -> Path:
    table = _named(gene="ID", avg_log2FC="logFC", p_val_adj="adj.P.Val", cluster="Cluster")
    return written(table.assign(AveExpr=5.0, t=9.0), folder)


@case(ROW, kind="markers", says=(*THREE, "each with all others", "edgeR"))
def clusters_in_comparisons_with_the_rest(folder: Path) -> Path:
    table = _named(gene="genes", avg_log2FC="logFC", p_val="PValue", cluster="comparison")
    table["comparison"] = [f"c{cluster}_vs_rest" for cluster in table["comparison"]]
    return written(table.assign(logCPM=5.0), folder)


@case(ROW, kind="markers", says=(*THREE, "each with all others"))
def clusters_in_contrasts_with_all_other_cells(folder: Path) -> Path:
    table = _named(gene="gene", avg_log2FC="log2FC", cluster="contrast")
    table["contrast"] = [f"type {cluster} versus all other cells" for cluster in table["contrast"]]
    return written(table, folder)


def _grid(between: str, cluster_first: bool) -> pd.DataFrame:
    """A group of columns per cluster: fold change, a statistic of no known name, area under the curve."""
    table = seurat()
    wide = pd.DataFrame({"feature": table["gene"].unique()})
    for cluster, rows in table.groupby("cluster"):
        folds = rows.set_index("gene")["avg_log2FC"].reindex(wide["feature"]).fillna(-1.0).to_numpy()
        for name, values in (
            ("log2FC", folds),
            ("percentage_fold_change", folds * 2),
            ("auroc", folds / 10 + 0.5),
        ):
            wide[between.join((str(cluster), name) if cluster_first else (name, str(cluster)))] = values
    return wide


@case(ROW, kind="markers", says=THREE)
def pegasus_with_colons(folder: Path) -> Path:
    return written(_grid(":", cluster_first=True), folder)


@case(ROW, kind="markers", says=THREE)
def statistics_before_clusters_with_bars(folder: Path) -> Path:
    return written(_grid("|", cluster_first=False), folder)


@case(ROW, kind="markers", says=THREE)
def genes_beside_their_scores(folder: Path) -> Path:
    table = seurat()
    columns: dict[str, object] = {}
    for cluster, rows in table.groupby("cluster"):
        columns |= {f"type {cluster}": list(rows["gene"]), f"type {cluster}_scores": list(rows["avg_log2FC"])}
    return written(pd.DataFrame(columns), folder)


@case(ROW, kind="markers", says=THREE)
def headers_repeated_above_every_cluster(folder: Path) -> Path:
    table = seurat()
    path = folder / "markers.csv"
    path.write_text("\n".join(rows.to_csv(index=False) for _, rows in table.groupby("cluster")))
    return path


@case(ROW, kind="markers", says=(*THREE, "is turned into p values"))
def negative_logarithms_of_p_values(folder: Path) -> Path:
    table = seurat()
    return written(
        table.assign(**{"-log10(padj)": -np.log10(table["p_val_adj"])})[
            ["gene", "cluster", "avg_log2FC", "-log10(padj)"]
        ],
        folder,
    )


@case(ROW, kind="markers", says=(*THREE, "below zero, as direction says"))
def lower_genes_told_by_a_word(folder: Path) -> Path:
    table = _named(gene="gene", cluster="cluster", avg_log2FC="abs_log2FC")
    return written(table.assign(direction=["up", "up", "down"] * 10), folder)


@case(ROW, kind="markers", says=(*THREE, "adjusted p value: padj"))
def p_values_times_powers_of_ten(folder: Path) -> Path:
    table = _named(gene="gene", cluster="cluster", avg_log2FC="log2FC", p_val_adj="padj")
    table["padj"] = [f"1.2 × 10−{n}" for n in range(6, 6 + len(table))]
    return written(table, folder)


@case(ROW, kind="markers", says=("are antibody tags",))
def antibodies_as_markers(folder: Path) -> Path:
    rows = [("A", "CD3_TotalSeqB"), ("A", "CD4_TotalSeqB"), ("B", "CD19_TotalSeqB"), ("B", "CD20_TotalSeqB")]
    return written(pd.DataFrame(rows, columns=["cluster", "marker"]), folder)


@case(ROW, kind="markers", says=("Not recognised from the genes",))
def genes_of_a_fly(folder: Path) -> Path:
    rows = [(0, g) for g in ("elav", "nSyb", "brp", "para")] + [
        (1, g) for g in ("repo", "alrm", "Eaat1", "moody")
    ]
    return written(pd.DataFrame(rows, columns=["cluster", "gene"]), folder)
