"""What a report shows beside the results themselves, read from the run directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cassia_core.data.view.view_store import Column, open_view
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.events import StageFinished
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import MarkerTable
from cassia_core.domain.usage import CallRecord
from cassia_core.report.html.marker_dots import MarkerDots, marker_dots
from cassia_core.report.html.report_map import MapOfCells, map_from_view
from cassia_core.report.html.samples_chart import SampleCounts, sample_counts
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import read_kept
from cassia_core.runs.event_log import read_events
from cassia_core.runs.layout import DatasetLayout, RunLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Each part is None or empty where the run has none of it.

    `run` is the name of the run; `measured` holds every gene of the data (of the marker table where there are
    no
    cells), None when that is not known; `stages` maps a stage of the run to what it said at its end; `calls`
    are the
    calls paid for this dataset.
    """

    run: str = ""
    markers: MarkerTable | None = None
    measured: frozenset[str] | None = None
    map: MapOfCells | None = None
    dots: MarkerDots | None = None
    samples: SampleCounts | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[CallRecord, ...] = ()


def read_material(
    run: RunLayout,
    paths: DatasetLayout,
    spec: DatasetSpec,
    rows: Sequence[ClusterResult],
    findings: Findings | None,
    clusters: Column | None = None,
) -> Material:
    """Read it from the run directory, as far as it is there.

    `clusters` is where every cell belongs, where a person divided the cells otherwise than the run did.
    """
    markers = read_kept(paths.marker_table, MarkerTable) if paths.marker_table.exists() else None
    listed = frozenset(g for c in markers.clusters for g in c.symbols()) if markers else None
    stages: dict[str, str] = {
        e.stage: e.summary
        for e in read_events(run.events)
        if isinstance(e, StageFinished) and e.dataset == spec.name
    }
    calls = tuple(entry.call for entry in read_calls(run.calls) if entry.call.dataset == spec.name)
    if not paths.view.is_dir():
        return Material(run=run.root.name, markers=markers, measured=listed, stages=stages, calls=calls)
    view = open_view(paths.view)
    statistics = view.statistics()
    clusters = clusters or view.column(view.cluster_key)
    return Material(
        run=run.root.name,
        markers=markers,
        measured=frozenset(view.genes()) or listed,
        map=map_from_view(view, clusters),
        dots=marker_dots(statistics, rows, spec.species) if statistics else None,
        samples=sample_counts(view, clusters, spec, findings),
        stages=stages,
        calls=calls,
    )
