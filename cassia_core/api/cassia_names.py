"""CASSIA's own function names (Xie et al., 2025), on top of our verbs.

They write the files that CASSIA's own documentation names, next to `output_name`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cassia_core.api.verbs import AnnotatedRun, annotate_batch, no_file, stored_source
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import (
    OFFLINE,
    AgentModel,
    AnnotationParams,
    DatasetSpec,
    MarkerParams,
    ReadOptions,
    RunConfig,
    TableColumns,
    ValidatorStrictness,
    check,
)
from cassia_core.domain.markers import RankingMethod
from cassia_core.errors import CassiaError
from cassia_core.services.engine.keys import set_key
from cassia_core.services.engine.models import default_model
from cassia_core.services.intake import examples, labels_onto_cells
from cassia_core.services.runs import runs

if TYPE_CHECKING:
    import anndata as ad
    import pandas as pd

    Markers: TypeAlias = pd.DataFrame | str | os.PathLike
else:
    Markers = "pd.DataFrame | str | os.PathLike"
SEED_MODEL, SEED_PROVIDER = "google/gemini-2.5-flash", "openrouter"
"""What these functions ask when they are told nothing else."""
PROVIDER_VARIABLE, URL_VARIABLE, MODEL_VARIABLE = "CASSIA_PROVIDER", "CASSIA_BASE_URL", "CASSIA_MODEL"


def set_api_key(key: str, provider: str = SEED_PROVIDER) -> None:
    """Use `key` for `provider` in this Python process. It is kept in memory only."""
    set_key(key, provider)


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


def runCASSIA_batch(
    marker: Markers,
    output_name: str = "cell_type_analysis_results",
    n_genes: int = 50,
    model: str = SEED_MODEL,
    temperature: float | None = 0,
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
    asked = _model(provider, model, temperature, reasoning)
    params = AnnotationParams(
        annotator=asked,
        score=False,
        boost="off",
        merge=False,
        max_workers=max_workers,
        max_retries=max_retries,
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    run = _run_markers(
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
    return _copied(run, output_name, ("_summary.csv", "_conversations.json", "_report.html"))


def runCASSIA_pipeline(
    output_file_name: str,
    tissue: str,
    species: str,
    marker: Markers,
    max_workers: int = 4,
    annotation_model: str = SEED_MODEL,
    annotation_provider: str = SEED_PROVIDER,
    score_model: str = SEED_MODEL,
    score_provider: str = SEED_PROVIDER,
    annotationboost_model: str = SEED_MODEL,
    annotationboost_provider: str = SEED_PROVIDER,
    score_threshold: float = 75,
    additional_info: str | None = None,
    max_retries: int = 1,
    merge_annotations: bool = True,
    merge_model: str = SEED_MODEL,
    merge_provider: str = SEED_PROVIDER,
    ranking_method: RankingMethod = "avg_log2FC",
    ascending: bool | None = None,
    n_genes: int = 50,
    celltype_column: str | None = None,
    gene_column_name: str | None = None,
    validator_involvement: ValidatorStrictness = "v1",
    reasoning: str | None = None,
    temperature: float | None = None,
) -> AnnotatedRun:
    """Annotate, score, boost the low ones, merge and report.

    Writes `{output_file_name}_summary.csv`, `_full.csv`, `_scored.csv`, `_conversations.json` and
    `_report.html`.
    Parameters are those of `runCASSIA_batch`, with a model of its own for each stage; clusters that score
    below
    `score_threshold` are boosted. Returns and raises as `runCASSIA_batch`.
    """
    params = AnnotationParams(
        annotator=_model(annotation_provider, annotation_model, temperature, reasoning),
        scorer=_model(score_provider, score_model, temperature, None),
        booster=_model(annotationboost_provider, annotationboost_model, temperature, None),
        merger=_model(merge_provider, merge_model, temperature, None),
        score_threshold=score_threshold,
        merge=merge_annotations,
        max_workers=max_workers,
        max_retries=max_retries,
        validator_involvement=validator_involvement,
    )
    run = _run_markers(
        marker,
        output_file_name,
        params,
        tissue,
        species,
        additional_info,
        MarkerParams(n_genes=n_genes, ranking_method=ranking_method, ascending=ascending),
        celltype_column,
        gene_column_name,
    )
    return _copied(
        run,
        output_file_name,
        ("_summary.csv", "_full.csv", "_scored.csv", "_conversations.json", "_report.html"),
    )


def runCASSIA(
    model: str = SEED_MODEL,
    temperature: float | None = 0,
    marker_list: Sequence[str] = (),
    tissue: str = "lung",
    species: str = "human",
    additional_info: str | None = None,
    provider: str = SEED_PROVIDER,
    validator_involvement: ValidatorStrictness = "v1",
    reasoning: str | None = None,
    use_reference: bool = False,
) -> ClusterResult:
    """Annotate one list of marker genes, best first. Parameters are those of `runCASSIA_batch`.

    Returns
    -------
    ClusterResult
        With label, evidence, verdict and the whole conversation.
    """
    import pandas as pd

    check(len(marker_list) > 0, "marker_list", list(marker_list), "at least one gene symbol")
    table = pd.DataFrame({"cluster": ["1"], "marker_genes": [",".join(marker_list)]})
    params = AnnotationParams(
        annotator=_model(provider, model, temperature, reasoning),
        score=False,
        boost="off",
        merge=False,
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    run = _run_markers(
        table,
        "marker_list",
        params,
        tissue,
        species,
        additional_info,
        MarkerParams(n_genes=len(marker_list)),
        None,
        None,
    )
    return run.clusters[0]


def runCASSIA_annotationboost(
    full_result_path: str | os.PathLike,
    marker: Markers,
    cluster_name: str,
    major_cluster_info: str = "",
    output_name: str = "boost",
    num_iterations: int = 5,
    model: str = SEED_MODEL,
    provider: str = SEED_PROVIDER,
    temperature: float | None = 0,
    search_strategy: Literal["breadth", "depth"] = "breadth",
    reasoning: str | None = None,
) -> ClusterResult:
    """Look again at one cluster, with genes measured in that very cluster.

    Parameters
    ----------
    full_result_path
        The `_full.csv` of the run that labelled it; tissue and species are read from its `_summary.csv`.
    marker
        The marker table of that run.
    cluster_name
        Exact id of the cluster.
    major_cluster_info
        What is known of the sample, told to the agents.
    num_iterations
        Most rounds of asking for genes.
    search_strategy
        "breadth" tests several hypotheses at once, "depth" follows one.

    Returns
    -------
    ClusterResult
        `boost` holds the labels before and after, and what was measured. Also written as
        `{output_name}_conversations.json` and `_report.html`.
    """
    tissue, species = _sample_of(Path(full_result_path))
    params = AnnotationParams(
        annotator=_model(provider, model, temperature, reasoning),
        merge=False,
        boost="selective",
        score_threshold=100,
        boost_rounds=num_iterations,
        boost_strategy=search_strategy,
    )
    run = _run_markers(
        marker,
        output_name,
        params,
        tissue,
        species,
        major_cluster_info,
        MarkerParams(),
        None,
        None,
        only_cluster=str(cluster_name),
    )
    _copied(run, output_name, ("_conversations.json", "_report.html"))
    found = next((row for row in run.clusters if row.cluster == str(cluster_name)), None)
    if found is None:
        raise CassiaError(
            f"The marker table has no cluster {cluster_name}.",
            "Cluster names are matched exactly.",
            "Use one of: " + ", ".join(row.cluster for row in run.clusters) + ".",
        )
    return found


def add_cassia_to_anndata(
    adata: ad.AnnData, results: AnnotatedRun | pd.DataFrame, cluster_col: str
) -> ad.AnnData:
    """Write labels onto cells by exact cluster id.

    Parameters
    ----------
    adata
        Cells; only `obs` is changed.
    results
        A finished run, or the table of a `_scored.csv`.
    cluster_col
        Column of `adata.obs` with the cluster ids that were annotated.

    Returns
    -------
    AnnData
        `adata` itself, with `obs["CASSIA_celltype_1"]` to `_3`, `obs["CASSIA_merged_grouping_1"]` to `_3` and
        `obs["CASSIA_score"]`. Cells whose cluster has no label get a missing value.
    """
    table = results.scored if isinstance(results, AnnotatedRun) else results
    return labels_onto_cells.join_scored(adata, table, cluster_col)


def _model(provider: str, model: str, temperature: float | None, reasoning: str | None) -> AgentModel:
    """The model asked for, unless the environment names another for all."""
    forced = os.environ.get(PROVIDER_VARIABLE)
    if forced:
        provider = forced
        model = os.environ.get(MODEL_VARIABLE) or (default_model(OFFLINE) if forced == OFFLINE else model)
    if provider == OFFLINE:
        return AgentModel()
    base_url = os.environ.get(URL_VARIABLE) if forced else None
    if provider.lower().startswith(("http://", "https://")):
        provider, base_url = "custom", provider
    said: dict[str, Any] = {"reasoning": reasoning}  # checked by `AgentModel`, whatever a caller gives
    return AgentModel(provider=provider, model=model, base_url=base_url, temperature=temperature, **said)


def _run_markers(
    marker: Any,
    output_name: str,
    params: AnnotationParams,
    tissue: str,
    species: str,
    context: str | None,
    markers: MarkerParams,
    cluster_column: str | None,
    gene_column: str | None,
    only_cluster: str | None = None,
) -> AnnotatedRun:
    source, name = stored_source(marker, Path(output_name).name)
    columns = (
        TableColumns(cluster=cluster_column, gene=gene_column) if cluster_column or gene_column else None
    )
    spec = DatasetSpec(
        name=name,
        path=str(source),
        tissue=tissue,
        species=species.lower(),
        context=context or "",
        markers=markers,
        read=ReadOptions(columns=columns),
    )
    if only_cluster is not None:
        spec = replace(spec, only_clusters=(only_cluster,))
    return annotate_batch(RunConfig(datasets=(spec,), annotation=params))


def _copied(run: AnnotatedRun, output_name: str, endings: tuple[str, ...]) -> AnnotatedRun:
    """Put copies of the run's files where CASSIA's documentation says they are."""
    target = Path(output_name).expanduser().resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    files = run.files()
    for ending in endings:
        if ending not in files:
            raise no_file(run.run_dir, ending)
        shutil.copyfile(files[ending], target.with_name(target.name + ending))
    return run


def _sample_of(full_csv: Path) -> tuple[str, str]:
    """Tissue and species of the run that wrote `full_csv`, from the summary beside it."""
    import pandas as pd

    runs.check_input(full_csv)
    summary = full_csv.with_name(full_csv.name.replace("_full.csv", "_summary.csv"))
    runs.check_input(summary)
    first = pd.read_csv(summary, nrows=1)
    return str(first["Tissue"].iloc[0]), str(first["Species"].iloc[0])
