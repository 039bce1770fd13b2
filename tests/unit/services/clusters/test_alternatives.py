"""Other types for a cluster, each with its own evidence."""

from __future__ import annotations

from dataclasses import replace

from cassia_core.services.clusters.alternatives import alternatives
from cassia_core.services.runs.results import load_results


def test_other_types_are_weighed_best_first_and_the_label_is_not_among_them(demo_run):
    data = load_results(demo_run.name, "pbmc", demo_run.parent)
    row = next(r for r in data.rows if "B cell" in r.label)
    found = alternatives(data, row.cluster, row.label, demo_run.parent)
    assert 2 <= len(found) <= 5
    assert row.label not in [a.label for a in found]
    scores = [a.score for a in found if a.score is not None]
    assert scores == sorted(scores, reverse=True) and row.evidence.score > scores[-1]
    assert all(a.term.cl_id.startswith("CL:") for a in found)
    assert all(a.short for a in found)


def test_the_annotators_runner_ups_come_in_and_a_cluster_without_markers_has_none(demo_run):
    data = load_results(demo_run.name, "pbmc", demo_run.parent)
    row = next(r for r in data.rows if "B cell" in r.label)
    said = replace(row, proposal=replace(row.proposal, subtypes=(row.label, "plasma cell", "wibble cell")))
    changed = replace(data, rows=tuple(said if r.cluster == row.cluster else r for r in data.rows))
    found = {a.label: a for a in alternatives(changed, row.cluster, row.label, demo_run.parent)}
    assert found["plasma cell"].said_by == "model"
    assert found["wibble cell"].score is None, "nobody knows it, so it gets no number"
    assert alternatives(replace(data, markers=None), row.cluster, row.label, demo_run.parent) == ()
