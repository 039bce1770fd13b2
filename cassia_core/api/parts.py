"""CASSIA's names for annotating the parts of one cluster, from a marker table of the parts.

All parts are asked about in one question, as the original does, so that each is named beside the others. Ids
are kept by key: a part that is missing from the answer is asked about once more, then failed with a reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cassia_core.api.calling import SEED_PROVIDER, Markers, asked_model, labels_alone, run_markers, stem_of
from cassia_core.api.repeating import RepeatedRun, check_times
from cassia_core.domain.config import NOBODY, UNKNOWN_TISSUE, AnnotationParams, MarkerParams, check
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.opinions import part_answers, part_tables

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
    answers = _asked(
        1,
        marker,
        major_cluster_info,
        output_name,
        _params(model, temperature, provider, use_reference=use_reference),
        n_genes,
        tissue,
        species,
        additional_context,
    )
    return part_tables.write_parts(answers.repetitions[0], stem_of(output_name), page=True)


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
    """Annotate the parts of one cluster `n` times, all parts in one question each time.

    Writes `{base_output_name}_{i}.csv` for i = 1 to n. Other parameters are those of `runCASSIA_subclusters`;
    `opinions` of what is returned say what the answers agree on.
    """
    check_times(n)
    answers = _asked(
        n,
        marker,
        major_cluster_info,
        base_output_name,
        _params(model, temperature, provider, use_reference=use_reference, max_workers=max_workers),
        n_genes,
        tissue,
        species,
        additional_context,
    )
    target = stem_of(base_output_name)
    tables = []
    for number, rows in enumerate(answers.repetitions, start=1):
        named = target.with_name(f"{target.name}_{number}")
        part_tables.write_parts(rows, named, page=False)
        tables.append(named.with_name(f"{named.name}.csv"))
    return replace(answers, tables=tuple(tables))


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
    """The same as `runCASSIA_subclusters`: more than 25 parts are divided over several questions by
    themselves, and missing ones are asked about again. `split_...`, `max_group_size`, `force_split` and
    `retry_missing` are without effect.
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


def _asked(
    n: int,
    marker: Markers,
    major_cluster_info: str,
    output_name: str,
    params: AnnotationParams,
    n_genes: int,
    tissue: str | None,
    species: str | None,
    context: str | None,
) -> RepeatedRun:
    """A run of the parts' table, in which nobody is asked, and the questions about all parts beside it."""
    check(bool(major_cluster_info.strip()), "major_cluster_info", major_cluster_info, "what the cells are")
    run = run_markers(
        marker,
        output_name,
        params,
        tissue or UNKNOWN_TISSUE,
        species or "human",
        context,
        MarkerParams(n_genes=n_genes),
        None,
        None,
        only_cluster=NOBODY[0],
    )
    run_id, root = run.run_dir.name, run.run_dir.parent
    keys = known_keys((params.annotator.provider,))
    job = part_answers.ask_about_parts(run_id, major_cluster_info, params.annotator, n, keys, root)
    repetitions, agreed = part_answers.named_parts(run_id, job, n, root)
    return RepeatedRun(run=run, repetitions=repetitions, opinions=agreed)
