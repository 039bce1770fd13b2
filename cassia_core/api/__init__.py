"""The Python API: our own verbs, and the function names of CASSIA (Xie et al., 2025) on top of them.

Every call starts the same kind of run as the app does: a run directory, filled by a worker process.
"""

from cassia_core.api.calling import MODEL_VARIABLE, PROVIDER_VARIABLE, URL_VARIABLE
from cassia_core.api.cassia_names import (
    list_available_markers,
    loadmarker,
    runCASSIA,
    runCASSIA_batch,
    runCASSIA_pipeline,
    set_api_key,
)
from cassia_core.api.comparing import ComparedTypes, compareCelltypes, symphonyCompare
from cassia_core.api.datasets import combine_datasets, compare_datasets, odd_types, retry_failed
from cassia_core.api.judging import (
    merge_annotations,
    merge_annotations_all,
    runCASSIA_generate_score_report,
    runCASSIA_score_batch,
)
from cassia_core.api.looking_closer import (
    LookedCloser,
    runCASSIA_annotationboost,
    runCASSIA_annotationboost_additional_task,
)
from cassia_core.api.onto_cells import add_cassia_to_anndata, enhance_scanpy_markers
from cassia_core.api.part_markers import compute_subcluster_marker_sets
from cassia_core.api.parts import (
    runCASSIA_n_subcluster,
    runCASSIA_subclusters,
    runCASSIA_subclusters_auto_split,
)
from cassia_core.api.repeating import (
    RepeatedRun,
    runCASSIA_batch_n_times,
    runCASSIA_n_times,
    runCASSIA_n_times_similarity_score,
    runCASSIA_similarity_score_batch,
)
from cassia_core.api.verbs import (
    AnnotatedRun,
    annotate,
    annotate_batch,
    cluster,
    memory_plan,
    open_run,
    subcluster,
)
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
    "ComparedTypes",
    "LookedCloser",
    "compareCelltypes",
    "compute_subcluster_marker_sets",
    "runCASSIA_annotationboost_additional_task",
    "symphonyCompare",
    "AgentModel",
    "AnnotatedRun",
    "AnnotationParams",
    "ClusteringParams",
    "DatasetSpec",
    "MODEL_VARIABLE",
    "MarkerParams",
    "PROVIDER_VARIABLE",
    "QCParams",
    "ReadOptions",
    "RepeatedRun",
    "RunConfig",
    "URL_VARIABLE",
    "add_cassia_to_anndata",
    "annotate",
    "annotate_batch",
    "cluster",
    "combine_datasets",
    "compare_datasets",
    "enhance_scanpy_markers",
    "list_available_markers",
    "loadmarker",
    "memory_plan",
    "merge_annotations",
    "merge_annotations_all",
    "odd_types",
    "open_run",
    "retry_failed",
    "runCASSIA",
    "runCASSIA_annotationboost",
    "runCASSIA_batch",
    "runCASSIA_batch_n_times",
    "runCASSIA_generate_score_report",
    "runCASSIA_n_subcluster",
    "runCASSIA_n_times",
    "runCASSIA_n_times_similarity_score",
    "runCASSIA_pipeline",
    "runCASSIA_score_batch",
    "runCASSIA_similarity_score_batch",
    "runCASSIA_subclusters",
    "runCASSIA_subclusters_auto_split",
    "set_api_key",
    "subcluster",
]
