"""A methods paragraph, ready to paste, from what the run really did."""

from __future__ import annotations

from cassia_core.domain.config import OFFLINE, AgentModel, DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.runs.store import RunRecord


def methods_paragraph(spec: DatasetSpec, record: RunRecord, outcome: DatasetOutcome,
                      findings: Findings | None) -> str:
    """Sentences on data, clusters, markers and annotation, with versions and parameters."""
    parts = [f"Clusters were annotated with CASSIA Workbench {record.version} (Python {record.python}), an independent "
             "implementation of the CASSIA protocol (Xie et al., Nature Communications 2025, "
             "doi:10.1038/s41467-025-67084-x)."]
    if findings and findings.kind == "cells":
        parts += _cells(spec, record, outcome, findings)
    else:
        parts.append(f"Marker genes of {outcome.n_clusters} clusters came from a table made elsewhere.")
    parts.append(_markers(spec))
    parts += _agents(record)
    return " ".join(parts)


def _cells(spec: DatasetSpec, record: RunRecord, outcome: DatasetOutcome, findings: Findings) -> list[str]:
    chosen, packages = spec.clustering, record.packages
    size = f"{findings.n_cells:,} cells and {findings.n_genes:,} genes were read"
    parts = [f"{size} with scanpy {packages.get('scanpy', '?')} and anndata {packages.get('anndata', '?')}."]
    if findings.counts and findings.counts == findings.expression:
        parts.append(f"Counts were scaled to {chosen.target_sum:g} per cell and log-transformed.")
    else:
        parts.append(f"Log-normalised values were taken from {findings.expression or 'the file'}.")
    if chosen.cluster_column and not chosen.subset_clusters:
        parts.append(f'The clusters of the column "{chosen.cluster_column}" were kept.')
    else:
        resolution = "a suggested resolution" if chosen.resolution is None else f"resolution {chosen.resolution:g}"
        parts.append(
            f"Highly variable genes (mean {chosen.min_mean:g} to {chosen.max_mean:g}, dispersion at least "
            f"{chosen.min_disp:g}) were scaled (at most {chosen.max_value:g}); {chosen.n_pcs} principal components, "
            f"{chosen.n_neighbors} neighbours and the Leiden algorithm at {resolution} gave {outcome.n_clusters} "
            f"clusters (seed {chosen.seed}; the numbers are lowered where the data are smaller).")
    if chosen.batch_method == "harmony":
        parts.append(f'Batches of "{chosen.batch_column}" were corrected with Harmony.')
    return parts


def _markers(spec: DatasetSpec) -> str:
    chosen = spec.markers
    tests = {"wilcoxon": "Wilcoxon rank-sum tests", "t-test": "t tests", "logreg": "logistic regression"}
    limits = (f"adjusted p at most {chosen.max_pval_adj:g}, log2 fold change at least {chosen.min_log2fc:g}, "
              f"seen in at least {chosen.min_pct:.0%} of the cells of the cluster")
    return (f"Marker genes come from {tests[chosen.method]} on log-normalised values of all genes where cells were "
            f"given ({limits}, as far as known); the best {chosen.n_genes} per cluster were used.")


def _agents(record: RunRecord) -> list[str]:
    params = record.config.annotation
    if params is None:
        return ["No annotation was made."]
    who = _who(params.annotator)
    parts = [f"{who[0].upper()}{who[1:]} proposed labels in at most {params.max_attempts} attempts; each was checked "
             "against a marker knowledge base and the measured values, and validated"
             f"{' strictly' if params.validator_involvement == 'v0' else ''} by {_who(params.model_of('validator'))}."]
    if params.score:
        parts.append(f"The labels were scored (0 to 100) by {_who(params.model_of('scorer'))}.")
    if params.boost != "off":
        parts.append(f"Labels below {params.score_threshold:g} were looked at again with genes measured in the cluster.")
    return parts


def _who(model: AgentModel) -> str:
    if model.provider == OFFLINE:
        return "the built-in offline engine (a knowledge base look-up, not a language model)"
    return f"{model.model} ({model.provider})"
