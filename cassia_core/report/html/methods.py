"""A methods paragraph, ready to paste, from what the run really did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import PurePath

from cassia_core.domain.config import FINE, OFFLINE, AgentModel, AnnotationParams, DatasetSpec, QCParams
from cassia_core.domain.findings import Findings, MatrixInfo
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.runs.store import RunRecord

_TESTS = {"wilcoxon": "a Wilcoxon rank-sum test", "t-test": "a t test", "logreg": "logistic regression"}
_RANKINGS = {
    None: "the best known statistic",
    "Score": "the test's score",
    "avg_log2FC": "log2 fold change",
    "p_val_adj": "adjusted p value",
    "pct_diff": "the difference of the shares of cells",
}
_OTHERS = {
    "all": "all other cells of the file",
    "subset": "all other cells of the clusters taken",
    "both": "all other cells of the file and, for every other gene of a list, the other clusters taken",
}
_LIMITS = {
    "min_genes": "at least {:g} genes",
    "max_genes": "at most {:g} genes",
    "min_counts": "at least {:g} counts",
    "max_counts": "at most {:g} counts",
    "max_pct_mito": "at most {:g} % mitochondrial counts",
    "max_pct_ribo": "at most {:g} % ribosomal counts",
    "max_pct_haemo": "at most {:g} % haemoglobin counts",
    "max_doublet_score": "a doublet score of at most {:g}",
}


def methods_paragraph(
    spec: DatasetSpec,
    record: RunRecord,
    outcome: DatasetOutcome,
    findings: Findings | None,
    stages: Mapping[str, str],
    map_name: str = "",
    n_edited: int = 0,
) -> str:
    """Sentences on data, clusters, markers and annotation, with versions and parameters.

    Parameters
    ----------
    stages
        Stage of the run to what it said at its end.
    map_name
        The map shown, "" for none.
    n_edited
        Clusters whose label a person changed afterwards.
    """
    parts = [
        f"Clusters were annotated on {date_in_words(record.created_at)} with CASSIA Workbench "
        f"{record.version} "
        f"(Python {record.python or 'of unknown version'}), an independent implementation of the CASSIA "
        "protocol "
        "(Xie et al. 2025)."
    ]
    if findings and findings.kind == "cells":
        parts += [
            *_cells(spec, record, findings, stages),
            *_clusters(spec, record, outcome, stages, map_name),
            _tested(spec, stages),
            *(said for said in findings.done if said.startswith("The file's own column")),
        ]
    else:
        parts.append(
            f"Marker genes of {outcome.n_clusters} clusters came from a table made elsewhere{_file(spec)}."
        )
    parts += [_chosen(spec), *_agents(record), *_prompts(record)]
    if n_edited:
        parts.append(
            f"The labels of {n_edited} of {outcome.n_clusters} clusters were then corrected by hand."
        )
    return " ".join(parts)


def date_in_words(stamp: str) -> str:
    """Such as "21 November 2026"; a stamp that is no time comes back as it is."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    return f"{at.day} {at:%B %Y}"


def _file(spec: DatasetSpec) -> str:
    digest = f", SHA-256 {spec.sha256[:12]}" if spec.sha256 else ""
    return f" ({PurePath(spec.path).name}{digest})"


def _cells(spec: DatasetSpec, record: RunRecord, findings: Findings, stages: Mapping[str, str]) -> list[str]:
    reader = f"anndata {record.packages.get('anndata', 'of unknown version')}"
    size = f"{findings.n_cells:,} cells and {findings.n_genes:,} genes"
    if spec.clustering.subset_clusters:
        parts = [_taken(spec, record, size), f"It was read with {reader}."]
    elif findings.n_cells_of_file:
        whole = f"{findings.n_cells_of_file:,} cells and {findings.n_genes:,} genes"
        parts = [
            f"The input{_file(spec)} held {whole} and was read with {reader}.",
            f"A random sample of {findings.n_cells:,} of its cells was used.",
        ]
    else:
        parts = [f"The input{_file(spec)} held {size} and was read with {reader}."]
    limits = _limits(spec.qc)
    if "qc" in stages:
        told = (
            f" ({', '.join(limits)})"
            if limits
            else " (no limits were set; cells without any value leave always)"
        )
        parts.append(f"Quality control{told}: {stages['qc']}.")
    if spec.qc.score_doublets or spec.qc.max_doublet_score is not None:
        each = f' in each "{spec.qc.sample_column}"' if spec.qc.sample_column else ""
        parts.append(
            f"Doublets were scored{each} with Scrublet (Wolock et al. 2019) as in Scanpy "
            f"{record.packages.get('scanpy', '')} (Wolf et al. 2018)."
        )
    parts.append(_values(spec, findings))
    return parts


