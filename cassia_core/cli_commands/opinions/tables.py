"""`score`, `merge` and `parts`: work on a table alone, of this program or of CASSIA."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cassia_core.cli_commands.running import model_of
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import AnnotationParams, DatasetSpec, MarkerParams, RunConfig, check
from cassia_core.domain.opinions.request import MOST_TIMES
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.intake import intake
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.opinions import labelled_tables, part_answers, part_tables
from cassia_core.services.runs import runs
from cassia_core.services.runs.following import follow


def score(options: argparse.Namespace) -> int:
    """Write the table with a score and its reasons for every label."""
    source, target = _source(options), _target(options, "_scored")
    params = _params(options)
    report = None if options.no_report else target.with_name(f"{target.stem}_report.html")
    table = labelled_tables.scored_table(
        source, target, params, known_keys((params.annotator.provider,)), report=report
    )
    given = int(table[labelled_tables.SCORE].notna().sum())
    print(f"{given} of {len(table)} labels have a score: {target}")
    return 0 if given == len(table) else 2


def merge(options: argparse.Namespace) -> int:
    """Write the table with groups of labels."""
    source, target = _source(options), _target(options, "_merged")
    params = _params(options)
    _, notices = labelled_tables.merged_table(
        source,
        target,
        params,
        known_keys((params.annotator.provider,)),
        levels=tuple(options.detail),
        batch_size=options.batch_size,
        note=options.note,
    )
    for notice in notices:
        print(notice, file=sys.stderr)
    print(f"Groups: {target}")
    return 2 if notices else 0


def parts(options: argparse.Namespace) -> int:
    """Name the parts of a cluster, once or several times."""
    source, target = _source(options), _target(options, "_parts")
    check(1 <= options.times <= MOST_TIMES, "times", options.times, f"a whole number from 1 to {MOST_TIMES}")
    spec = DatasetSpec(
        name=intake.dataset_name(source),
        path=str(source),
        tissue=options.tissue,
        species=options.species.lower(),
        context=options.context,
        markers=MarkerParams(n_genes=options.n_genes),
    )
    params = _params(options)
    root = runs.folder()
    config = part_answers.parts_config(RunConfig(datasets=(spec,), annotation=params))
    keys = known_keys((params.annotator.provider,))
    run_id = runs.start_run(config, keys, root)
    view = follow(run_id, root, quiet=True)
    if view.state in ("failed", "interrupted"):
        print(view.error or " ".join(d.error for d in view.datasets if d.error), file=sys.stderr)
        return 1
    job = part_answers.ask_about_parts(run_id, options.of, params.annotator, options.times, keys, root)
    repetitions, agreed = part_answers.named_parts(run_id, job, options.times, root)
    for number, rows in enumerate(repetitions, start=1):
        named = target.with_suffix("")
        named = named.with_name(f"{named.name}_{number}") if options.times > 1 else named
        part_tables.write_parts(rows, named, page=True)
        print(f"{named}.csv")
    for opinion, row in zip(agreed, repetitions[0], strict=True):
        label = opinion.label or row.label
        print(f"{row.cluster}: {everyday_name(label) if label else row.reason}")
    return 0 if _all_named(repetitions) else 2


def _all_named(repetitions: tuple[tuple[ClusterResult, ...], ...]) -> bool:
    return all(row.label for rows in repetitions for row in rows)


def _source(options: argparse.Namespace) -> Path:
    source: Path = options.table.expanduser().resolve()
    runs.check_input(source)
    return source


def _target(options: argparse.Namespace, ending: str) -> Path:
    if options.output:
        given: Path = options.output.expanduser().resolve()
        return given
    source = _source(options)
    return source.with_name(f"{source.stem.removesuffix('_summary').removesuffix('_full')}{ending}.csv")


def _params(options: argparse.Namespace) -> AnnotationParams:
    return AnnotationParams(
        annotator=model_of(options), max_workers=options.max_workers, score=False, boost="off", merge=False
    )
