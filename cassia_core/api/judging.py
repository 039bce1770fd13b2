"""CASSIA's names for scoring and grouping the labels of a table that stands alone."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cassia_core.api.calling import SEED_PROVIDER, asked_model, stem_of
from cassia_core.domain.config import AnnotationParams
from cassia_core.services.engine.keys import known_keys, set_key
from cassia_core.services.intake.labels_onto_cells import read_table
from cassia_core.services.opinions import labelled_tables
from cassia_core.services.runs.runs import check_input

if TYPE_CHECKING:
    import pandas as pd


def runCASSIA_score_batch(
    input_file: str | os.PathLike,
    output_file: str | os.PathLike | None = None,
    max_workers: int = 4,
    model: str | None = None,
    temperature: float | None = None,
    provider: str = SEED_PROVIDER,
    max_retries: int = 1,
    generate_report: bool = True,
    conversations_json_path: str | os.PathLike | None = None,
    reasoning: str | None = None,
) -> pd.DataFrame:
    """Score the labels of a table of this program or of the original.

    Parameters
    ----------
    input_file
        A table with cluster, cell types and marker genes, such as a `_summary.csv` or a `_full.csv`.
    output_file
        Where the table with `Score` (0 to 100) and `Scoring_Reasoning` goes; `{input}_scored.csv` when None.
        A label without a score has an empty one and the reason.
    generate_report
        Write a page of the table beside it.
    conversations_json_path
        Without effect: labels are scored from their genes, not from what was said before.

    Raises
    ------
    InputError, ConfigError, MissingKeyError
        When the table, a value or a key is not as needed.
    """
    source = Path(input_file).expanduser().resolve()
    check_input(source)
    plain = source.name.removesuffix(".csv").removesuffix("_summary").removesuffix("_full")
    target = (
        Path(output_file).expanduser().resolve() if output_file else source.with_name(f"{plain}_scored.csv")
    )
    scorer = asked_model(provider, model, temperature, reasoning)
    params = AnnotationParams(annotator=scorer, max_workers=max_workers, max_retries=max_retries)
    report = target.with_name(f"{target.stem}_report.html") if generate_report else None
    return labelled_tables.scored_table(source, target, params, known_keys((scorer.provider,)), report=report)


def runCASSIA_generate_score_report(
    csv_path: str | os.PathLike, index_name: str = "CASSIA_reports_summary"
) -> Path:
    """Write a page of a table with scores, `{index_name}.html` beside it; gives its path."""
    source = Path(csv_path).expanduser().resolve()
    check_input(source)
    target = source.with_name(f"{stem_of(index_name).name}.html")
    labelled_tables.write_report_of(read_table(source), target)
    return target


def merge_annotations(
    csv_path: str | os.PathLike,
    output_path: str | os.PathLike | None = None,
    provider: str = SEED_PROVIDER,
    model: str | None = None,
    temperature: float | None = None,
    api_key: str | None = None,
    additional_context: str | None = None,
    batch_size: int = 20,
    detail_level: str = "broad",
    reasoning: str | None = None,
) -> pd.DataFrame:
    """Group the labels of a table at one level of detail.

    Parameters
    ----------
    csv_path, output_path
        A table of this program or of the original; the result is written only where `output_path` says.
    api_key
        Key for `provider`, kept in memory only.
    additional_context
        What else is known of the sample, told to the model.
    batch_size
        Clusters asked about at a time.
    detail_level
        "broad", "detailed" or "very_detailed": column `Merged_Grouping_1`, `_2` or `_3`.

    Returns
    -------
    pandas.DataFrame
        The table with the column, joined by cluster id; empty where no group was given.
    """
    return _merged(
        (detail_level,),
        csv_path,
        output_path,
        provider,
        model,
        temperature,
        api_key,
        additional_context,
        batch_size,
        reasoning,
    )


def merge_annotations_all(
    csv_path: str | os.PathLike,
    output_path: str | os.PathLike | None = None,
    provider: str = SEED_PROVIDER,
    model: str | None = None,
    temperature: float | None = None,
    api_key: str | None = None,
    additional_context: str | None = None,
    batch_size: int = 20,
    reasoning: str | None = None,
) -> pd.DataFrame:
    """Group the labels of a table at all three levels; the rest as `merge_annotations`."""
    return _merged(
        tuple(labelled_tables.GROUPINGS),
        csv_path,
        output_path,
        provider,
        model,
        temperature,
        api_key,
        additional_context,
        batch_size,
        reasoning,
    )


def _merged(
    levels: tuple[str, ...],
    csv_path: str | os.PathLike,
    output_path: str | os.PathLike | None,
    provider: str,
    model: str | None,
    temperature: float | None,
    api_key: str | None,
    context: str | None,
    batch_size: int,
    reasoning: str | None,
) -> pd.DataFrame:
    source = Path(csv_path).expanduser().resolve()
    check_input(source)
    merger = asked_model(provider, model, temperature, reasoning)
    if api_key:
        set_key(api_key, merger.provider)
    params = replace(AnnotationParams(), annotator=merger)
    target = Path(output_path).expanduser().resolve() if output_path else None
    keys = known_keys((merger.provider,))
    table, notices = labelled_tables.merged_table(
        source, target, params, keys, levels=levels, batch_size=batch_size, note=context or ""
    )
    for notice in notices:
        warnings.warn(notice, stacklevel=3)
    return table
