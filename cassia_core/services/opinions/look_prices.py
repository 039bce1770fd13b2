"""What a comparison, a closer look or a question is expected to cost, and which types could be compared."""

from __future__ import annotations

from pathlib import Path

from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.usage import Estimate
from cassia_core.knowledge.evidence.telling_candidates import same_type
from cassia_core.pipeline.opinions.look_estimate import estimate_looks
from cassia_core.services.clusters.alternatives import alternatives
from cassia_core.services.opinions.opinions import prepared
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import DatasetResults, dataset_layout


def estimate_look(run_id: str, request: OpinionRequest, root: Path | None = None) -> Estimate:
    """Calls, tokens and price range of a comparison, a closer look or a question, before it starts.

    Raises
    ------
    ConfigError
        When the request cannot be fulfilled.
    """
    ready = prepared(run_id, request, root)
    spec, _ = dataset_layout(runs.find_run(run_id, root), request.dataset)
    return estimate_looks(runs.load_config(run_id, root), spec, ready)


def suggested_candidates(
    data: DatasetResults, cluster: str, label: str, root: Path | None = None
) -> tuple[str, ...]:
    """The cluster's label and the types that come nearest by annotator and genes, each type once."""
    names = [label, *(other.label for other in alternatives(data, cluster, label, root))]
    found: list[str] = []
    for name in names:
        if name and not any(same_type(name, other) for other in found):
            found.append(name)
    return tuple(found)
