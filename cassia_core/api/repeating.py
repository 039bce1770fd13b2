"""CASSIA's names for asking several times, and for how far the answers agree.

Agreement is counted through the Cell Ontology, never by a model, so `model`, `provider` and `temperature` of
the functions that only compare are without effect.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cassia_core.api.calling import SEED_PROVIDER, Markers, asked_model, labels_alone, run_markers, stem_of
from cassia_core.api.verbs import AnnotatedRun, stored_source
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import MarkerParams, ValidatorStrictness, check
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import MOST_TIMES, OpinionRequest
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.opinions import opinions, repeats, similarity_tables
from cassia_core.services.opinions.opinions import ALL
from cassia_core.services.runs import runs

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRun:
    """A run whose clusters were asked about several times.

    `repetitions` holds the results of all clusters for each repetition, the run's own first; `tables` are the
    files written for them; `opinions` are what the answers agree on, a consensus per cluster (none where the
    question was put once).
    """

    run: AnnotatedRun
    repetitions: tuple[tuple[ClusterResult, ...], ...]
    tables: tuple[Path, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    agreement: pd.DataFrame | None = None
    """A row per cluster with similarity and consensus, where they were asked for."""

    @property
    def summaries(self) -> tuple[pd.DataFrame, ...]:
        """The table of each repetition."""
        return tuple(similarity_tables.read_table(path) for path in self.tables)


def runCASSIA_batch_n_times(
    n: int,
    marker: Markers,
    output_name: str = "cell_type_analysis_results",
    model: str | None = None,
    temperature: float | None = None,
    tissue: str = "lung",
    species: str = "human",
    additional_info: str | None = None,
    celltype_column: str | None = None,
    gene_column_name: str | None = None,
    max_workers: int = 10,
    batch_max_workers: int = 5,
    provider: str = SEED_PROVIDER,
    max_retries: int = 1,
    validator_involvement: ValidatorStrictness = "v1",
) -> RepeatedRun:
    """Annotate every cluster of one marker table `n` times.

    Writes `{output_name}_{i}_summary.csv` and `_conversations.json` for i = 1 to n; every cluster is a row of
    each table, one without an answer with the status "failed" and the reason. The offline engine always gives
    the same answer: it is asked once, and the tables are alike.

    Parameters
    ----------
    n
        Answers for each cluster.
    max_workers, batch_max_workers
        Requests at a time; the smaller of `max_workers` times `batch_max_workers` and 256 are under way.

    Other parameters are those of `runCASSIA_batch`.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    """
    check_times(n)
    params = labels_alone(
        asked_model(provider, model, temperature, None),
        max_workers=min(256, max_workers * batch_max_workers),
        max_retries=max_retries,
        validator_involvement=validator_involvement,
    )
    run = run_markers(
        marker,
        output_name,
        params,
        tissue,
        species,
        additional_info,
        MarkerParams(),
        celltype_column,
        gene_column_name,
    )
    return repeated(run, n, stem_of(output_name))


def runCASSIA_n_times(
    n: int,
    tissue: str,
    species: str,
    additional_info: str | None,
    temperature: float | None,
    marker_list: Sequence[str],
    model: str | None,
    max_workers: int = 10,
    provider: str = SEED_PROVIDER,
    validator_involvement: ValidatorStrictness = "v1",
    use_reference: bool = False,
) -> RepeatedRun:
    """Annotate one list of marker genes `n` times. Parameters are those of `runCASSIA`; writes no tables."""
    import pandas as pd

    check_times(n)
    genes = list(marker_list)
    check(len(genes) > 0, "marker_list", genes, "at least one gene symbol")
    params = labels_alone(
        asked_model(provider, model, temperature, None),
        max_workers=max_workers,
        validator_involvement=validator_involvement,
        use_reference=use_reference,
    )
    table = pd.DataFrame({"cluster": ["1"], "marker_genes": [",".join(genes)]})
    markers = MarkerParams(n_genes=len(genes))
    run = run_markers(table, "marker_list", params, tissue, species, additional_info, markers, None, None)
    return repeated(run, n, None)


def runCASSIA_n_times_similarity_score(
    tissue: str,
    species: str,
    additional_info: str | None,
    temperature: float | None,
    marker_list: Sequence[str],
    model: str | None = None,
    max_workers: int = 10,
    n: int = 3,
    provider: str = SEED_PROVIDER,
    main_weight: float = 0.5,
    sub_weight: float = 0.5,
    validator_involvement: ValidatorStrictness = "v1",
    use_reference: bool = False,
    generate_report: bool = True,
    report_output_path: str | os.PathLike | None = None,
) -> RepeatedRun:
    """Annotate one list of marker genes `n` times and say how far the answers agree: `agreement` of what is
    returned has one row, and with `generate_report` a page of it is written to `report_output_path`
    (`n_times_similarity_report.html` where none is given).
    """
    answers = runCASSIA_n_times(
        n,
        tissue,
        species,
        additional_info,
        temperature,
        marker_list,
        model,
        max_workers,
        provider,
        validator_involvement,
        use_reference,
    )
    table = similarity_tables.agreement_of_rows(
        answers.repetitions, main_weight=main_weight, sub_weight=sub_weight
    )
    if generate_report:
        target = Path(report_output_path or "n_times_similarity_report.html").expanduser().resolve()
        similarity_tables.write_page(target, table)
    return replace(answers, agreement=table)


def runCASSIA_similarity_score_batch(
    marker: Markers,
    file_pattern: str,
    output_name: str,
    celltype_column: str | None = None,
    max_workers: int = 10,
    model: str | None = None,
    provider: str = SEED_PROVIDER,
    main_weight: float = 0.5,
    sub_weight: float = 0.5,
    temperature: float | None = None,
    generate_report: bool = True,
    report_output_path: str | os.PathLike | None = None,
) -> pd.DataFrame:
    """How far several tables of the same clusters agree, joined by cluster id.

    Parameters
    ----------
    marker
        The marker table that was annotated: each of its clusters is a row of the result, also one that no
        table answers.
    file_pattern
        The tables, such as "results_*_summary.csv".
    output_name
        `{output_name}.csv` is written, and with `generate_report` `{output_name}_report.html` or
        `report_output_path`.
    celltype_column
        Column of `marker` with the clusters, when it is not found by itself.
    main_weight, sub_weight
        Weights of general type and subtype in the similarity score.
    max_workers, model, provider, temperature
        Without effect: no model is asked.

    Returns
    -------
    pandas.DataFrame
        A row per cluster; columns as `services.opinions.similarity_tables.agreement_table` says.
    """
    source, _ = stored_source(marker, None)
    target = stem_of(output_name)
    report = (
        Path(report_output_path) if report_output_path else target.with_name(f"{target.name}_report.html")
    )
    return similarity_tables.write_agreement(
        file_pattern,
        target.with_name(f"{target.name}.csv"),
        clusters=similarity_tables.clusters_of(source, celltype_column),
        main_weight=main_weight,
        sub_weight=sub_weight,
        report=report if generate_report else None,
    )


def check_times(n: int) -> None:
    """Refuse a number of answers that cannot be asked for. Raises `ConfigError`."""
    check(1 <= n <= MOST_TIMES, "n", n, f"a whole number from 1 to {MOST_TIMES}")


def repeated(run: AnnotatedRun, n: int, target: Path | None) -> RepeatedRun:
    """Ask again until there are `n` answers, and write the tables to `target` if given."""
    run_id, root, dataset = run.run_dir.name, run.run_dir.parent, run.datasets[0]
    config = runs.load_config(run_id, root)
    job = ""
    answers: tuple[Opinion, ...] = ()
    if n > 1 and any(row.status != "skipped" for row in run.clusters):
        workers = config.annotation.max_workers if config.annotation else 6
        request = OpinionRequest(
            dataset=dataset, clusters=(ALL,), times=n, stop_early=False, max_workers=workers
        )
        job = opinions.start(run_id, request, known_keys(config.providers()), root)
        opinions.wait_for(run_id, job, root)
        answers = tuple(o for o in opinions.list_opinions(run_id, dataset, root=root) if o.job == job)
    tables = repeats.write_repeats(run_id, dataset, job, n, target, root) if target else ()
    rows = repeats.repeated_rows(run_id, dataset, job, n, root)
    return RepeatedRun(run=run, repetitions=rows, tables=tables, opinions=answers)
