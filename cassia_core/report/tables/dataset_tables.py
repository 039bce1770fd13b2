"""The tables of one dataset. Every input cluster is a row of each, with a status and a reason."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cassia_core.data.h5ad.labels import match_of
from cassia_core.domain.annotation import Agreement, Boost, ClusterResult, MergedLabels
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.markers import MarkerTable
from cassia_core.knowledge.cells.words import samples_in_words
from cassia_core.knowledge.naming.names import everyday_name

SUMMARY_COLUMNS = (
    "Cluster ID",
    "Predicted General Cell Type",
    "Predicted Detailed Cell Type",
    "Possible Mixed Cell Types",
    "Marker Number",
    "Marker List",
    "Iterations",
    "Model",
    "Provider",
    "Tissue",
    "Species",
)
"""Source: CASSIA's batch documentation. Ours come after these."""
MARKER_COLUMNS = ("cluster", "gene", "rank", "avg_log2FC", "score", "p_val", "p_val_adj", "pct.1", "pct.2")


def summary_table(rows: Sequence[ClusterResult], spec: DatasetSpec) -> pd.DataFrame:
    """`_summary.csv`. "Detailed" lists the subtypes, most likely first; an unknown cost is empty, never 0."""
    return pd.DataFrame([_summary_row(r, spec) for r in rows], dtype=object)


def _summary_row(row: ClusterResult, spec: DatasetSpec) -> dict[str, object]:
    proposal = row.proposal
    return {
        "Cluster ID": row.cluster,
        "Predicted General Cell Type": proposal.general if proposal else "",
        "Predicted Detailed Cell Type": ", ".join(proposal.subtypes) if proposal else "",
        "Possible Mixed Cell Types": ", ".join(proposal.mixed) if proposal else "",
        "Marker Number": len(row.markers),
        "Marker List": ", ".join(row.markers),
        "Iterations": row.iterations,
        "Model": row.model,
        "Provider": row.provider,
        "Tissue": spec.tissue,
        "Species": spec.species,
        "cell_type": row.label,
        "cell_type_short": everyday_name(row.label),
        "Status": row.status,
        "Reason": row.reason,
        "Confidence": row.light or "",
        "Confidence Reason": row.light_reason,
        **_readings(row),
        "Boosted": _boosted(row.boost),
        "Cost (USD)": row.cost_usd,
        "Tokens": row.input_tokens + row.output_tokens,
        "Cells": row.n_cells,
        **_inside(row),
    }


def _inside(row: ClusterResult) -> dict[str, object]:
    """Kinds of cells and samples; a marker table has neither, and no such columns hold a value."""
    kinds = row.inside.kinds if row.inside else ()
    return {
        "Kinds Inside": "; ".join(f"{kind.n_cells} {everyday_name(kind.label)}" for kind in kinds),
        "Genes That Decided": ", ".join(row.inside.deciding) if row.inside else "",
        "Samples": samples_in_words(row.cluster, row.samples) if row.samples else "",
    }


def _boosted(boost: Boost | None) -> str:
    if boost is None:
        return ""
    changed = boost.accepted and boost.before.label.lower() != boost.after.label.lower()
    return "label changed" if changed else "label kept"


def _readings(row: ClusterResult) -> dict[str, object]:
    return {
        "Evidence Score": row.evidence.score if row.evidence else None,
        "Score": row.score.value if row.score else None,
        **_agreement(row.agreement),
        "CL ID (general)": row.general_term.cl_id if row.general_term else "",
        "CL ID (detailed)": row.detailed_term.cl_id if row.detailed_term else "",
        "CL Match (general)": match_of(row.general_term),
        "CL Match (detailed)": match_of(row.detailed_term),
    }


def _agreement(agreement: Agreement | None) -> dict[str, object]:
    """What further answers say of the label; empty where nobody asked again."""
    if agreement is None:
        return {"Agreement (%)": None, "Answers": "", "Consensus": ""}
    share = agreement.share
    return {
        "Agreement (%)": None if share is None else round(100 * share, 1),
        "Answers": f"{agreement.votes} of {agreement.answered}",
        "Consensus": agreement.consensus,
    }


def scored_table(rows: Sequence[ClusterResult]) -> pd.DataFrame:
    """`_scored.csv`: the columns of CASSIA's Scanpy vignette. `celltype_1` is the most detailed label, `_2`
    and `_3` the
    runners-up.
    """
    return pd.DataFrame([_scored_row(r) for r in rows], dtype=object)


def _scored_row(row: ClusterResult) -> dict[str, object]:
    types = row.proposal.subtypes or (row.proposal.general,) if row.proposal else ()
    merged = row.merged or MergedLabels()
    return {
        "cluster": row.cluster,
        **{f"celltype_{i + 1}": types[i] if i < len(types) else "" for i in range(3)},
        "cell_type_short": everyday_name(row.label),
        "CASSIA_merged_grouping_1": merged.grouping_1,
        "CASSIA_merged_grouping_2": merged.grouping_2,
        "CASSIA_merged_grouping_3": merged.grouping_3,
        "Score": row.score.value if row.score else None,
        "Scoring_Reasoning": row.score.reasoning if row.score else "",
        "Status": row.status,
        "Reason": row.reason,
        "Confidence": row.light or "",
        "Evidence Score": row.evidence.score if row.evidence else None,
        "CL ID": row.detailed_term.cl_id if row.detailed_term else "",
        "CL Match": match_of(row.detailed_term),
    }


def full_table(rows: Sequence[ClusterResult], spec: DatasetSpec) -> pd.DataFrame:
    """`_full.csv`: the scored table, all of the summary, and the conversation as text."""
    scored = scored_table(rows)
    summary = summary_table(rows, spec)
    added = [c for c in summary.columns if c not in scored.columns and c != "Cluster ID"]
    full = pd.concat([scored, summary[added]], axis=1)
    full["Conversation History"] = [conversation_text(r) for r in rows]
    return full


def conversation_text(row: ClusterResult) -> str:
    """All turns of a cluster as plain text."""
    return "\n\n".join(f"[{t.role}, round {t.attempt}]\n{t.text}" for t in row.turns)


def markers_table(table: MarkerTable) -> pd.DataFrame:
    """`_markers.csv`: the selected markers, best first; a cluster without any has no row here."""
    records = [
        (c.cluster, g.gene, g.rank, g.log2fc, g.score, g.pval, g.pval_adj, g.pct_in, g.pct_out)
        for c in table.clusters
        for g in c.genes
    ]
    return pd.DataFrame(records, columns=list(MARKER_COLUMNS))
