"""In what two datasets of two runs were set up differently, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cassia_core.domain.config import OFFLINE, ROLES, AgentModel, AnnotationParams, DatasetSpec
from cassia_core.runs.store import RunRecord

NOT_SET, NOT_USED = "not set", "not used"
_ROLE_WORDS = {
    "annotator": "Who answers",
    "validator": "Who validates",
    "scorer": "Who scores",
    "booster": "Who looks closer",
    "merger": "Who groups the labels",
}
_WORDS = {
    "tissue": "Tissue",
    "species": "Species",
    "context": "Context",
    "only_clusters": "Only these clusters",
    "read.genome": "Genome",
    "read.genes_in_rows": "Genes in rows",
    "read.symbol_column": "Column of gene symbols",
    "read.columns": "Columns of the table",
    "read.replace_nan": "Missing values replaced",
    "read.max_cells": "Random sample of cells",
    "qc.min_genes": "Genes per cell, at least",
    "qc.max_genes": "Genes per cell, at most",
    "qc.min_counts": "Counts per cell, at least",
    "qc.max_counts": "Counts per cell, at most",
    "qc.max_pct_mito": "Mitochondrial share, at most (%)",
    "qc.max_pct_ribo": "Ribosomal share, at most (%)",
    "qc.max_pct_haemo": "Haemoglobin share, at most (%)",
    "qc.max_doublet_score": "Doublet score, at most",
    "qc.min_cells_per_gene": "Cells per gene, at least",
    "qc.score_doublets": "Doublets scored",
    "qc.sample_column": "Column of samples",
    "clustering.cluster_column": "Clusters from the column",
    "clustering.embedding": "Map from",
    "clustering.expression": "Matrix used",
    "clustering.target_sum": "Counts per cell after normalising",
    "clustering.n_top_genes": "Variable genes",
    "clustering.min_mean": "Variable genes: mean, at least",
    "clustering.max_mean": "Variable genes: mean, at most",
    "clustering.min_disp": "Variable genes: dispersion, at least",
    "clustering.max_value": "Scaled values, at most",
    "clustering.n_neighbors": "Neighbours",
    "clustering.n_pcs": "Principal components",
    "clustering.resolution": "Resolution (Leiden)",
    "clustering.batch_column": "Corrected for the column",
    "clustering.batch_method": "Correction between batches",
    "clustering.subset_clusters": "Cells of these clusters only",
    "clustering.markers_against": "Markers against",
    "clustering.seed": "Seed",
    "clustering.min_cells_per_cluster": "Cells per cluster, at least",
    "markers.n_genes": "Marker genes per cluster",
    "markers.method": "Marker test",
    "markers.own_test": "Marker test of the file",
    "markers.ranking_method": "Markers ranked by",
    "markers.ascending": "Smallest first",
    "markers.max_pval_adj": "Adjusted p value, at most",
    "markers.min_log2fc": "Log2 fold change, at least",
    "markers.min_pct": "Share of cells with the gene, at least",
    "validator_involvement": "Strictness of the validator",
    "always_format": "Answers put in form by a model",
    "score": "Labels scored",
    "score_threshold": "Score asked for",
    "boost": "Looking closer",
    "boost_strategy": "Looking closer: strategy",
    "boost_rounds": "Looking closer: rounds",
    "merge": "Labels grouped",
    "max_attempts": "Rounds per cluster, at most",
    "blind": "Labels of the file kept from the agents",
    "use_reference": "Knowledge base shown to the annotator",
    "max_cost_usd": "Limit in dollars",
    "max_tokens_total": "Limit in tokens",
}
_NO_MATTER = {
    "name",
    "path",
    "sha256",
    "max_workers",
    "max_retries",
    "first_word_timeout_s",
    "silence_timeout_s",
    *ROLES,
}
"""Names and addresses of files (compared as the file itself), and what changes the speed only."""
_SHORTEST_CONTENT_NAME = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDifference:
    """One thing that was set differently: what it is, and its value in the one run and in the other."""

    what: str
    one: str
    other: str


def setup_differences(
    one: tuple[RunRecord, DatasetSpec], other: tuple[RunRecord, DatasetSpec]
) -> tuple[SetupDifference, ...]:
    """What differs in input, settings, models, prompts and program; what is equal is left out."""
    first, second = _settings(*one), _settings(*other)
    differences = [
        SetupDifference(what=what, one=first.get(what, NOT_SET), other=second.get(what, NOT_SET))
        for what in dict.fromkeys([*first, *second])
        if first.get(what, NOT_SET) != second.get(what, NOT_SET)
    ]
    changed = _changed_prompts(one[0], other[0])
    if changed:
        differences.append(
            SetupDifference(what="Prompts", one="one text", other=f"another text for the {changed}")
        )
    return tuple(differences)


def _settings(record: RunRecord, spec: DatasetSpec) -> dict[str, str]:
    """Every setting that may change a label: plain word to plain value."""
    content = f" (content {spec.sha256[:_SHORTEST_CONTENT_NAME]})" if spec.sha256 else ""
    asked, unused = _flat(asdict(spec)), _unused_of_data(spec)
    settings = {"Input": f"{Path(spec.path).name}{content}", **_worded(asked, unused)}
    if record.config.annotation is None:
        settings["Annotation"] = "none, clusters and markers only"
    else:
        annotation = record.config.annotation
        settings |= _models(annotation) | _worded(
            _flat(asdict(annotation)), _unused_of_annotation(annotation)
        )
    settings["Answers from an earlier run"] = Path(record.config.replay_from).name or NOT_SET
    settings["Version of the program"] = record.version
    return settings


def _models(annotation: AnnotationParams) -> dict[str, str]:
    """Who answers for each role; a role that is left to the annotator says so."""
    return {
        _ROLE_WORDS[role]: _model(annotation.model_of(role))
        if role == "annotator" or getattr(annotation, role)
        else "as who answers"
        for role in ROLES
    }


def _model(model: AgentModel) -> str:
    if model.provider == OFFLINE:
        return "Offline engine"
    extras = [
        f"at {model.base_url}" if model.base_url else "",
        "" if model.temperature is None else f"temperature {model.temperature:g}",
        f"{model.reasoning} reasoning" if model.reasoning else "",
        f"replies of at most {model.max_tokens:,} tokens" if model.max_tokens else "",
    ]
    return ", ".join([f"{model.provider}: {model.model}", *filter(None, extras)])


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested settings as one level: {"read": {"genome": x}} -> {"read.genome": x}."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        if name in _NO_MATTER:
            continue
        if isinstance(value, dict) and f"{prefix}{name}" not in _WORDS:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _unused_of_data(spec: DatasetSpec) -> set[str]:
    """Settings that have a value and were not looked at, because another one makes them idle."""
    ours = spec.clustering
    unused = {f"clustering.{name}" for name in ("min_mean", "max_mean", "min_disp") if ours.n_top_genes}
    if ours.cluster_column and not ours.subset_clusters:
        unused.add("clustering.resolution")
    if not ours.subset_clusters:
        unused.add("clustering.markers_against")
    if ours.batch_column is None:
        unused.add("clustering.batch_method")
    return unused


def _unused_of_annotation(params: AnnotationParams) -> set[str]:
    """The same of the settings of the agents."""
    unused = {"boost_strategy", "boost_rounds"} if params.boost == "off" else set()
    return unused if params.score else {*unused, "score_threshold"}


def _worded(settings: Mapping[str, object], unused: Collection[str]) -> dict[str, str]:
    values = {name: NOT_USED if name in unused else _value(value) for name, value in settings.items()}
    return {
        _WORDS.get(name, name.replace(".", ": ").replace("_", " ")): text for name, text in values.items()
    }


def _value(value: object) -> str:
    if value is None or value == "" or value == ():
        return NOT_SET
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items() if part) or NOT_SET
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _changed_prompts(one: RunRecord, other: RunRecord) -> str:
    names = dict.fromkeys([*one.prompts, *other.prompts])
    return ", ".join(Path(name).stem for name in names if one.prompts.get(name) != other.prompts.get(name))
