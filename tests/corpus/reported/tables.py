"""Marker tables as people reported them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.errors import MarkerFormatError
from tests.corpus.case import case
from tests.corpus.marker_dresses import KINDS
from tests.corpus.material import seurat, written

OF_THREE = ("3 clusters", "29 genes")


def text(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


JSON = "JSON with a description around it"


@case(JSON, kind="markers", says=("3 clusters",))
def clusters_beside_a_project(folder: Path) -> Path:
    clusters = [
        {"id": kind, "n_cells": 10, "markers": [{"gene": gene, "log2fc": 2.0} for gene in genes]}
        for kind, genes in KINDS.items()
    ]
    return text(folder, "m.json", json.dumps({"project": "x", "version": 2, "clusters": clusters}))


@case(JSON, kind="markers", says=("3 clusters", "29 genes"))
def records_beside_a_date(folder: Path) -> Path:
    rows = json.loads(seurat().to_json(orient="records"))
    return text(folder, "m.json", json.dumps({"date": "2026-01-01", "species": "human", "results": rows}))


@case(JSON, kind="markers", says=("3 clusters",))
def lists_beside_a_title(folder: Path) -> Path:
    rows = [{"cluster_name": kind, "genes": genes} for kind, genes in KINDS.items()]
    return text(folder, "m.json", json.dumps({"title": "Markers", "cells": 700, "cell_types": rows}))


MONOCLE = "Monocle"


def of_monocle(**columns: object) -> pd.DataFrame:
    table = seurat()
    named = {"gene_short_name": table["gene"], "cell_group": [f"c{c}" for c in table["cluster"]]}
    return pd.DataFrame({**named, "marker_score": np.linspace(0.9, 0.1, 30), **columns})


@case(MONOCLE, kind="markers", says=OF_THREE)
def top_markers_by_short_names(folder: Path) -> Path:
    ids = [f"ENSG{i:011d}" for i in range(30)]
    return written(of_monocle(gene_id=ids, pseudo_R2=0.4, marker_test_q_value=1e-9), folder)


@case(MONOCLE, kind="markers", says=OF_THREE)
def top_markers_with_means(folder: Path) -> Path:
    table = of_monocle(mean_expression=2.0, fraction_expressing=0.8, specificity=0.5)
    return written(table.rename(columns={"gene_short_name": "gene"}), folder, sep="\t")


@case(MONOCLE, kind="markers", says=OF_THREE)
def top_markers_as_a_workbook(folder: Path) -> Path:
    path = folder / "top.xlsx"
    of_monocle(marker_test_p_value=1e-9).to_excel(path, index=False)
    return path


ROC = "ROC test"


@case(ROC, kind="markers", says=OF_THREE)
def roc_test_with_log2(folder: Path) -> Path:
    table = seurat().drop(columns=["p_val", "p_val_adj"]).assign(myAUC=np.linspace(0.95, 0.6, 30), power=0.8)
    return written(table, folder, sep="\t")


@case(ROC, kind="markers", says=OF_THREE)
def roc_test_by_row_names(folder: Path) -> Path:
    table = seurat().drop_duplicates("gene").drop(columns=["p_val", "p_val_adj"])
    table = table.assign(myAUC=0.9, avg_diff=1.0, power=0.8)
    return written(table.set_index("gene", drop=False), folder, index=True)


RATIOS = "fold changes that are ratios"


@case(RATIOS, kind="markers", says=("ratios; they are turned into log2",))
def ratios_called_fc(folder: Path) -> Path:
    table = seurat()[["gene", "cluster"]].assign(FC=np.linspace(12, 1.2, 30), FDR=1e-5)
    return written(table, folder)


FOOTNOTES = "footnotes"


@case(FOOTNOTES, kind="markers", says=("3 clusters, 29 genes, 30 rows",))
def footnotes_with_daggers(folder: Path) -> Path:
    rows = seurat().to_csv(index=False, sep="\t")
    return text(folder, "m.txt", rows + "\n† found in two donors\n‡ not tested in mouse\n")


@case(FOOTNOTES, kind="markers", says=("3 clusters, 29 genes, 30 rows",))
def footnotes_in_a_workbook(folder: Path) -> Path:
    table = seurat()
    notes = pd.DataFrame({table.columns[0]: ["Abbreviations: FC, fold change", "Source: own data"]})
    path = folder / "m.xlsx"
    pd.concat([table, notes], ignore_index=True).to_excel(path, index=False)
    return path


@case("Loupe", kind="markers", says=("3 clusters",))
def loupe_with_names_of_people(folder: Path) -> Path:
    table = seurat()
    wide = pd.DataFrame({"FeatureID": table["gene"], "FeatureName": table["gene"]}).drop_duplicates()
    for n, name in enumerate(("My T cells", "B (naive)", "Mono, classical")):
        up = np.where(table.drop_duplicates("gene")["cluster"] == n, 2.5, -1.0)
        wide[f"{name} Average"], wide[f"{name} Log2 Fold Change"], wide[f"{name} P-Value"] = 1.0, up, 1e-6
    return written(wide, folder)


@case("a file per cluster", kind="markers", says=("3 files were put together", "3 clusters"))
def archive_with_a_test_per_cluster(folder: Path) -> Path:
    path = folder / "tests.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for cluster, part in seurat().groupby("cluster"):
            name = f"markers_cluster_{cluster}.tsv"
            archive.add(written(part.drop(columns=["cluster"]), folder, name, sep="\t"), f"all/{name}")
    return path


DOTS = "R's dots for dashes"


@case(DOTS, kind="markers", says=("HLA.DRA to HLA-DRA",))
def dots_in_a_marker_table(folder: Path) -> Path:
    return written(seurat().replace({"gene": {"LYZ": "HLA.DRA", "MNDA": "HLA.DPB1"}}), folder)


GROUPED = "Numbers with signs between their thousands"


@case(GROUPED, kind="markers", says=("3 clusters, 29 genes, 30 rows", "score"))
def scores_with_points_between_thousands(folder: Path) -> Path:
    scores = [f"{v:,.1f}".translate(str.maketrans(",.", ".,")) for v in np.linspace(9000, 1000, 30)]
    table = seurat()[["cluster", "gene"]].assign(score=scores)
    return written(table, folder, sep=";")


@case("Names that are shorter than a number behind them", kind="markers", says=("1 cluster",))
def row_names_of_one_sign(folder: Path) -> Path:
    table = seurat().drop_duplicates("gene").head(10)
    table.index = pd.Index(["1", "2", "CD3D", *table["gene"].iloc[3:]])
    return written(table.drop(columns=["gene"]).assign(cluster="T"), folder, index=True)


PROSE = "Running text"


@case(PROSE, kind="markers", error=MarkerFormatError, says=("is running text",))
def sentences_of_a_paper(folder: Path) -> Path:
    said = "We found that cluster 3 expressed CD3D, CD3E and IL7R (Fig. 2a).\n"
    return text(
        folder, "results.txt", said + "In contrast, cells of cluster 4 were high in MS4A1 and CD79A.\n"
    )


@case(PROSE, kind="markers", error=MarkerFormatError, says=("is running text",))
def one_long_paragraph(folder: Path) -> Path:
    said = (
        "The clusters were T cells (CD3D), B cells (CD79A) and monocytes (LYZ), as one would expect in blood."
    )
    return text(folder, "m.csv", said)


@case(PROSE, kind="markers", error=MarkerFormatError, says=("is running text",))
def notes_with_questions(folder: Path) -> Path:
    lines = (
        "Could cluster 5 be natural killer cells, given that NKG7 is high?",
        "I would rather not call cluster 6 before we have seen GNLY.",
        "Please have a look at the markers of cluster 7 again!",
    )
    return text(folder, "notes.md", "\n\n".join(lines))
