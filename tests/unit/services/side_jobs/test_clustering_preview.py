"""A preview of clusters: computed in a process of its own, on a sample, kept for the same parameters."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cassia_core import settings
from cassia_core.domain.config import ClusteringParams, DatasetSpec, MarkerParams, QCParams, ReadOptions
from cassia_core.errors import CassiaError
from cassia_core.services.side_jobs import clustering_preview as previews
from tests.typed_cells import typed_cells


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("preview") / "cells.h5ad"
    typed_cells(path, n_cells=3000, n_poor=30)
    return path


def spec_of(path: Path, **changes) -> DatasetSpec:
    return DatasetSpec(name="cells", path=str(path), **changes)


def ended(job: previews.PreviewJob) -> previews.PreviewJob:
    deadline = time.monotonic() + 240
    while job.running() and time.monotonic() < deadline:
        assert 0 <= job.progress().fraction <= 1
        time.sleep(0.1)
    return job


def left_behind() -> list[str]:
    return [p.name for p in (settings.cache_root() / "previews").glob("*.part")]


def test_a_preview_clusters_a_sample_with_the_limits_of_the_draft_and_is_kept(cells):
    spec = spec_of(cells, qc=QCParams(min_genes=80))
    key = previews.preview_key(spec)
    assert previews.kept_preview(key) is None
    ended(previews.start_preview(spec, 3000)).keep()
    found = previews.kept_preview(key)
    assert (found.findings.n_run, found.findings.n_drawn) == (3000, 2500)
    assert 15 <= found.findings.n_removed <= 30, "the poor cells of the sample"
    n_cells = 2500 - found.findings.n_removed
    assert found.xy.shape == (n_cells, 2) and np.isfinite(found.xy).all()
    assert found.codes.shape == (n_cells,)
    sizes = np.bincount(found.codes, minlength=len(found.findings.clusters)).tolist()
    assert sizes == [c.n_cells for c in found.findings.clusters]
    assert len(found.findings.clusters) == 3
    assert all(len(c.genes) == previews.TOP_GENES for c in found.findings.clusters)
    assert left_behind() == []
    kept = settings.cache_root() / "previews" / key
    assert sorted(p.name for p in kept.iterdir()) == ["cells.npz", "preview.json"]


def test_a_preview_that_is_ended_stops_at_once_and_leaves_nothing_behind(cells):
    job = previews.start_preview(spec_of(cells), 3000)
    deadline = time.monotonic() + 60
    while job.progress().stage is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.running()
    job.cancel()
    assert not job.running()
    assert left_behind() == [] and previews.kept_preview(job.key) is None


def test_a_preview_that_cannot_be_made_says_why_and_what_to_do(cells):
    job = ended(previews.start_preview(spec_of(cells, qc=QCParams(min_genes=100_000)), 3000))
    with pytest.raises(CassiaError, match="No cell is left") as caught:
        job.keep()
    assert caught.value.remedy == "Choose wider limits."
    assert left_behind() == [] and previews.kept_preview(job.key) is None


def test_the_same_parameters_have_the_same_preview_and_others_another(cells):
    spec = spec_of(cells)
    same = (
        replace(spec, name="other"),
        replace(spec, markers=MarkerParams(method="logreg")),
        replace(spec, clustering=ClusteringParams(cluster_column="type")),
        replace(spec, qc=QCParams(score_doublets=True)),
    )
    other = (
        replace(spec, tissue="lung"),  # fine clusters are joined by what they are read as
        replace(spec, clustering=ClusteringParams(resolution=1.0)),
        replace(spec, qc=QCParams(min_genes=9)),
        replace(spec, read=ReadOptions(max_cells=1000)),
    )
    assert {previews.preview_key(s) for s in same} == {previews.preview_key(spec)}
    assert len({previews.preview_key(s) for s in (spec, *other)}) == 5


def test_only_so_many_previews_are_kept(cells, monkeypatch):
    monkeypatch.setattr(
        previews, "launch_preview", lambda folder: subprocess.Popen([sys.executable, "-c", "pass"])
    )
    folder = settings.cache_root() / "previews"
    for number in range(previews.KEPT + 5):
        (folder / f"old{number}").mkdir(parents=True)
    previews.start_preview(spec_of(cells), 3000).cancel()
    assert len(list(folder.iterdir())) == previews.KEPT - 1


def test_a_process_that_ends_without_a_word_is_told_as_a_problem(cells, monkeypatch):
    monkeypatch.setattr(
        previews,
        "launch_preview",
        lambda folder: subprocess.Popen([sys.executable, "-c", "1 / 0"], stderr=subprocess.DEVNULL),
    )
    job = ended(previews.start_preview(spec_of(cells), 3000))
    with pytest.raises(CassiaError, match="was ended before it was done"):
        job.keep()
    assert left_behind() == []
