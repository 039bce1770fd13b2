"""From a row of a batch to the dataset of a run: what the row says, over what is said of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cassia_core.domain.config import (
    FINE,
    UNKNOWN_TISSUE,
    AnnotationParams,
    ClusteringParams,
    DatasetSpec,
    MarkerParams,
    QCParams,
    ReadOptions,
    RunConfig,
    check,
)
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.manifests import answers_read
from cassia_core.services.intake.intake import dataset_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSetup:
    """What holds for all datasets of a batch, but for the exceptions of their rows."""

    clustering: ClusteringParams = ClusteringParams()
    markers: MarkerParams = MarkerParams()
    qc: QCParams = QCParams()
    max_cells: int | None = None
    side_by_side: int | None = None
    scheduler: str = ""


def batch_config(
    rows: Iterable[ManifestRow], shared: SharedSetup, annotation: AnnotationParams, title: str = ""
) -> RunConfig:
    """The run of a batch.

    Raises
    ------
    ConfigError
        There is no row, or an exception is no value of its setting.
    InputError
        A row answers a question with something that is no answer to it.
    """
    specs = tuple(spec_of(row, shared) for row in rows)
    return RunConfig(
        datasets=specs,
        annotation=annotation,
        title=title or batch_title(specs),
        side_by_side=shared.side_by_side,
        scheduler=shared.scheduler,
    )


def batch_title(specs: tuple[DatasetSpec, ...]) -> str:
    """Such as "12 datasets of blood, lung and skin"."""
    tissues = list(dict.fromkeys(spec.tissue for spec in specs if spec.tissue != UNKNOWN_TISSUE))
    if not tissues:
        return f"{len(specs)} datasets"
    if len(tissues) > 3:
        return f"{len(specs)} datasets of {len(tissues)} tissues"
    named = tissues[0] if len(tissues) == 1 else f"{', '.join(tissues[:-1])} and {tissues[-1]}"
    return f"{len(specs)} datasets of {named}" if len(specs) > 1 else f"{specs[0].name}, {named}"


def spec_of(row: ManifestRow, shared: SharedSetup) -> DatasetSpec:
    """The dataset of one row."""
    answers = {**row.answers, "cluster_column": row.cluster_column}
    read = answers_read(answers, row.path, ReadOptions(max_cells=shared.max_cells))
    sample = row.sample_column or None
    spec = DatasetSpec(
        name=row.name.strip() or dataset_name(row.path),
        path=str(row.path),
        tissue=row.tissue.strip() or UNKNOWN_TISSUE,
        species=row.species.strip() or "human",
        context=row.context,
        read=read,
        qc=replace(shared.qc, sample_column=sample),
        clustering=replace(shared.clustering, cluster_column=row.cluster_column or None, batch_column=sample),
        markers=shared.markers,
    )
    return with_exceptions(spec, row.exceptions)


def with_exceptions(spec: DatasetSpec, exceptions: Mapping[str, str]) -> DatasetSpec:
    """The dataset with the settings in which its row differs from the others.

    Raises
    ------
    ConfigError
        One of them is no value of its setting.
    """
    given = {name: text.strip() for name, text in exceptions.items() if text.strip()}
    clustering, markers, qc, read = spec.clustering, spec.markers, spec.qc, spec.read
    if "resolution" in given:
        clustering = replace(clustering, resolution=_resolution(given["resolution"]))
    if "n_genes" in given:
        markers = replace(markers, n_genes=_whole("n_genes", given["n_genes"]))
    if "max_cells" in given:
        read = replace(read, max_cells=_whole("max_cells", given["max_cells"]))
    if "min_genes" in given:
        qc = replace(qc, min_genes=_whole("min_genes", given["min_genes"]))
    if "max_mito" in given:
        qc = replace(qc, max_pct_mito=_number("max_mito", given["max_mito"]))
    return replace(spec, clustering=clustering, markers=markers, qc=qc, read=read)


def _resolution(text: str) -> float | Literal["fine"] | None:
    if text in ("suggest", "auto"):
        return None
    return FINE if text == FINE else _number("resolution", text)


def _whole(name: str, text: str) -> int:
    number = _number(name, text)
    check(number == int(number), name, text, "a whole number")
    return int(number)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        check(False, name, text, "a number")
        raise
