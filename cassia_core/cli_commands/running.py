"""Commands that start, resume and list runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from cassia_core.cli_commands.clustering_options import clustering_of, markers_of, quality_of
from cassia_core.cli_commands.reading_options import reading_of
from cassia_core.domain.config import (
    AgentModel,
    AnnotationParams,
    DatasetSpec,
    QCParams,
    ReadOptions,
    RunConfig,
    check,
)
from cassia_core.errors import ConfigError, InputError
from cassia_core.services.batches import failures
from cassia_core.services.batches.folders import inputs_by_tissue, inputs_in, is_dataset_folder
from cassia_core.services.batches.manifest_rows import OPTIONAL, ManifestRow
from cassia_core.services.batches.manifests import is_manifest, read_manifest
from cassia_core.services.batches.row_specs import with_exceptions
from cassia_core.services.clusters.inside import split_by_kinds
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.engine.models import default_model
from cassia_core.services.intake import intake, memory
from cassia_core.services.runs import runs
from cassia_core.services.runs.following import follow
from cassia_core.services.side_jobs import cell_quality

EXIT_OF_STATE = {"success": 0, "failed": 1}


def annotate(options: argparse.Namespace) -> int:
    """`annotate INPUT --tissue T --species S`."""
    runs.check_input(options.input)
    dataset = _dataset(options, options.input)
    _say_memory(dataset)
    return _run(
        RunConfig(
            datasets=(dataset,),
            annotation=annotation_of(options),
            output_dir=_output_dir(options),
            replay_from=_replay(options),
        ),
        options,
    )


def cluster(options: argparse.Namespace) -> int:
    """`cluster INPUT`: no agents."""
    runs.check_input(options.input)
    dataset = _dataset(options, options.input)
    _say_memory(dataset)
    return _run(RunConfig(datasets=(dataset,), annotation=None, output_dir=_output_dir(options)), options)


def batch(options: argparse.Namespace) -> int:
    """`batch MANIFEST.csv`, or `batch FILE ... --tissue T`."""
    datasets = tuple(spec for path in options.inputs for spec in _datasets_of(options, path))
    return _run(
        RunConfig(
            datasets=datasets,
            annotation=annotation_of(options),
            output_dir=_output_dir(options),
            replay_from=_replay(options),
            side_by_side=options.side_by_side,
            scheduler=options.scheduler,
        ),
        options,
    )


def resume(options: argparse.Namespace) -> int:
    """`resume RUN_DIR`."""
    folder = options.run_dir.resolve()
    config = runs.load_config(folder.name, folder.parent)
    keys, run_id = known_keys(config.providers()), folder.name
    if options.max_cost is not None or options.max_tokens is not None:
        run_id = runs.raise_limit(
            run_id,
            max_cost_usd=options.max_cost,
            max_tokens_total=options.max_tokens,
            keys=keys,
            root=folder.parent,
        )
    else:
        runs.resume_run(run_id, keys, folder.parent, datasets=_taken_up(options, folder))
    return finish(run_id, folder.parent, quiet=options.quiet)


def _taken_up(options: argparse.Namespace, folder: Path) -> Sequence[str]:
    """The datasets that are named, or those that failed; none where all are meant.

    Raises
    ------
    RunError
        Failed ones are asked for, and there are none.
    """
    if not options.failed:
        return options.datasets
    return [*options.datasets, *failures.to_retry(folder.name, folder.parent)]


def list_runs(options: argparse.Namespace) -> int:
    """`runs`: a line each, newest first."""
    folder = runs.folder(_output_dir(options))
    listed = runs.list_runs(folder)
    for run in listed:
        if run.problem:
            print(f"{run.run_id}  cannot be read: {run.problem}")
            continue
        cost = "cost unknown" if run.cost_usd is None else f"${run.cost_usd:.4f}"
        print(
            f"{run.run_id}  {run.state:11s}  {run.labelled_clusters} of {run.n_clusters} "
            f"clusters have a label  "
            f"{run.provider}  {run.total_tokens:,} tokens  {cost}  {', '.join(run.datasets)}"
        )
    if not listed:
        print(f"No runs in {folder} yet.")
    return 0


def annotation_of(options: argparse.Namespace) -> AnnotationParams:
    """The agents' settings from command line options."""
    return AnnotationParams(
        annotator=model_of(options),
        max_workers=options.max_workers,
        first_word_timeout_s=options.first_word_timeout,
        silence_timeout_s=options.silence_timeout,
        score_threshold=options.score_threshold,
        boost=options.boost,
        validator_involvement=options.validator,
        score=not options.no_score,
        merge=not options.no_merge,
        blind=options.blind,
        use_reference=options.use_reference,
        max_cost_usd=options.max_cost,
        max_tokens_total=options.max_tokens,
    )


def model_of(options: argparse.Namespace) -> AgentModel:
    """Provider, model and address from command line options."""
    provider = "custom" if options.base_url and options.provider == "offline" else options.provider
    return AgentModel(
        provider=provider,
        model=options.model or default_model(provider),
        base_url=options.base_url,
        **prices_typed(options.prices),
    )


def prices_typed(prices: Sequence[float] | None) -> dict[str, Any]:
    """Fields of `AgentModel` for prices typed as a list: sent, written, and read from the cache."""
    check(prices is None or len(prices) in (2, 3), "prices", prices, "two or three numbers")
    return dict(zip(("input_usd", "output_usd", "cached_usd"), prices or (), strict=False))