def _taken(spec: DatasetSpec, record: RunRecord, size: str) -> str:
    """Which clusters of the file were clustered again, and whose clusters they are."""
    chosen, part = spec.clustering, record.config.part_of
    made = f", the annotated cells of {part.dataset} from the run {part.run}," if part else ""
    return (
        f"Of the input{_file(spec)}{made} only the clusters {', '.join(chosen.subset_clusters)} of the "
        "column "
        f'"{chosen.cluster_column}" were taken ({size}) and clustered by themselves.'
    )


def _limits(qc: QCParams) -> list[str]:
    values = {f.name: getattr(qc, f.name) for f in fields(qc)}
    return [words.format(values[name]) for name, words in _LIMITS.items() if values[name] is not None]


def _values(spec: DatasetSpec, findings: Findings) -> str:
    location = spec.clustering.expression or findings.expression
    source: MatrixInfo | None = next((m for m in findings.matrices if m.location == location), None)
    if source is None:
        return "The file has no counts or log-normalised values, so no markers could be tested."
    if source.state in ("counts", "counts_like"):
        return (
            f"Counts ({location}) were scaled to {spec.clustering.target_sum:g} per cell and log-transformed "
            "(natural logarithm of 1 + x)."
        )
    base = (
        f" (base {source.log_base}, converted to natural logarithms)"
        if source.log_base not in (None, "e")
        else ""
    )
    return f"Log-normalised values ({location}) were used as they are in the file{base}."


def _clusters(
    spec: DatasetSpec, record: RunRecord, outcome: DatasetOutcome, stages: Mapping[str, str], map_name: str
) -> list[str]:
    chosen = spec.clustering
    parts = []
    if "variable_genes" in stages:
        how = (
            f"the {chosen.n_top_genes:,} most variable"
            if chosen.n_top_genes
            else f"mean {chosen.min_mean:g} to {chosen.max_mean:g}, dispersion at least {chosen.min_disp:g}"
        )
        parts.append(
            f'Highly variable genes were chosen as Scanpy (Wolf et al. 2018) does with the flavour "seurat" '
            f"({how}): {stages['variable_genes']}. They were scaled to unit variance and clipped at "
            f"{chosen.max_value:g}."
        )
    if "sketch" in stages:
        parts.append(
            "As the counts were left on disk, clusters and map were found on a sketch of the cells "
            f"({stages['sketch']}), drawn by leverage (Hao et al. 2024) and by misfit to the profile of "
            f"their group; {stages.get('join', 'all others were joined to it')} by their ten nearest. "
            "Markers are those of all cells."
        )
    if "pca" in stages:
        parts.append(f"Principal component analysis gave {stages['pca']}.")
    if chosen.batch_method == "harmony":
        parts.append(
            f'Batches of "{chosen.batch_column}" were corrected with Harmony (Korsunsky et al. 2019).'
        )
    if "neighbors" in stages:
        parts.append(f"The neighbour graph has {stages['neighbors']}.")
    if "leiden" in stages:
        asked: dict[object, str] = {
            None: "suggested by the stability of the clusters",
            FINE: "the fine one that is the default",
        }
        parts.append(
            f"The Leiden algorithm (Traag et al. 2019; igraph {record.packages.get('igraph', '')}) gave "
            f"{stages['leiden']}; the resolution was {asked.get(chosen.resolution, 'chosen beforehand')} "
            f"(seed {chosen.seed})."
        )
    elif chosen.cluster_column:
        parts.append(f'The {outcome.n_clusters} clusters of the column "{chosen.cluster_column}" were kept.')
    if "umap" in stages:
        parts.append(
            "The map is a UMAP of that graph (McInnes et al. 2018; minimum distance 0.5, "
            f"seed {chosen.seed})."
        )
    elif map_name:
        parts.append(f"The map {map_name} is that of the file.")
    return parts


