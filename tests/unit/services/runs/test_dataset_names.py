"""Names of datasets inside one run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.errors import ConfigError, RunError
from cassia_core.runs.store import create_run
from cassia_core.services.runs import runs


@pytest.fixture
def without_worker(monkeypatch):
    monkeypatch.setattr(runs, "launch_worker", lambda layout, keys, work: 0)


def names_of(names: list[str], root: Path) -> list[str]:
    config = RunConfig(datasets=tuple(DatasetSpec(name=n, path="x.csv") for n in names))
    return [d.name for d in runs.load_config(runs.start_run(config, root=root), root).datasets]


def test_names_that_differ_by_capitals_only_get_folders_of_their_own(without_worker, tmp_path):
    assert names_of(["PBMC", "pbmc", "Pbmc"], tmp_path) == ["PBMC", "pbmc_2", "Pbmc_3"]


def test_a_number_given_to_a_name_never_meets_a_name_that_had_it(without_worker, tmp_path):
    assert names_of(["x", "x", "x_2"], tmp_path) == ["x", "x_2", "x_2_2"]


def test_a_path_that_is_no_valid_text_is_refused_in_plain_words(tmp_path):
    config = RunConfig(datasets=(DatasetSpec(name="x", path=os.fsdecode(b"\xff.csv")),))
    with pytest.raises(RunError, match="cannot be written down"):
        create_run(config, tmp_path, {})


@pytest.mark.parametrize("address", ["http://me:secret@host/v1", "https://host/v1?api_key=secret"])
def test_an_address_that_holds_a_key_is_refused_before_anything_is_written(address, without_worker, tmp_path):
    model = AgentModel(provider="custom", model="m", base_url=address)
    config = RunConfig(
        datasets=(DatasetSpec(name="x", path="x.csv"),), annotation=AnnotationParams(annotator=model)
    )
    with pytest.raises(ConfigError, match="field of their own") as caught:
        runs.start_run(config, root=tmp_path)
    assert "secret" not in str(caught.value) and not list(tmp_path.iterdir())