def _dataset(
    options: argparse.Namespace, path: Path, answers: Mapping[str, str] | None = None, **said: str
) -> DatasetSpec:
    """One dataset: what its row of a manifest or its folder says, else what is said of all."""
    own = argparse.Namespace(**vars(options))
    own.sample_column = said.pop("sample_column", "") or options.sample_column
    column = said.pop("cluster_column", "") or options.cluster_column
    read = reading_of(options, path, answers)
    of_all = {
        "name": intake.dataset_name(path),
        "tissue": options.tissue,
        "species": options.species,
        "context": options.context,
    }
    return DatasetSpec(
        path=str(path.expanduser().resolve()),
        qc=_quality(own, path, read),
        clustering=clustering_of(own, column),
        markers=markers_of(own),
        read=read,
        **of_all | {name: value for name, value in said.items() if value},
    )


def _quality(options: argparse.Namespace, path: Path, read: ReadOptions) -> QCParams:
    """The limits given, over those suggested by the cells of `path` where this is asked for."""
    if not options.suggest_qc or not path.exists():  # a missing file is reported by its run
        return quality_of(options)
    try:
        metrics = cell_quality.quality_metrics(path, read)
    except InputError as error:
        if not hasattr(options, "inputs"):
            raise
        print(
            f"{path.name}: no limits are suggested. {error}", file=sys.stderr
        )  # one of many: the others go on
        return quality_of(options)
    qc = quality_of(options, cell_quality.suggested_quality(metrics))
    limits = [
        f"{f.name} {getattr(qc, f.name):g}"
        for f in fields(qc)
        if f.name.startswith(("min_", "max_"))
        and getattr(qc, f.name) is not None
        and f.name != "min_cells_per_gene"
    ]
    print(f"{path.name}: limits {', '.join(limits) or 'none'}", file=sys.stderr)
    return qc


def _say_memory(dataset: DatasetSpec) -> None:
    """Say before the start what either way of meeting the cells needs, where there are two."""
    plan = memory.plan_of_file(Path(dataset.path), dataset.reading)
    if plan is not None and plan.sketch_bytes is not None:
        print(plan.in_words(), file=sys.stderr)


def _datasets_of(options: argparse.Namespace, path: Path) -> list[DatasetSpec]:
    if is_manifest(path):
        return [_named_in_manifest(options, row) for row in read_manifest(path)]
    if path.is_dir() and options.tissue_from == "folder":
        return [_dataset(options, file, tissue=tissue) for file, tissue in inputs_by_tissue(path)]
    if path.is_dir() and not is_dataset_folder(path):
        return [_dataset(options, file) for file in inputs_in(path)]
    return [_dataset(options, path)]


def _named_in_manifest(options: argparse.Namespace, row: ManifestRow) -> DatasetSpec:
    said = {name: getattr(row, name) for name in (*OPTIONAL, "tissue", "species")}
    return with_exceptions(_dataset(options, row.path, row.answers, **said), row.exceptions)


def _output_dir(options: argparse.Namespace) -> str:
    return str(options.output_dir) if options.output_dir else ""


def _replay(options: argparse.Namespace) -> str:
    return str(options.replay.resolve()) if options.replay else ""


def _run(config: RunConfig, options: argparse.Namespace) -> int:
    root = runs.folder(config.output_dir)
    run_id = runs.start_run(config, known_keys(config.providers()), root)
    code = finish(run_id, root, quiet=options.quiet)
    if options.split:
        _split(run_id, [dataset.name for dataset in config.datasets], root)
    return code


def _split(run_id: str, datasets: Sequence[str], root: Path) -> None:
    """Set second kinds aside, as the button on the page does, and say what was done."""
    for dataset in datasets:
        steps = split_by_kinds(run_id, dataset, root=root)
        for step in steps:
            where = ", ".join(step.clusters)
            print(f"{dataset}: {sum(step.n_cells):,} cells of cluster {where} set aside as {step.label}")
        if not steps:
            print(f"{dataset}: no cluster holds a second kind large enough to be split off.")


def dataset_of_run(named: str | None, config: RunConfig, folder: Path) -> str:
    """The dataset that was named, or the only one of a run. Raises `ConfigError` where there are several."""
    names = [d.name for d in config.datasets]
    if named is None and len(names) > 1:
        raise ConfigError(
            f"The run {folder.name} has several datasets.",
            f"They are: {', '.join(names)}.",
            "Name one with --dataset.",
        )
    return named or names[0]


def finish(run_id: str, root: Path, *, quiet: bool) -> int:
    """Follow a run, say how each dataset ended, and give the exit code."""
    view = follow(run_id, root, quiet=quiet)
    for dataset in view.datasets:
        print(
            f"{dataset.name}: {dataset.status}, {dataset.labelled_clusters} of {len(dataset.tiles)} "
            "clusters have a label" + (f". {dataset.error}" if dataset.error else "")
        )
    if view.error:
        print(view.error)
    if view.state == "interrupted":
        print("The run was cut off before its end; what is done is kept. Go on with `resume` and its folder.")
    print(f"Results: {root / run_id}")
    return EXIT_OF_STATE.get(view.state, 2)