def _tested(spec: DatasetSpec, stages: Mapping[str, str]) -> str:
    if "markers" not in stages:
        return "Marker genes were not tested."
    if spec.markers.own_test:
        return (
            f'Marker genes are those of the test "{spec.markers.own_test}" that the file holds; shares of '
            f"cells were measured here: {stages['markers']}."
        )
    others = "all other cells"
    if spec.clustering.subset_clusters:
        others = _OTHERS[spec.clustering.markers_against]
    adjusted = "" if spec.markers.method == "logreg" else "; p values were adjusted by Benjamini and Hochberg"
    return (
        f"Marker genes were found by {_TESTS[spec.markers.method]} of every gene on log-normalised values, "
        "each "
        f"cluster against {others}{adjusted}: {stages['markers']}."
    )


def _chosen(spec: DatasetSpec) -> str:
    chosen = spec.markers
    return (
        f"The best {chosen.n_genes} genes per cluster by {_RANKINGS[chosen.ranking_method]} were used "
        "(adjusted p at "
        f"most {chosen.max_pval_adj:g}, log2 fold change at least {chosen.min_log2fc:g}, found in at least "
        f"{chosen.min_pct:.0%} of the cells of the cluster, each as far as known)."
    )


def _agents(record: RunRecord) -> list[str]:
    params = record.config.annotation
    if params is None:
        return ["No annotation was made."]
    who = _who(params.annotator)
    parts = [
        f"{_capital(who)} proposed labels in at most {params.max_attempts} attempts; each was checked "
        "against a marker knowledge base and the measured values, and validated"
        f"{' strictly' if params.validator_involvement == 'v0' else ''} by {_next(params, 'validator')}."
    ]
    if params.blind:
        parts.append("The models saw neither labels of the file nor the names of its clusters.")
    if params.use_reference and not params.blind:
        parts.append(
            "The annotator was given what the knowledge base holds on the types that a cluster left open, "
            "and "
            "values of the genes that tell them apart where cells were read."
        )
    if params.score:
        parts.append(f"The labels were scored (0 to 100) by {_next(params, 'scorer')}.")
    if params.boost != "off":
        parts.append(
            f"Labels below {params.score_threshold:g} were looked at again in at most {params.boost_rounds} "
            f"rounds with genes measured in the cluster, by {_next(params, 'booster')}."
        )
    if params.merge:
        parts.append(f"{_capital(_next(params, 'merger'))} grouped the labels from broad to specific.")
    ontology = record.packages.get("cellxgene-ontology-guide", "")
    parts.append(
        "Labels were matched to the Cell Ontology (Diehl et al. 2016; cellxgene-ontology-guide "
        f"{ontology}) by name."
    )
    return [*parts, *_settings(params)]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _settings(params: AnnotationParams) -> list[str]:
    asked = {
        model: None
        for role in ("annotator", "validator", "scorer", "booster", "merger")
        if (model := params.model_of(role)).provider != OFFLINE
    }
    told = [f"{model.model}: {', '.join(words)}" for model in asked if (words := _model_settings(model))]
    return [f"Settings of the models: {'; '.join(told)}."] if told else []


def _model_settings(model: AgentModel) -> list[str]:
    words = [] if model.temperature is None else [f"temperature {model.temperature:g}"]
    return words + ([f"reasoning {model.reasoning}"] if model.reasoning else [])


def _prompts(record: RunRecord) -> list[str]:
    if record.config.annotation is None or not record.prompts:
        return []
    hashes = ", ".join(f"{name} {digest[:12]}" for name, digest in sorted(record.prompts.items()))
    return [f"Prompts (first letters of their SHA-256): {hashes}."]


def _next(params: AnnotationParams, role: str) -> str:
    """Who answers for a later role; the annotator's own model is not named again."""
    model = params.model_of(role)
    if model != params.annotator:
        return _who(model)
    return "the same engine" if model.provider == OFFLINE else "the same model"


def _who(model: AgentModel) -> str:
    if model.provider == OFFLINE:
        return "the built-in offline engine (a knowledge base look-up, not a language model)"
    return f"{model.model} ({model.provider})"
