"""Which types a person may want to compare for a cluster."""

from __future__ import annotations

from pathlib import Path

from cassia_core.knowledge.evidence.telling_candidates import same_type
from cassia_core.services.clusters.alternatives import alternatives
from cassia_core.services.runs.results import DatasetResults


def suggested_candidates(
    data: DatasetResults, cluster: str, label: str, root: Path | None = None
) -> tuple[str, ...]:
    """The cluster's label and the types that come nearest by annotator and genes, each type once."""
    names = [label, *(other.label for other in alternatives(data, cluster, label, root))]
    suggested: list[str] = []
    for name in names:
        if name and not any(same_type(name, other) for other in suggested):
            suggested.append(name)
    return tuple(suggested)
