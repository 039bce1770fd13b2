"""CASSIA's names for annotating the parts of one cluster, from a marker table of the parts.

Each part is asked about by itself, by annotator and validator, and told what all parts are parts of: so there
is no limit to their number, and ids are kept by key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cassia_core.api.calling import SEED_PROVIDER, Markers, asked_model, labels_alone, run_markers, stem_of
from cassia_core.api.repeating import RepeatedRun, check_times, repeated
from cassia_core.api.verbs import AnnotatedRun
from cassia_core.domain.config import UNKNOWN_TISSUE, AnnotationParams, MarkerParams, check
from cassia_core.services.opinions import part_tables

if TYPE_CHECKING:
    import pandas as pd


def runCASSIA_subclusters(
    marker: Markers,
    major_cluster_info: str,
    output_name: str,
    model: str | None = None,
    temperature: float | None = None,
    provider: str = SEED_PROVIDER,
    n_genes: int = 50,
    tissue: str | None = None,
    species: str | None = None,
    additional_context: str | None = None,
    use_reference: bool = False,
    reference_provider: str | None = None,
    reference_model: str | None = None,
    reference_cell_type_hint: str | None = None,
    reference_depth: str = "detailed",
    reference_max_content_length: int = 5000,
    reference_max_context_length: int = 12000,
) -> pd.DataFrame:
    """Annotate the parts of one cluster.

    Writes `{output_name}.csv` and `{output_name}.html`.

    Parameters
    ----------
    marker
        A marker table of the parts, in any of the shapes that `docs/guide/inputs.md` lists.
    major_cluster_info
        What the cells of all parts are, told to the agents.
    n_genes
        Top marker genes per part shown to the agents.
    tissue, species, additional_context
        What else is known of the sample; human where no species is named.
    use_reference
        Give the annotator what the marker knowledge base holds. The other `reference_...` are without effect:
        no model is asked for it.

    Returns
    -------
    pandas.DataFrame
        `Result ID` (the part's own id), `main_cell_type`, `sub_cell_type`, `key_markers`, `reason`; every
        part of the table is a row.
    """
    run = _run(
        marker,
        major_cluster_info,
        output_name,
        _params(model, temperature, provider, use_reference=use_reference),
        n_genes,
        tissue,
        species,
        additional_context,
    )
    return part_tables.write_parts(run.clusters, stem_of(output_name), page=True)


def runCASSIA_n_subcluster(
    n: int,
    marker: Markers,
    major_cluster_info: str,
    base_output_name: str,
    model: str | None = None,
    temperature: float | None = None,
    provider: str = SEED_PROVIDER,
    max_workers: int = 5,
    n_genes: int = 50,
    tissue: str | None = None,
    species: str | None = None,
    additional_context: str | None = None,
    use_reference: bool = False,
    reference_provider: str | None = None,
    reference_model: str | None = None,
    reference_cell_type_hint: str | None = None,
    reference_depth: str = "detailed",
    reference_max_content_length: int = 5000,
    reference_max_context_length: int = 12000,
) -> RepeatedRun:
    """Annotate the parts of one cluster `n` times.

    Writes `{base_output_name}_{i}.csv` for i = 1 to n. Other parameters are those of `runCASSIA_subclusters`;
    `opinions` of what is returned say what the answers agree on.
    """
    check_times(n)
    run = _run(
        marker,
        major_cluster_info,
        base_output_name,
        _params(model, temperature, provider, use_reference=use_reference, max_workers=max_workers),
        n_genes,
        tissue,
        species,
        additional_context,
    )
    answers = repeated(run, n, None)
    target = stem_of(base_output_name)
    for number, rows in enumerate(answers.repetitions, start=1):
        part_tables.write_parts(rows, target.with_name(f"{target.name}_{number}"), page=False)
    return answers


def runCASSIA_subclusters_auto_split(
    marker: Markers,
    major_cluster_info: str,
    output_name: str,
    *,
    model: str | None = None,
    temperature: float | None = None,
    provider: str = SEED_PROVIDER,
    n_genes: int = 50,
    tissue: str | None = None,
    species: str | None = None,
    additional_context: str | None = None,
    use_reference: bool = True,
    reference_provider: str | None = None,
    reference_model: str | None = None,
    reference_cell_type_hint: str | None = None,
    reference_depth: str = "detailed",
    reference_max_content_length: int = 5000,
    reference_max_context_length: int = 12000,
    split_provider: str | None = None,
    split_model: str | None = None,
    split_temperature: float = 0,
    max_group_size: int | None = None,
    force_split: bool = True,
    retry_missing: bool = True,
) -> pd.DataFrame:
    """The same as `runCASSIA_subclusters`: parts are asked about one by one here, none need be divided
    into groups first. `split_...`, `max_group_size`, `force_split` and `retry_missing` are without effect.
    """
    return runCASSIA_subclusters(
        marker,
        major_cluster_info,
        output_name,
        model,
        temperature,
        provider,
        n_genes,
        tissue,
        species,
        additional_context,
        use_reference,
    )


def _params(
    model: str | None, temperature: float | None, provider: str, *, use_reference: bool, max_workers: int = 5
) -> AnnotationParams:
    return labels_alone(
        asked_model(provider, model, temperature, None), max_workers=max_workers, use_reference=use_reference
    )


def _run(
    marker: Markers,
    major_cluster_info: str,
    output_name: str,
    params: AnnotationParams,
    n_genes: int,
    tissue: str | None,
    species: str | None,
    context: str | None,
) -> AnnotatedRun:
    check(bool(major_cluster_info.strip()), "major_cluster_info", major_cluster_info, "what the cells are")
    whole = (
        f"These clusters are the parts of one larger cluster: {major_cluster_info.strip()}. {context or ''}"
    )
    return run_markers(
        marker,
        output_name,
        params,
        tissue or UNKNOWN_TISSUE,
        species or "human",
        whole.strip(),
        MarkerParams(n_genes=n_genes),
        None,
        None,
    )
