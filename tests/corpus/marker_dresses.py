"""Marker genes as people and programs write them down: lists, JSON, gene sets, supplementary tables,
folders.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.errors import GeneIdError, MarkerFormatError
from tests.corpus.case import case
from tests.corpus.material import seurat, written

KINDS = {
    "T cell": ["CD3D", "CD3E", "IL7R", "TRAC"],
    "B cell": ["MS4A1", "CD79A", "CD19", "BANK1"],
    "Monocyte": ["LYZ", "CD14", "S100A8", "FCN1"],
}
ROW = "marker lists in any dress"
THREE = ("3 clusters, 12 genes",)
OF_THREE = ("3 clusters",)


def _text(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _lists(folder: Path, between: str, mark: str = "") -> Path:
    rows = [f'{kind},"{between.join(gene + mark for gene in genes)}"' for kind, genes in KINDS.items()]
    return _text(folder, "lists.csv", "cell_type,genes\n" + "\n".join(rows))


@case(ROW, kind="markers", says=("Named lists", *THREE))
def named_lists(folder: Path) -> Path:
    return _text(folder, "m.txt", "\n".join(f"{kind}: {', '.join(g)}" for kind, g in KINDS.items()))


@case(ROW, kind="markers", says=("Named lists", *THREE))
def named_lists_with_equal_signs(folder: Path) -> Path:
    return _text(folder, "m.txt", "\n".join(f"{kind} = {' '.join(g)}" for kind, g in KINDS.items()))


@case(ROW, kind="markers", says=("Named lists", *THREE))
def numbered_lists(folder: Path) -> Path:
    lines = [f"{n}. {kind}: {'; '.join(g)}" for n, (kind, g) in enumerate(KINDS.items(), start=1)]
    return _text(folder, "m.md", "\n".join(lines))


@case(ROW, kind="markers", says=("Lists under headings", *THREE))
def marker_file_of_garnett(folder: Path) -> Path:
    blocks = [f">{kind}\nexpressed: {', '.join(g)}\nnot expressed: NCAM1\n" for kind, g in KINDS.items()]
    return _text(folder, "m.txt", "\n".join(blocks))


@case(ROW, kind="markers", says=("Lists under headings", *THREE))
def lists_of_yaml(folder: Path) -> Path:
    blocks = [f"{kind}:\n" + "\n".join(f"  - {gene}" for gene in g) for kind, g in KINDS.items()]
    return _text(folder, "m.yaml", "\n".join(blocks))


@case(ROW, kind="markers", says=("Lists under headings", *THREE))
def headings_of_markdown(folder: Path) -> Path:
    blocks = [f"## {kind}\n" + "\n".join(f"* {gene}" for gene in g) for kind, g in KINDS.items()]
    return _text(folder, "m.md", "\n\n".join(blocks))


@case("GMT", kind="markers", says=("Gene sets", *THREE))
def gene_sets_with_addresses(folder: Path) -> Path:
    lines = ["\t".join([kind, f"http://sets.org/{n}", *g]) for n, (kind, g) in enumerate(KINDS.items())]
    return _text(folder, "sets.gmt", "\n".join(lines))


@case("GMT", kind="markers", says=("Gene sets", "3 clusters"))
def gene_sets_of_other_lengths_with_words(folder: Path) -> Path:
    lines = [
        "\t".join([kind, f"Genes of the {kind}", *g, *["CCR7", "LTB"][:n]])
        for n, (kind, g) in enumerate(KINDS.items())
    ]
    return _text(folder, "sets.txt", "\n".join(lines))


@case("GMT", kind="markers", says=("Gene sets", *THREE))
def gene_sets_described_by_their_name(folder: Path) -> Path:
    return _text(folder, "c8.gmt", "\n".join("\t".join([kind, kind, *g]) for kind, g in KINDS.items()))


@case(ROW, kind="markers", says=("A table with statistics", *THREE))
def table_of_markdown(folder: Path) -> Path:
    rows = [f"| {kind} | {gene} | 2.5 |" for kind, genes in KINDS.items() for gene in genes]
    head = "Table 2\n\n| cluster | gene | avg_log2FC |\n|:---|:---:|---:|\n"
    return _text(folder, "m.md", head + "\n".join(rows))


@case(ROW, kind="markers", says=THREE)
def lists_between_slashes(folder: Path) -> Path:
    return _lists(folder, " / ")


@case(ROW, kind="markers", says=THREE)
def lists_between_full_width_commas(folder: Path) -> Path:
    return _lists(folder, "，")


@case(ROW, kind="markers", says=THREE)
def lists_joined_by_plus(folder: Path) -> Path:
    return _lists(folder, "+")


@case(ROW, kind="markers", says=THREE)
def lists_with_numbers_in_square_brackets(folder: Path) -> Path:
    return _lists(folder, ", ", " [3.2]")


@case(ROW, kind="markers", says=THREE)
def lists_with_numbers_behind_colons(folder: Path) -> Path:
    return _lists(folder, ";", ":1.7e-1")


@case(ROW, kind="markers", says=("marked as absent are left out", *THREE))
def lists_with_plus_and_minus(folder: Path) -> Path:
    rows = [f'{kind},"{"+ ".join(g)}+ NCAM1-"' for kind, g in KINDS.items()]
    return _text(folder, "lists.csv", "cluster,genes\n" + "\n".join(rows))


@case("JSON", kind="markers", says=("JSON", "3 clusters, 29 genes"))
def json_as_pandas_writes_it(folder: Path) -> Path:
    return _text(folder, "m.json", seurat().to_json(orient="split"))


@case("JSON", kind="markers", says=("JSON", "3 clusters, 29 genes"))
def json_a_record_per_line(folder: Path) -> Path:
    return _text(folder, "m.jsonl", seurat().to_json(orient="records", lines=True))


@case("JSON", kind="markers", says=("JSON", *THREE))
def json_records_with_lists(folder: Path) -> Path:
    records = [{"cluster": kind, "markers": genes} for kind, genes in KINDS.items()]
    return _text(folder, "m.json", json.dumps(records))


@case("JSON", kind="markers", says=("JSON", *THREE))
def json_genes_with_scores(folder: Path) -> Path:
    scores = {kind: {gene: 3.0 - i / 10 for i, gene in enumerate(g)} for kind, g in KINDS.items()}
    return _text(folder, "m.json", json.dumps(scores))


def _side_by_side() -> pd.DataFrame:
    parts = [part.reset_index(drop=True) for _, part in seurat().groupby("cluster")]
    return pd.concat([part[["gene", "avg_log2FC", "p_val_adj"]] for part in parts], axis=1)


@case("two header rows", kind="markers", says=("A group of columns per cluster", "3 clusters"))
def two_header_rows(folder: Path) -> Path:
    rows = _side_by_side()
    top = ",".join(cell for n in range(3) for cell in (f"Cluster {n}", "", ""))
    return _text(folder, "m.csv", f"{top}\n{rows.to_csv(index=False)}")


@case("two header rows", kind="markers", says=("A group of columns per cluster", "3 clusters"))
def two_header_rows_under_a_title(folder: Path) -> Path:
    rows = _side_by_side()
    top = ",".join(f"Cluster {n}" for n in range(3) for _ in range(3))
    return _text(folder, "m.csv", f"Supplementary Table 4,,,,,,,,\n{top}\n{rows.to_csv(index=False)}")


@case("two header rows", kind="markers", says=("a group of columns per cluster", "3 clusters"))
def two_header_rows_of_pandas(folder: Path) -> Path:
    wide = pd.concat(
        {
            f"type {n}": part.set_index("gene")[["avg_log2FC", "p_val_adj"]]
            for n, part in seurat().groupby("cluster")
        },
        axis=1,
    )
    path = folder / "m.xlsx"
    wide.to_excel(path)
    return path


@case("cluster written once", kind="markers", says=("filled down", "3 clusters, 29 genes"))
def cluster_in_merged_cells(folder: Path) -> Path:
    path = folder / "m.xlsx"
    seurat().set_index(["cluster", "gene"]).to_excel(path, merge_cells=True, startrow=2)
    return path


@case("cluster written once", kind="markers", says=("filled down", *THREE))
def cluster_once_in_two_columns(folder: Path) -> Path:
    rows = [f"{kind if i == 0 else ''},{gene}" for kind, g in KINDS.items() for i, gene in enumerate(g)]
    return _text(folder, "m.csv", "cluster,gene\n" + "\n".join(rows))


@case("cluster written once", kind="markers", says=("headings between the rows", *THREE))
def clusters_as_headings_between_rows(folder: Path) -> Path:
    rows = [line for kind, g in KINDS.items() for line in (f"{kind},,", *(f"{x},2.1,0.001" for x in g))]
    return _text(folder, "m.csv", "gene,avg_log2FC,p_val_adj\n" + "\n".join(rows))


@case("footnotes", kind="markers", says=("3 clusters, 29 genes, 30 rows",))
def footnotes_below_the_table(folder: Path) -> Path:
    text = seurat().to_csv(index=False)
    notes = "\n* adjusted by Bonferroni,,,,,,\nNote: fold changes over all cells,,,,,,\n"
    return _text(folder, "m.csv", text + notes)


def _conserved(conditions: tuple[str, ...]) -> pd.DataFrame:
    frame = seurat().drop_duplicates("gene")
    columns = {"gene": frame["gene"]}
    for n, name in enumerate(conditions):
        for column in ("p_val", "avg_log2FC", "pct.1", "pct.2", "p_val_adj"):
            columns[f"{name}_{column}"] = frame[column] * (1 + n)
    return pd.DataFrame(columns).assign(max_pval=0.01, minimump_p_val=0.001)


@case(
    "FindConservedMarkers", kind="markers", says=("conserved over conditions", "1 cluster", "old, mid, young")
)
def conserved_over_three_conditions(folder: Path) -> Path:
    return written(_conserved(("old", "mid", "young")), folder, "cluster_3.csv")


@case("FindConservedMarkers", kind="markers", says=("conserved over conditions", "1 cluster"))
def conserved_with_row_names(folder: Path) -> Path:
    return written(_conserved(("ko", "wt")).set_index("gene"), folder, "B cells.csv", index=True)


@case("FindConservedMarkers", kind="markers", says=("conserved over conditions", "2 clusters"))
def conserved_with_a_column_of_clusters(folder: Path) -> Path:
    table = _conserved(("A_1", "B_2"))
    table["celltype"] = ["T"] * 15 + ["B"] * 14
    return written(table, folder)


@case("Loupe", kind="markers", says=("Loupe", "3 clusters"))
def loupe_with_names_of_cell_types(folder: Path) -> Path:
    table = pd.DataFrame({"FeatureID": [f"ENSG{i:011d}" for i in range(30)], "FeatureName": seurat()["gene"]})
    for name in ("T cells, naive", "B cells", "Mono 1"):
        table[f"{name} Average"] = 1.0
        table[f"{name} Log2 Fold Change"] = np.linspace(3, -3, 30)
        table[f"{name} P-Value"] = 1e-5
    return written(table, folder)


@case("Loupe", kind="markers", says=("Loupe", "2 clusters"))
def loupe_with_median_average(folder: Path) -> Path:
    table = pd.DataFrame({"FeatureName": seurat()["gene"]})
    for name in ("Cluster 1", "Cluster 2"):
        table[f"{name} Median-Normalized Average"] = 1.0
        table[f"{name} Log2 Fold Change"] = np.linspace(3, -3, 30)
        table[f"{name} P-Value"] = 1e-5
    return written(table, folder)


@case("one cluster", kind="markers", says=("one cluster, named after the file (scran_T)", "1 cluster"))
def scran_of_one_cluster(folder: Path) -> Path:
    table = pd.DataFrame(
        {
            "Top": range(1, 11),
            "p.value": 1e-9,
            "FDR": 1e-7,
            "summary.logFC": np.linspace(3, 1, 10),
            "logFC.2": 1.2,
            "logFC.3": 0.8,
        },
        index=seurat()["gene"][:10],
    )
    return written(table, folder, "scran_T.csv", index=True, index_label="")


@case("one cluster", kind="markers", says=("named after the file (genes of T)", "1 cluster, 4 genes"))
def one_list_of_genes(folder: Path) -> Path:
    return _text(folder, "genes of T.txt", "\n".join(KINDS["T cell"]))


@case("one cluster", kind="markers", says=("one cluster, named after the file", "1 cluster"))
def one_test_of_a_cluster(folder: Path) -> Path:
    table = seurat().iloc[:10].drop(columns=["cluster"])
    return written(table, folder, "NK.tsv", sep="\t")


@case("a file per cluster", kind="markers", says=("3 files were put together", "3 clusters"))
def folder_with_a_test_per_cluster(folder: Path) -> Path:
    inside = folder / "tests"
    inside.mkdir()
    for cluster, part in seurat().groupby("cluster"):
        table = part.drop(columns=["cluster"]).set_index("gene")
        table.to_csv(inside / f"cluster{cluster}.csv", index_label="")
    return inside


@case("a file per cluster", kind="markers", says=("3 files were put together", *THREE))
def zip_with_a_list_per_cluster(folder: Path) -> Path:
    path = folder / "lists.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for kind, genes in KINDS.items():
            archive.writestr(f"lists/{kind}.txt", "\n".join(genes))
    return path


@case("of two columns", kind="markers", says=THREE)
def headers_the_wrong_way_round(folder: Path) -> Path:
    rows = [f"{gene},{kind}" for kind, genes in KINDS.items() for gene in genes]
    return _text(folder, "m.csv", "cluster,gene\n" + "\n".join(rows))


@case("of two columns", kind="markers", says=THREE)
def two_columns_of_other_names(folder: Path) -> Path:
    rows = [f"{gene};{kind}" for kind, genes in KINDS.items() for gene in genes]
    return _text(folder, "m.csv", "found in;lineage\n" + "\n".join(rows))


@case("of two columns", kind="markers", says=("fold change", "3 clusters"))
def cluster_column_of_any_name(folder: Path) -> Path:
    table = seurat().rename(columns={"cluster": "my groups"})
    table["my groups"] = table["my groups"].map({0: "a", 1: "b", 2: "c"})
    return written(table, folder)


@case("gene sets of cellxgene", kind="markers", says=THREE)
def gene_sets_of_cellxgene(folder: Path) -> Path:
    rows = [(kind, "words", gene, "") for kind, genes in KINDS.items() for gene in genes]
    columns = ["gene_set_name", "gene_set_description", "gene_symbol", "gene_description"]
    return written(pd.DataFrame(rows, columns=columns), folder)


@case("ROC test", kind="markers", says=OF_THREE)
def roc_test_of_seurat(folder: Path) -> Path:
    table = seurat().drop(columns=["p_val", "p_val_adj"]).assign(myAUC=0.9, avg_diff=1.0, power=0.8)
    return written(table, folder)


@case("fold changes that are ratios", kind="markers", says=("ratios; they are turned into log2",))
def ratios_for_fold_changes(folder: Path) -> Path:
    table = pd.DataFrame({"Cluster": seurat()["cluster"], "Gene": seurat()["gene"]})
    return written(table.assign(**{"Fold change": np.linspace(9, 1.1, 30), "P-value": 1e-5}), folder)


CONTRAST = "a contrast of conditions"


@case(CONTRAST, kind="markers", error=MarkerFormatError, says=("compares conditions", "muscat"))
def contrast_of_muscat(folder: Path) -> Path:
    table = seurat()[["gene", "cluster"]].assign(
        logFC=1.2, F=2.0, **{"p_adj.loc": 0.02, "p_adj.glb": 0.1, "contrast": "stim-ctrl"}
    )
    return written(table.rename(columns={"cluster": "cluster_id"}), folder)


@case(CONTRAST, kind="markers", error=MarkerFormatError, says=("compares conditions", "DESeq2"))
def contrast_of_deseq2(folder: Path) -> Path:
    table = pd.DataFrame(
        {"baseMean": 5.0, "log2FoldChange": 1.2, "lfcSE": 0.1, "padj": 0.01}, seurat()["gene"][:20]
    )
    return written(table, folder, index=True)


@case(CONTRAST, kind="markers", error=MarkerFormatError, says=("compares conditions", "MAST"))
def contrast_of_mast(folder: Path) -> Path:
    table = pd.DataFrame(
        {"primerid": seurat()["gene"][:20], "contrast": "conditionSTIM", "coef": 1.0, "fdr": 0.01}
    )
    return written(table.assign(**{"Pr(>Chisq)": 0.001}), folder)


@case(CONTRAST, kind="markers", says=("Statistics as edgeR writes them", "3 clusters"))
def edger_of_clusters(folder: Path) -> Path:
    return written(seurat()[["gene", "cluster"]].assign(logFC=1.2, logCPM=4.0, FDR=0.01), folder)


@case(CONTRAST, kind="markers", says=("1 cluster",), options=ReadOptions(columns=TableColumns(gene="gene")))
def deseq2_of_one_cluster_by_the_persons_word(folder: Path) -> Path:
    table = pd.DataFrame(
        {"gene": seurat()["gene"][:20], "baseMean": 5.0, "log2FoldChange": 1.2, "padj": 0.01}
    )
    return written(table, folder, "T.csv")


NAMES = "spellings of genes"


def _named(folder: Path, names: list[str]) -> Path:
    return written(seurat().assign(gene=names), folder)


def _genes() -> list[str]:
    return list(seurat()["gene"])


@case(NAMES, kind="markers", says=("Human", "name of a genome is taken off"))
def genome_and_underscores(folder: Path) -> Path:
    return _named(folder, [f"hg19___{gene}" for gene in _genes()])


@case(NAMES, kind="markers", says=("Human", "name of a genome is taken off"))
def genome_with_release(folder: Path) -> Path:
    return _named(folder, [f"GRCh38-2020-A-{gene}" for gene in _genes()])


@case(NAMES, kind="markers", says=("Human", "out of several parts"))
def symbol_with_id_in_brackets(folder: Path) -> Path:
    return _named(folder, [f"{gene} (ENSG{i:011d})" for i, gene in enumerate(_genes())])


@case(NAMES, kind="markers", says=("Human", "out of several parts"))
def symbol_id_and_kind_between_bars(folder: Path) -> Path:
    return _named(folder, [f"{gene}|ENSG{i:011d}|protein_coding" for i, gene in enumerate(_genes())])


@case(NAMES, kind="markers", says=("Mouse", "Which one do you want", "of another genome"))
def two_genomes_in_a_marker_table(folder: Path) -> Path:
    return _named(
        folder, [f"mm10_{g.capitalize()}" if i % 3 else f"GRCh38_{g}" for i, g in enumerate(_genes())]
    )


@case(NAMES, kind="markers", says=("These are transcripts",))
def transcripts_in_a_marker_table(folder: Path) -> Path:
    return _named(folder, [f"ENST{i:011d}" for i in range(30)])


@case(NAMES, kind="markers", says=("6 names are of controls, antibodies or tags",))
def antibodies_in_a_marker_table(folder: Path) -> Path:
    return _named(folder, [f"{g}-TotalSeqB" if i % 5 == 0 else g for i, g in enumerate(_genes())])


@case(NAMES, kind="markers", says=("Rat",))
def rat_by_ids_beside_the_symbols(folder: Path) -> Path:
    table = seurat().assign(gene=[gene.capitalize() for gene in _genes()])
    return written(table.assign(gene_id=[f"ENSRNOG{i:011d}" for i in range(30)]), folder)


@case(NAMES, kind="markers", error=GeneIdError, says=("only numbered",))
def numbered_features_in_a_marker_table(folder: Path) -> Path:
    return _named(folder, [f"Feature_{i}" for i in range(30)])


@case(NAMES, kind="markers", says=("Only ", "of the gene names are known"))
def names_of_no_genes(folder: Path) -> Path:
    return _named(folder, [f"qx{chr(97 + i % 26)}zw{'k' * (i // 26 + 1)}" for i in range(30)])
