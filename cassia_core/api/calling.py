"""What CASSIA's function names share: whom to ask, a run on a marker table, and files where they are looked
for.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cassia_core.api.verbs import AnnotatedRun, annotate_batch, no_file, stored_source
from cassia_core.domain.config import (
    OFFLINE,
    AgentModel,
    AnnotationParams,
    DatasetSpec,
    MarkerParams,
    ReadOptions,
    RunConfig,
    TableColumns,
)
from cassia_core.services.engine.models import default_model

if TYPE_CHECKING:
    import pandas as pd

    Markers: TypeAlias = pd.DataFrame | str | os.PathLike
else:
    Markers = "pd.DataFrame | str | os.PathLike"
SEED_MODEL, SEED_PROVIDER = "google/gemini-2.5-flash", "openrouter"
"""What these functions ask when they are told nothing else."""
PROVIDER_VARIABLE, URL_VARIABLE, MODEL_VARIABLE = "CASSIA_PROVIDER", "CASSIA_BASE_URL", "CASSIA_MODEL"


def asked_model(
    provider: str, model: str | None, temperature: float | None, reasoning: str | None
) -> AgentModel:
    """The model asked for (None: the provider's usual one), unless the environment names another for all."""
    forced = os.environ.get(PROVIDER_VARIABLE)
    if forced:
        provider = forced
        model = os.environ.get(MODEL_VARIABLE) or (
            default_model(OFFLINE) if forced == OFFLINE else model or SEED_MODEL
        )
    if provider == OFFLINE:
        return AgentModel()
    base_url = os.environ.get(URL_VARIABLE) if forced else None
    if provider.lower().startswith(("http://", "https://")):
        provider, base_url = "custom", provider
    if model is None:
        model = SEED_MODEL if provider == SEED_PROVIDER else default_model(provider)
    said: dict[str, Any] = {"reasoning": reasoning}  # checked by `AgentModel`, whatever a caller gives
    return AgentModel(provider=provider, model=model, base_url=base_url, temperature=temperature, **said)


def labels_alone(model: AgentModel, **changes: Any) -> AnnotationParams:
    """Annotator and validator only: no score, no closer look, no groups. `changes` are further fields."""
    return AnnotationParams(annotator=model, score=False, boost="off", merge=False, **changes)


def run_markers(
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
    """A run on a marker table, waited for. The columns are named where they are not found by themselves."""
    source, name = stored_source(marker, stem_of(output_name).name)
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


def copied(run: AnnotatedRun, output_name: str, endings: tuple[str, ...]) -> AnnotatedRun:
    """Put copies of the run's files where CASSIA's documentation says they are."""
    target = stem_of(output_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    files = run.files()
    for ending in endings:
        if ending not in files:
            raise no_file(run.run_dir, ending)
        shutil.copyfile(files[ending], target.with_name(target.name + ending))
    return run


def stem_of(output_name: str | os.PathLike) -> Path:
    """Where files are written: the name without an ending that the original's defaults have."""
    path = Path(output_name).expanduser().resolve()
    return path.with_suffix("") if path.suffix.lower() in (".json", ".csv") else path
