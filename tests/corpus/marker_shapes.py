"""Shapes of marker tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.errors import MarkerFormatError
from tests.corpus.case import case
from tests.corpus.material import ensembl, seurat, written

SEURAT_ROW = "Seurat marker CSV, rownames column, unnamed first column"


@case(SEURAT_ROW, says=("Seurat", "3 clusters", "Human"), kind="markers")
def seurat_table(folder: Path) -> Path:
    return written(seurat(), folder)


@case(SEURAT_ROW, says=("Seurat", "3 clusters"), kind="markers")
def seurat_with_row_names(folder: Path) -> Path:
    frame = seurat()
    frame.index = [f"row name {i}" for i in range(30)]
    return written(frame, folder, index=True)


@case(SEURAT_ROW, says=("Seurat", "3 clusters"), kind="markers")
def written_by_r_without_a_header_for_row_names(folder: Path) -> Path:
    path = written(seurat(), folder, index=True, sep="\t")
    path.write_text(path.read_text().removeprefix("\t"))
    return path


@case(SEURAT_ROW, says=("Scanpy", "3 clusters"), kind="markers")
def scanpy_table(folder: Path) -> Path:
    frame = (
        seurat()
        .rename(
            columns={
                "cluster": "group",
                "gene": "names",
                "avg_log2FC": "logfoldchanges",
                "p_val": "pvals",
                "p_val_adj": "pvals_adj",
            }
        )
        .drop(columns=["pct.1", "pct.2"])
    )
    frame["scores"] = np.arange(30, 0, -1)
    return written(frame[["group", "names", "scores", "logfoldchanges", "pvals", "pvals_adj"]], folder)


@case(SEURAT_ROW, says=("renamed", "3 clusters", "share of cells"), kind="markers")
def scanpy_renamed(folder: Path) -> Path:
    frame = pd.read_csv(scanpy_table(folder))
    return written(
        frame.rename(
            columns={
                "names": "gene",
                "logfoldchanges": "avg_log2FC",
                "pvals_adj": "p_val_adj",
                "group": "cluster",
            }
        ),
        folder,
    )


@case("rank_genes_groups from logreg (no log-FC)", says=("3 clusters", "ranked by scores"), kind="markers")
def scanpy_logreg_or_cosg(folder: Path) -> Path:
    return written(pd.read_csv(scanpy_table(folder))[["group", "names", "scores"]], folder)


@case(SEURAT_ROW, says=("presto", "turned into log2", "0 to 100"), kind="markers")
def presto(folder: Path) -> Path:
    frame = seurat()
    return written(
        pd.DataFrame(
            {
                "feature": frame["gene"],
                "group": frame["cluster"],
                "avgExpr": 1.0,
                "logFC": frame["avg_log2FC"],
                "statistic": 100,
                "auc": 0.9,
                "pval": frame["p_val"],
                "padj": frame["p_val_adj"],
                "pct_in": frame["pct.1"] * 100,
                "pct_out": frame["pct.2"] * 100,
            }
        ),
        folder,
    )


@case(SEURAT_ROW, says=("A column of genes per cluster", "3 clusters"), kind="markers")
def names_per_cluster(folder: Path) -> Path:
    frame = seurat()
    return written(
        pd.DataFrame({str(c): frame.loc[frame["cluster"] == c, "gene"].to_list() for c in range(3)}),
        folder,
        index=True,
    )


@case(SEURAT_ROW, says=("columns per cluster", "3 clusters"), kind="markers")
def scanpy_wide(folder: Path) -> Path:
    frame = seurat()
    parts = {}
    for c in range(3):
        part = frame[frame["cluster"] == c].reset_index(drop=True)
        parts |= {
            f"{c}_names": part["gene"],
            f"{c}_logfoldchanges": part["avg_log2FC"],
            f"{c}_pvals_adj": part["p_val_adj"],
        }
    return written(pd.DataFrame(parts), folder)


@case(SEURAT_ROW, says=("Cell Ranger", "3 clusters"), kind="markers")
def cell_ranger_wide(folder: Path) -> Path:
    frame = seurat().drop_duplicates("gene")
    wide = pd.DataFrame({"Feature ID": "ENSG0", "Feature Name": frame["gene"]})
    for c in range(3):
        own = frame["cluster"] == c
        wide[f"Cluster {c + 1} Mean Counts"] = 1.0
        wide[f"Cluster {c + 1} Log2 fold change"] = np.where(own, frame["avg_log2FC"], -1.0)
        wide[f"Cluster {c + 1} Adjusted p value"] = np.where(own, frame["p_val_adj"], 1.0)
    return written(wide, folder)


@case(SEURAT_ROW, says=("A gene list per cluster", "3 clusters"), kind="markers")
def lists(folder: Path) -> Path:
    frame = seurat().groupby("cluster")["gene"].agg(", ".join).reset_index(name="marker_genes")
    return written(frame, folder)


@case(SEURAT_ROW, says=("A gene list per cluster", "3 clusters"), kind="markers")
def lists_under_any_header(folder: Path) -> Path:
    frame = seurat().groupby("cluster")["gene"].agg(" ".join).reset_index()
    return written(frame.set_axis(["Broad.cell.type", "Top.Markers"], axis=1), folder)


@case(SEURAT_ROW, says=("a gene per row", "3 clusters", "no statistics"), kind="markers")
def two_columns(folder: Path) -> Path:
    return written(seurat()[["cluster", "gene"]], folder)


@case(SEURAT_ROW, says=("A row of genes per cluster", "3 clusters"), kind="markers")
def genes_beside_the_cluster(folder: Path) -> Path:
    frame = seurat()
    rows = [[f"cluster {c}", *frame.loc[frame["cluster"] == c, "gene"]] for c in range(3)]
    return written(pd.DataFrame(rows, columns=["cluster", *(f"gene {i}" for i in range(1, 11))]), folder)


@case(SEURAT_ROW, says=("A row of genes per cluster", "3 clusters"), kind="markers")
def genes_beside_the_cluster_without_a_header(folder: Path) -> Path:
    path = genes_beside_the_cluster(folder)
    path.write_text(path.read_text().split("\n", 1)[1])
    return path


@case(SEURAT_ROW, says=("JSON", "3 clusters"), kind="markers")
def json_lists(folder: Path) -> Path:
    path = folder / "markers.json"
    path.write_text(json.dumps({f"c{c}": part.to_list() for c, part in seurat().groupby("cluster")["gene"]}))
    return path


@case(SEURAT_ROW, says=("JSON of a kind",), kind="markers", error=MarkerFormatError)
def other_json(folder: Path) -> Path:
    path = folder / "settings.json"
    path.write_text('{"resolution": 0.4}')
    return path


@case(SEURAT_ROW, says=("gene: gene_name", "3 clusters"), kind="markers")
def ids_and_symbols_side_by_side(folder: Path) -> Path:
    frame = seurat()
    frame.insert(0, "gene_name", frame["gene"])
    return written(frame.assign(gene=ensembl(list(frame["gene"]))), folder)


@case(SEURAT_ROW, says=("ids are turned into symbols", "3 clusters"), kind="markers")
def ids_only(folder: Path) -> Path:
    frame = seurat()
    return written(frame.assign(gene=ensembl(list(frame["gene"]))), folder)


@case(SEURAT_ROW, says=("Cell type cluster", "3 clusters"), kind="markers")
def headers_that_sound_like_it(folder: Path) -> Path:
    return written(
        seurat().rename(columns={"cluster": "Cell type cluster (res 0.5)", "gene": "Marker gene symbol"}),
        folder,
    )


@case(
    SEURAT_ROW,
    says=("Only comparisons with all other cells", "Which column names the cluster"),
    kind="markers",
)
def also_compared_in_pairs(folder: Path) -> Path:
    frame = seurat().rename(columns={"cluster": "group"})
    pairs = frame.assign(comparison_group="B cells")
    table = pd.concat([frame.assign(comparison_group="rest"), pairs], ignore_index=True)
    return written(table.assign(cluster=range(len(table))), folder)


@case(SEURAT_ROW, says=("Several rows with a list",), kind="markers", error=MarkerFormatError)
def several_lists_of_one_name(folder: Path) -> Path:
    frame = seurat().groupby("cluster")["gene"].agg(", ".join).reset_index(name="markers")
    return written(frame.assign(cluster=0), folder)


@case(
    "No `gene` column, rownames `CD3D.1` (made unique by R)",
    says=("taken off (LTB.1 to LTB)",),
    kind="markers",
)
def row_names_made_unique(folder: Path) -> Path:
    frame = seurat()
    frame.index = [*frame["gene"][:-1], "LTB.1"]
    return written(frame.drop(columns="gene"), folder, index=True)


@case(
    "No `gene` column, rownames `CD3D.1` (made unique by R)",
    says=("taken off (LTB1 to LTB)",),
    kind="markers",
)
def row_names_numbered_without_a_dot(folder: Path) -> Path:
    frame = seurat()
    frame.index = [*frame["gene"][:-1], "LTB1"]
    return written(frame.drop(columns="gene"), folder, index=True)


@case("`gene` and rownames disagree", says=("Seurat", "Human"), kind="markers")
def row_names_disagree(folder: Path) -> Path:
    frame = seurat()
    frame.index = [f"{gene}.7" for gene in frame["gene"]]
    return written(frame, folder, index=True)


@case("`avg_logFC` (natural log, Seurat <4) vs `avg_log2FC`", says=("natural logarithms",), kind="markers")
def natural_fold_changes(folder: Path) -> Path:
    return written(seurat(natural=True), folder)


@case("pct.1 as 0-1 or 0-100 or missing", says=("0 to 100",), kind="markers")
def percentages(folder: Path) -> Path:
    frame = seurat()
    frame[["pct.1", "pct.2"]] *= 100
    return written(frame, folder)


@case("pct.1 as 0-1 or 0-100 or missing", says=("not used as a limit: share of cells",), kind="markers")
def no_percentages(folder: Path) -> Path:
    return written(seurat().drop(columns=["pct.1", "pct.2"]), folder)


@case(
    "Excel-mangled genes (1-Mar, 1-Sep, 1-Dec, 43891, 2.31E+19)",
    kind="markers",
    says=("2-Sep to SEPTIN2", "1-Dec to DELEC1", "1-Mar (MARCHF1 or MTARC1)", "43891", "2.31E+19"),
)
def spreadsheet_markers(folder: Path) -> Path:
    frame = seurat()
    frame.loc[:4, "gene"] = ["1-Mar", "2-Sep", "1-Dec", "43891", "2.31E+19"]
    return written(frame, folder)
