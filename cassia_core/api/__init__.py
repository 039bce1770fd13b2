"""The Python API: our own verbs, and the function names of CASSIA (Xie et al., 2025) on top of them.

Every call starts the same kind of run as the app does: a run directory, filled by a worker process.
"""

from cassia_core.api.cassia_names import (
    MODEL_VARIABLE,
    PROVIDER_VARIABLE,
    URL_VARIABLE,
    add_cassia_to_anndata,
    loadmarker,
    runCASSIA,
    runCASSIA_annotationboost,
    runCASSIA_batch,
    runCASSIA_pipeline,
    set_api_key,
)
from cassia_core.api.verbs import AnnotatedRun, annotate, annotate_batch, cluster, open_run, subcluster
from cassia_core.domain.config import (
    AgentModel,
    AnnotationParams,
    ClusteringParams,
    DatasetSpec,
    MarkerParams,
    QCParams,
    ReadOptions,
    RunConfig,
)

__all__ = [
    "MODEL_VARIABLE",
    "PROVIDER_VARIABLE",
    "URL_VARIABLE",
    "AgentModel",
    "AnnotatedRun",
    "AnnotationParams",
    "ClusteringParams",
    "DatasetSpec",
    "MarkerParams",
    "QCParams",
    "ReadOptions",
    "RunConfig",
    "add_cassia_to_anndata",
    "annotate",
    "annotate_batch",
    "cluster",
    "loadmarker",
    "open_run",
    "runCASSIA",
    "runCASSIA_annotationboost",
    "runCASSIA_batch",
    "runCASSIA_pipeline",
    "set_api_key",
    "subcluster",
]
