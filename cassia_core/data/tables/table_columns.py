"""Names under which tools write the columns of a marker table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cassia_core.data.tables.foreign_headers import FOREIGN

ROLES: dict[str, tuple[str, ...]] = {
    "gene": (
        "gene",
        "genes",
        "names",
        "name",
        "symbol",
        "symbols",
        "genesymbol",
        "genesymbols",
        "genename",
        "genenames",
        "feature",
        "features",
        "featurename",
        "marker",
        "markergene",
        "hgncsymbol",
        "mgisymbol",
        "externalgenename",
        "geneid",
        "featureid",
        "ensembl",
        "ensemblid",
        "ensemblgeneid",
        "geneshortname",
        "primerid",
        "featurenames",
        "hgnc",
        "mgi",
        "symbolname",
        "feats",
        "feat",
        "officialgenesymbol",
        "officialsymbol",
        "genesymbolid",
        "targetgene",
    ),
    "cluster": (
        "cluster",
        "clusters",
        "clusterid",
        "clustername",
        "group",
        "groups",
        "seuratclusters",
        "leiden",
        "louvain",
        "ident",
        "celltype",
        "celltypes",
        "cellcluster",
        "broadcelltype",
        "annotation",
        "label",
        "population",
        "subcluster",
        "cellgroup",
        "celltypename",
        "cell",
        "cells",
        "genesetname",
        "geneset",
        "subtype",
        "cellstate",
        "clusterlabel",
        "clusterno",
        "clusternumber",
        "predictedlabels",
        "cellannotation",
        "metacluster",
        "celllabel",
        "cellname",
        "celltypelabel",
        "clusteridentity",
        "identity",
        "cellpopulation",
    ),
    "log2fc": (
        "avglog2fc",
        "log2fc",
        "log2foldchange",
        "log2foldchanges",
        "logfoldchanges",
        "logfoldchange",
        "logfc",
        "avglogfc",
        "avgdiff",
        "lfc",
        "meanlog2fc",
        "summarylogfc",
        "logfcavg",
        "avglog2foldchange",
        "log2fcavg",
        "l2fc",
        "log2ratio",
        "meanlogfc",
        "avglogfoldchange",
        "coef",
        "foldchange",
        "abslog2fc",
        "absavglog2fc",
        "abslogfc",
        "log2fcabs",
        "avgfoldchange",
        "fc",
        "ratio",
    ),
    "score": (
        "score",
        "scores",
        "statistic",
        "zscore",
        "teststatistic",
        "cosgscore",
        "stat",
        "auc",
        "myauc",
        "power",
        "summaryauc",
        "markerscore",
        "meanauc",
        "effectsize",
        "cohensd",
        "meanlogfccohen",
        "avgauc",
        "diffexpscore",
        "auroc",
        "combscore",
        "specificity",
    ),
    "pval": (
        "pval",
        "pvals",
        "pvalue",
        "pvalues",
        "p",
        "prchisq",
        "markertestpvalue",
        "pvalwilcox",
        "wilcoxonpvalue",
    ),
    "pval_adj": (
        "pvaladj",
        "pvalsadj",
        "padj",
        "adjpval",
        "adjpvalue",
        "adjustedpvalue",
        "pvalueadj",
        "pvalueadjusted",
        "fdr",
        "qvalue",
        "qval",
        "adjp",
        "markertestqvalue",
        "padjusted",
        "bonferroni",
        "padjloc",
        "pvalbonferroni",
        "fdrbh",
        "pvalcorrected",
        "adjustedp",
        "pvalfdr",
        "pvalsfdr",
        "fdrpvalue",
        "qvalues",
    ),
    "pct_in": (
        "pct1",
        "pctin",
        "pctnzgroup",
        "pctexpin",
        "percentin",
        "ptsin",
        "pts",
        "pctcluster",
        "pctexp1",
        "selfdetected",
        "meanselfdetected",
        "fractionexpressing",
        "pctexpressing",
        "pctincluster",
        "percentexpressed",
        "fracin",
    ),
    "pct_out": (
        "pct2",
        "pctout",
        "pctnzreference",
        "pctexpout",
        "percentout",
        "ptsout",
        "ptsrest",
        "pctrest",
        "pctother",
        "pctexp2",
        "otherdetected",
        "meanotherdetected",
        "fracout",
        "pctoutside",
    ),
}
NO_NAME = "(no name)"
"""What a person sees, and chooses, for a column without a header."""
LIST_NAMES = (
    "markergenes",
    "markers",
    "topmarkers",
    "genelist",
    "markerlist",
    "topgenes",
    "topmarkergenes",
    "genes",
    "marker",
    "topgene",
    "deg",
    "degs",
    "signature",
    "genesymbolmore1",
    "up",
    "upgenes",
    "upregulated",
    "upregulatedgenes",
    "positivemarkers",
    "cellmarker",
    "canonicalmarkers",
    "keymarkers",
    "signaturegenes",
    "genesymbolmore",
)
NATURAL_LOG = ("avglogfc", "avgdiff")
"""Seurat before version 4 wrote natural logarithms under these names.
Source: Seurat 4.0.0 release notes (`FindMarkers` reports `avg_log2FC`, formerly `avg_logFC`)."""
NEVER_CLUSTERS = (
    "description",
    "genedescription",
    "biotype",
    "genetype",
    "chromosome",
    "chr",
    "strand",
    "notes",
    "pathway",
)
LINEAR_FOLD = ("foldchange", "avgfoldchange", "fc", "ratio")
"""Headers of fold changes that do not say that they are logarithms."""
ROW_NAMES = ("", "x", "x1", "rowname", "rownames", "index", "rn")
_NOT_WORD = re.compile(r"[\W_]+")


def plain(column: object) -> str:
    """Header reduced to letters and digits, so that `pct.1`, `pct_1` and `Pct 1` are one name."""
    text = str(column).strip().lower()
    if not text.isascii():
        text = _without_accents(text)
    if text.startswith(("unnamed:", "...")):
        return ""
    return _NOT_WORD.sub("", text)


def _without_accents(text: str) -> str:
    """Text with the bare letters of Latin script; letters of other scripts stay."""
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not "\u0300" <= c <= "\u036f"))


def columns_of(role: str, columns: Iterable[str]) -> list[str]:
    """Columns whose header names this role, the most usual name first."""
    order = {name: position for position, name in enumerate((*ROLES[role], *FOREIGN.get(role, ())))}
    return sorted((c for c in columns if plain(c) in order), key=lambda c: order[plain(c)])


def row_name_columns(columns: Iterable[str]) -> list[str]:
    """Columns that look like the row names of an R or pandas table."""
    return [column for column in columns if plain(column) in ROW_NAMES]
