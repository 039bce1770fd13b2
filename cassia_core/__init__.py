"""CASSIA Workbench: cell type annotation of single-cell clusters, with the reasons.

`import cassia_core as CASSIA` gives the functions of CASSIA's own names; `annotate`, `annotate_batch`,
`cluster`,
`open_run` and `subcluster` are ours, with the parameter classes (`RunConfig`, `QCParams`, ...) that they
take. All are
loaded when first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from cassia_core.version import __version__ as __version__

__all__ = [
    "AgentModel",
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
    "combine_datasets",
    "compareCelltypes",
    "compare_datasets",
    "compute_subcluster_marker_sets",
    "enhance_scanpy_markers",
    "list_available_markers",
    "loadmarker",
    "merge_annotations",
    "merge_annotations_all",
    "odd_types",
    "open_run",
    "retry_failed",
    "runCASSIA",
    "runCASSIA_annotationboost",
    "runCASSIA_annotationboost_additional_task",
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
    "symphonyCompare",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        from cassia_core import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
