"""CASSIA's own function names (Xie et al., 2025), on top of our verbs.

They write the files that CASSIA's own documentation names, next to `output_name`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cassia_core.api.calling import SEED_PROVIDER, Markers, asked_model, copied, labels_alone, run_markers
from cassia_core.api.verbs import AnnotatedRun
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import AgentModel, AnnotationParams, MarkerParams, ValidatorStrictness, check
from cassia_core.domain.markers import RankingMethod
from cassia_core.services.engine.keys import set_key
from cassia_core.services.intake import examples

if TYPE_CHECKING:
    import pandas as pd


def set_api_key(api_key: str, provider: str = "openai") -> None:
    """Use `api_key` for `provider` in this Python process. It is kept in memory only."""
    set_key(api_key, provider)


def loadmarker(marker_type: Literal["processed", "unprocessed"] = "processed") -> pd.DataFrame:
    """Example markers of human blood cells, computed by this project from cells that ship inside scanpy.

    Returns
    -------
    pandas.DataFrame
        "unprocessed": one row per gene and cluster with the columns of Seurat's `FindAllMarkers`;
        "processed": one
        row per cluster with `cluster` and `marker_genes` (comma-separated, best first).
    """
    check(
        marker_type in ("processed", "unprocessed"),
        "marker_type",
        marker_type,
        '"processed" or "unprocessed"',
    )
    return examples.example_markers(processed=marker_type == "processed")


def list_available_markers() -> list[str]:
    """Names of the example tables that `loadmarker` gives."""
    return ["processed", "unprocessed"]


def runCASSIA_batch(
    marker: Markers,
    output_name: str = "cell_type_analysis_results.json",
    n_genes: int = 50,
    model: str | None = None,
    temperature: float | None = None,
    tissue: str = "lung",
    species: str = "human",
    additional_info: str | None = None,
    celltype_column: str | None = None,
    gene_column_name: str | None = None,
    max_workers: int = 10,
    provider: str = SEED_PROVIDER,
    max_retries: int = 1,
    ranking_method: RankingMethod = "avg_log2FC",
    ascending: bool | None = None,
    validator_involvement: ValidatorStrictness = "v1",
    reasoning: str | None = None,
    use_reference: bool = False,
    reference_model: str | None = None,
    reference_cell_type_hint: str | None = None,
    verbose: bool = True,
    validate_api_key_before_start: bool = True,
    auto_convert_ids: bool = True,
    proxy: str | None = None,
) -> AnnotatedRun:
    """Annotate every cluster of one marker table.

    Parameters
    ----------
    marker
        A table (or the path of one) in any of the shapes that `docs/guide/inputs.md` lists.
    output_name
        Files are written as `{output_name}_summary.csv`, `_conversations.json` and `_report.html`.
    n_genes
        Top marker genes per cluster shown to the agents.
    model, provider, temperature, reasoning
        Whom to ask. `provider` is "openrouter", "openai", "anthropic", "offline", or the address of an
        OpenAI-compatible server. The environment's `CASSIA_PROVIDER`, `CASSIA_BASE_URL` and `CASSIA_MODEL`
        overrule them for all calls of CASSIA's names.
    tissue, species, additional_info
        What the agents are told of the sample. `tissue="unknown"` lets them infer it.
    celltype_column, gene_column_name
        Columns of the cluster and the gene, when they are not found by themselves.
    max_workers, max_retries
        Requests in flight, and retries of a failed request.
    ranking_method, ascending
        Order of the genes: avg_log2FC, p_val_adj, pct_diff or Score.
    validator_involvement
        "v1" standard, "v0" strict.
    use_reference
        Give the annotator what the marker knowledge base holds on the types that a cluster leaves open.
    reference_model, reference_cell_type_hint, verbose, validate_api_key_before_start, auto_convert_ids, proxy
        Without effect: the reference is looked up without a model, keys are always checked before anything
        is paid, gene ids are always read, and a proxy is taken from the environment.

    Returns
    -------
    AnnotatedRun
        With `.summary` (a table) and `.run_dir`.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    MissingKeyError
        When the provider needs a key: see `set_api_key`.
    """
    asked = asked_model(provider, model, temperature, reasoning)
    params = labels_alone(
        asked,
        max_workers=max_workers,
        max_retries=max_retries,
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    run = run_markers(
        marker,
        output_name,
        params,
        tissue,
        species,
        additional_info,
        MarkerParams(n_genes=n_genes, ranking_method=ranking_method, ascending=ascending),
        celltype_column,
        gene_column_name,
    )
    return copied(run, output_name, ("_summary.csv", "_conversations.json", "_report.html"))


def runCASSIA_pipeline(
    output_file_name: str,
    tissue: str,
    species: str,
    marker: Markers,
    max_workers: int = 4,
    overall_provider: str = SEED_PROVIDER,
    annotation_model: str | None = None,
    annotation_provider: str | None = None,
    score_model: str | None = None,
    score_provider: str | None = None,
    annotationboost_model: str | None = None,
    annotationboost_provider: str | None = None,
    score_threshold: float = 75,
    additional_info: str = "None",
    max_retries: int = 1,
    merge_annotations: bool = True,
    merge_model: str | None = None,
    merge_provider: str | None = None,
    conversation_history_mode: str = "final",
    ranking_method: RankingMethod = "avg_log2FC",
    ascending: bool | None = None,
    report_style: str = "per_iteration",
    validator_involvement: ValidatorStrictness = "v1",
    output_dir: str | None = None,
    validate_api_keys_before_start: bool = True,
    auto_convert_ids: bool = True,
    n_genes: int = 50,
    overall_reasoning: str | None = None,
    annotation_reasoning: str | None = None,
    score_reasoning: str | None = None,
    annotationboost_reasoning: str | None = None,
    merge_reasoning: str | None = None,
    celltype_column: str | None = None,
    gene_column_name: str | None = None,
    temperature: float | None = None,
    use_reference: bool = False,
) -> AnnotatedRun:
    """Annotate, score, boost the low ones, merge and report.

    Writes `{output_file_name}_summary.csv`, `_full.csv`, `_scored.csv`, `_conversations.json` and
    `_report.html`.
    Parameters are those of `runCASSIA_batch`, with a model, a provider and a reasoning of its own for each
    stage, those of `overall_...` where none is named; clusters that score below `score_threshold` are
    boosted. `output_dir` is where the files go; `use_reference` shows the annotator what our knowledge base
    holds, as in `runCASSIA_batch`. `conversation_history_mode`, `report_style`,
    `validate_api_keys_before_start` and `auto_convert_ids` are without effect. Returns and raises as
    `runCASSIA_batch`.
    """

    def asked(provider: str | None, model: str | None, reasoning: str | None) -> AgentModel:
        return asked_model(provider or overall_provider, model, temperature, reasoning or overall_reasoning)

    target = str(Path(output_dir) / output_file_name) if output_dir else output_file_name
    params = AnnotationParams(
        annotator=asked(annotation_provider, annotation_model, annotation_reasoning),
        scorer=asked(score_provider, score_model, score_reasoning),
        booster=asked(annotationboost_provider, annotationboost_model, annotationboost_reasoning),
        merger=asked(merge_provider, merge_model, merge_reasoning),
        score_threshold=score_threshold,
        merge=merge_annotations,
        max_workers=max_workers,
        max_retries=max_retries,
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    run = run_markers(
        marker,
        target,
        params,
        tissue,
        species,
        None if additional_info == "None" else additional_info,
        MarkerParams(n_genes=n_genes, ranking_method=ranking_method, ascending=ascending),
        celltype_column,
        gene_column_name,
    )
    return copied(
        run, target, ("_summary.csv", "_full.csv", "_scored.csv", "_conversations.json", "_report.html")
    )


def runCASSIA(
    model: str | None = None,
    temperature: float | None = None,
    marker_list: Sequence[str] | None = None,
    tissue: str = "lung",
    species: str = "human",
    additional_info: str | None = None,
    provider: str = SEED_PROVIDER,
    validator_involvement: ValidatorStrictness = "v1",
    reasoning: str | None = None,
    use_reference: bool = False,
    reference_provider: str | None = None,
    reference_model: str | None = None,
    reference_cell_type_hint: str | None = None,
    verbose: bool = False,
    proxy: str | None = None,
) -> ClusterResult:
    """Annotate one list of marker genes, best first. Parameters are those of `runCASSIA_batch`.

    Returns
    -------
    ClusterResult
        With label, evidence, verdict and the whole conversation.
    """
    import pandas as pd

    genes = list(marker_list or ())
    check(len(genes) > 0, "marker_list", genes, "at least one gene symbol")
    table = pd.DataFrame({"cluster": ["1"], "marker_genes": [",".join(genes)]})
    params = labels_alone(
        asked_model(provider, model, temperature, reasoning),
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    run = run_markers(
        table,
        "marker_list",
        params,
        tissue,
        species,
        additional_info,
        MarkerParams(n_genes=len(genes)),
        None,
        None,
    )
    return run.clusters[0]
