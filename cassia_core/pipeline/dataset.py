"""One dataset from file to finished folder."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import replace

from cassia_core.domain import events as ev
from cassia_core.domain.annotation import ClusterResult, names_a_type
from cassia_core.domain.config import NOBODY, DatasetSpec
from cassia_core.domain.inside import DatasetInside
from cassia_core.domain.outcome import DatasetOutcome, DatasetStatus, overall
from cassia_core.errors import CassiaError, RunCancelled
from cassia_core.knowledge.evidence.agreeing import with_agreement
from cassia_core.pipeline.annotation.annotating import ClusterPool, setting_of
from cassia_core.pipeline.annotation.cautions import with_borders, with_samples
from cassia_core.pipeline.annotation.merge import merge_labels
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.exporting import write_dataset, write_failure
from cassia_core.pipeline.prepared import Prepared
from cassia_core.pipeline.preparing import prepare
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.layout import DatasetLayout
from cassia_core.runs.opinion_log import read_opinions
from cassia_core.runs.store import save_cluster

logger = logging.getLogger(__name__)


def process_dataset(
    context: RunContext, index: int, spec: DatasetSpec, prepare_elsewhere: Callable[[], float] | None = None
) -> DatasetOutcome:
    """Read, cluster, annotate, merge and write one dataset; a finished one is left as it is.

    `prepare_elsewhere` has the cells prepared by another process, into the run directory, waits for it and
    gives the seconds it took; None: this process prepares them.

    Never raises for faults of the dataset itself: they are the outcome's `error`.
    """
    layout = context.layout.dataset(index, spec)
    context = context.of_dataset(spec.name)
    done = finished_outcome(layout)
    if done is not None:
        return done
    begun = time.monotonic()
    base = DatasetOutcome(
        dataset=layout.name, tissue=spec.tissue, file_path=spec.path, output_dir=str(layout.folder)
    )
    try:
        outcome = _process(context, spec, layout, base, prepare_elsewhere)
    except RunCancelled as error:
        outcome = replace(base, status="cancelled", error=error.what)
    except CassiaError as error:
        outcome = replace(base, status="failed", error=str(error))
        write_failure(layout, spec, error)
    except OSError as error:
        logger.exception("Dataset %r failed", spec.name)
        outcome = replace(
            base,
            status="failed",
            error=(
                f"A file could not be read or written: {error.strerror or error}. Free some space or check "
                "the rights of "
                "the folder, then resume the run; what is done is kept."
            ),
        )
    except Exception as error:
        logger.exception("Dataset %r failed", spec.name)
        wrapped = CassiaError(
            "This dataset could not be finished.",
            f"The program itself failed ({type(error).__name__}).",
            "Send the run's log (worker.log) to the maintainers.",
            details=str(error),
        )
        outcome = replace(base, status="failed", error=str(wrapped))
        write_failure(layout, spec, wrapped)
    outcome = replace(outcome, total_time=outcome.total_time or time.monotonic() - begun)
    write_json(layout.outcome, outcome)
    context.emit(ev.DatasetFinished(dataset=spec.name, status=outcome.status, error=outcome.error))
    return outcome


def finished_outcome(layout: DatasetLayout) -> DatasetOutcome | None:
    """The outcome of a dataset that has nothing left to do, else None."""
    if not layout.outcome.exists():
        return None
    outcome = read_json(layout.outcome, DatasetOutcome)
    return outcome if outcome.status == "success" else None


def _process(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    base: DatasetOutcome,
    prepare_elsewhere: Callable[[], float] | None,
) -> DatasetOutcome:
    prepared_before_s = prepare_elsewhere() if prepare_elsewhere else 0.0
    begun = time.monotonic() - prepared_before_s
    pool = ClusterPool(context, spec, layout)
    markers_at = [0.0]

    def ready(table, expression, findings) -> None:
        markers_at[0] = time.monotonic()
        if context.asker is not None:
            context.emit(ev.StageStarted(dataset=spec.name, stage="annotate"))
        pool.start(table, expression, findings)

    prepared = prepare(context, spec, layout, ready, told=prepare_elsewhere is not None)
    results = _beside_others(layout, spec.species, pool.results())
    pool.tell_again(results)
    annotated_at = time.monotonic()
    if context.asker is not None:
        summary = f"{sum(names_a_type(r.label) for r in results)} of {len(results)} clusters have a label"
        context.emit(
            ev.StageFinished(
                dataset=spec.name, stage="annotate", seconds=annotated_at - markers_at[0], summary=summary
            )
        )
    results, grouped = _merged(context, spec, layout, prepared, results)
    status, error = _status(context, spec, results)
    if prepared.refusal:
        status, error = "failed", prepared.refusal
    if not grouped and status in ("success", "partial"):
        status, error = "cancelled", "Cancelled before the labels were grouped."
    outcome = replace(
        base,
        n_cells=prepared.findings.n_cells,
        n_genes=prepared.findings.n_genes,
        n_clusters=len(results),
        preprocessing_time=markers_at[0] - begun,
        annotation_time=annotated_at - markers_at[0],
        status=status,
        error=error,
    )
    outcome = _write(context, spec, layout, prepared, results, outcome)
    if outcome.status == "success":
        layout.clustered_h5ad.unlink(missing_ok=True)
        shutil.rmtree(layout.passes, ignore_errors=True)
    return replace(outcome, total_time=time.monotonic() - begun)


def _beside_others(
    layout: DatasetLayout, species: str, results: tuple[ClusterResult, ...]
) -> tuple[ClusterResult, ...]:
    """What a cluster is beside the others (of one sample, without a clear border) is known when all have
    labels.
    """
    inside = read_json(layout.inside, DatasetInside) if layout.inside.exists() else DatasetInside()
    told = with_borders(with_samples(results), inside.borders, species)
    for before, after in zip(results, told, strict=True):
        if after != before and after.status != "cancelled":
            save_cluster(layout, after)
    return told


def _merged(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    results: tuple[ClusterResult, ...],
) -> tuple[tuple[ClusterResult, ...], bool]:
    """The results with their groups, and whether nobody stopped it: what was annotated is written either
    way.
    """
    params = context.config.annotation
    if context.asker is None or params is None or not params.merge:
        return results, True
    if context.cancelled():
        return results, False
    begun = time.monotonic()
    context.emit(ev.StageStarted(dataset=spec.name, stage="merge"))
    setting = setting_of(context.config, spec, prepared.findings)
    try:
        merged = merge_labels(
            results,
            setting=setting,
            params=params,
            asker=context.asker,
            dataset=spec.name,
            notice=lambda text: context.emit(ev.Notice(dataset=spec.name, text=text)),
        )
    except RunCancelled:
        context.emit(
            ev.StageFinished(
                dataset=spec.name, stage="merge", seconds=time.monotonic() - begun, summary="cancelled"
            )
        )
        return results, False
    for result in merged:
        if result.status != "cancelled":
            save_cluster(layout, result)
    context.emit(ev.StageFinished(dataset=spec.name, stage="merge", seconds=time.monotonic() - begun))
    return merged, True


def _write(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    results: tuple[ClusterResult, ...],
    outcome: DatasetOutcome,
) -> DatasetOutcome:
    begun = time.monotonic()
    context.emit(ev.StageStarted(dataset=spec.name, stage="write"))
    told = with_agreement(results, read_opinions(layout))
    outcome = write_dataset(context, spec, layout, prepared, told, outcome)
    context.emit(ev.StageFinished(dataset=spec.name, stage="write", seconds=time.monotonic() - begun))
    return outcome


def _status(
    context: RunContext, spec: DatasetSpec, results: tuple[ClusterResult, ...]
) -> tuple[DatasetStatus, str]:
    """Status of the dataset and, where clusters are missing a label, the sentence that says so."""
    if any(r.status == "cancelled" for r in results):
        left = sum(r.status == "cancelled" for r in results)
        return "cancelled", f"Cancelled with {left} of {len(results)} clusters left."
    failed = [r for r in results if r.status == "failed"]
    tried = [r for r in results if r.status != "skipped"]
    asked = [r for r in results if not spec.only_clusters or r.cluster in spec.only_clusters]
    if context.asker is not None and not tried and spec.only_clusters != NOBODY:
        reason = f" First reason: {asked[0].reason}" if asked else ""
        return "failed", f"None of the {len(asked)} clusters could be annotated.{reason}"
    if context.asker is not None and tried and not any(names_a_type(r.label) for r in tried):
        reasons = next((r.reason for r in (*failed, *tried) if r.reason), "")
        first = f" First reason: {reasons}" if reasons else ""
        status: DatasetStatus = "failed" if len(failed) == len(tried) else "partial"
        return status, f"None of the {len(tried)} clusters could be named.{first}"
    if not failed:
        return "success", ""
    status = overall(tuple("failed" if r.status == "failed" else "success" for r in tried))
    return status, f"{len(failed)} of {len(results)} clusters failed. First reason: {failed[0].reason}"
