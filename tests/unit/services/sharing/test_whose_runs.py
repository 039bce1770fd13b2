"""Nobody opens another's run: every service function that takes one is found by inspection and tried."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cassia_core.services
from cassia_core import persons, settings
from cassia_core.domain.config import AgentModel, DatasetSpec, RunConfig
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import CassiaError, ConfigError, NotSignedIn, NotYours, ReadOnlyRun, RunNotFound
from cassia_core.services.engine import models
from cassia_core.services.intake import intake
from cassia_core.services.plots.plot_numbers import FigureOptions
from cassia_core.services.runs import results, runs
from cassia_core.services.runs.run_comparison import Side
from cassia_core.services.sharing import run_links
from tests.small_runs import annotate_lists, write_lists
from tests.two_people import ADA, BEN, shared_mode, state_of

__all__ = ["shared_mode"]
REFUSED = (RunNotFound, NotYours, ReadOnlyRun)
VALUES: dict[str, object] = {
    "dataset": "lists",
    "clusters": ("0",),
    "cluster": "0",
    "action": "unknown",
    "label": "B cell",
    "cells": np.array([0, 1]),
    "job": "20260101_000000_abcdef",
    "form": "seurat",
    "kind": "umap",
    "request": OpinionRequest(dataset="lists", clusters=("0",), kind="again"),
    "times": 2,
    "opinion": Opinion(job="x", kind="repeat", clusters=("0",), at="2026-01-01"),
    "options": FigureOptions(),
    "theme": "light",
    "fmt": "png",
    "quiet": True,
}
"""Whatever a function wants beside the run; it must be refused before it looks at them."""


def functions_of_runs() -> Iterator[tuple[str, Callable]]:
    """Every public function of the services that takes a run by its id or as a side of a comparison."""
    for module in pkgutil.walk_packages(cassia_core.services.__path__, "cassia_core.services."):
        room = importlib.import_module(module.name)
        for name, function in inspect.getmembers(room, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.name:
                continue
            hints = typing.get_type_hints(function)
            if "run_id" in hints or Side in hints.values():
                yield f"{module.name.removeprefix('cassia_core.services.')}.{name}", function


FUNCTIONS = dict(functions_of_runs())


def call(function: Callable, run_id: str, root: Path | None = None) -> object:
    """Call a function of a run with values that fit its other arguments."""
    given: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = typing.get_type_hints(function).get(name)
        if name == "run_id":
            given[name] = run_id
        elif hint is Side:
            given[name] = Side(run_id=run_id, dataset="lists", root=root)
        elif name == "root" and root is not None:
            given[name] = root
        elif parameter.default is inspect.Parameter.empty or name in ("label", "action"):
            given[name] = settings.home() / "file" if hint is Path else VALUES.get(name)
    if "root" in inspect.signature(function).parameters:
        given.setdefault("root", settings.runs_root() if root is None else root)
    return function(**given)


@pytest.fixture(scope="module")
def ada_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a shared server on which Ada has a finished run; no test changes what is hers."""
    folder = tmp_path_factory.mktemp("ada")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CASSIA_HOME", str(folder / "home"))
        patch.setenv("CASSIA_MODE", "shared")
        with persons.acting_as(ADA):
            table = intake.store_upload("lists.csv", write_lists(folder / "lists.csv").open("rb"))
            annotate_lists(None, table)
    return folder / "home"


@pytest.fixture
def ada_run(shared_mode: Path, ada_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A finished run of Ada."""
    monkeypatch.setenv("CASSIA_HOME", str(ada_home))
    return next(settings.runs_of(ADA).glob("run_*")).name


def test_the_functions_are_found():
    assert len(FUNCTIONS) > 45
    assert {"runs.runs.cancel_run", "labels.review.undo", "runs.results.load_results"} <= set(FUNCTIONS)


def test_a_foreign_run_is_refused_by_every_function_and_nothing_of_it_changes(ada_run: str):
    theirs = settings.home_of(ADA)
    before = state_of(theirs)
    tricks = [ada_run, f"../../{ADA.id}/batch_results/{ada_run}", str(theirs / "batch_results" / ada_run)]
    opened = []
    with persons.acting_as(BEN):
        for name, function in FUNCTIONS.items():
            for run_id, root in [*((t, None) for t in tricks), (ada_run, theirs / "batch_results")]:
                try:
                    call(function, run_id, root)
                except REFUSED:
                    continue
                opened.append((name, run_id))
    assert opened == []
    assert state_of(theirs) == before


def test_a_link_of_the_file_system_leads_nowhere(ada_run: str):
    with persons.acting_as(BEN):
        settings.runs_root().mkdir(parents=True, exist_ok=True)
        link = settings.runs_root() / "run_mine"
        link.symlink_to(settings.runs_of(ADA) / ada_run)
        with pytest.raises(NotYours):
            runs.view_run("run_mine")
        link.unlink()


def test_a_link_lets_others_read_and_change_nothing_until_it_is_taken_back(ada_run: str):
    with persons.acting_as(ADA):
        link = run_links.share_run(ada_run)
        assert run_links.is_shared(ada_run)
    before, changed = state_of(settings.runs_of(ADA)), []
    with persons.acting_as(BEN):
        assert results.load_results(link, "lists").rows[0].label
        assert runs.view_run(link).state == "success" and results.zip_run(link).is_file()
        assert not runs.may_change(link)
        for name, function in FUNCTIONS.items():
            with suppress(Exception):  # whatever it says, the run must be as it was
                call(function, link)
            if state_of(settings.runs_of(ADA)) != before:
                changed.append(name)
                before = state_of(settings.runs_of(ADA))
        assert changed == []
        for change in (
            runs.cancel_run,
            runs.resume_run,
            runs.delete_run,
            runs.archive_run,
            run_links.share_run,
        ):
            with pytest.raises(ReadOnlyRun):
                change(link)
    with persons.acting_as(ADA):
        run_links.stop_sharing(ada_run)
        assert not run_links.is_shared(ada_run)
    with persons.acting_as(BEN), pytest.raises(RunNotFound):
        runs.view_run(link)
    assert link not in (settings.office_root() / "links.json").read_text()


def test_only_people_who_signed_in_open_a_link(ada_run: str):
    with persons.acting_as(ADA):
        link = run_links.share_run(ada_run)
    with pytest.raises(NotSignedIn):
        runs.view_run(link)


def test_nobody_is_refused_everywhere(ada_run: str):
    for function in FUNCTIONS.values():
        with pytest.raises(NotSignedIn):
            call(function, ada_run, settings.runs_of(ADA))


def test_own_runs_and_uploads_are_found_and_others_are_not_listed(ada_run: str):
    with persons.acting_as(ADA):
        assert [run.run_id for run in runs.list_runs()] == [ada_run]
    with persons.acting_as(BEN):
        assert runs.list_runs() == ()


@pytest.mark.parametrize("where", ["theirs", "/etc/passwd", "link"])
def test_a_foreign_file_is_no_input(ada_run: str, where: str, tmp_path: Path):
    with persons.acting_as(ADA):
        theirs = Path(runs.load_config(ada_run).datasets[0].path)
    with persons.acting_as(BEN):
        path = {"theirs": theirs, "link": settings.home() / "mine.csv"}.get(where, Path(where))
        if where == "link":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(theirs)
        readers: Sequence[Callable] = (intake.inspect_file, intake.holds_markers, intake.table_columns)
        for read in readers:
            with pytest.raises(NotYours):
                read(path)
        with pytest.raises(NotYours):
            runs.start_run(RunConfig(datasets=(DatasetSpec(name="x", path=str(path)),)))
        own = intake.store_table(pd.DataFrame({"cluster": ["0"]}), "own")
        spec = DatasetSpec(name="x", path=str(own))
        with pytest.raises(NotYours):
            runs.start_run(RunConfig(datasets=(spec,), replay_from=str(theirs.parent)))


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest",
        "http://localhost:8000/v1",
        "http://10.0.0.5/v1",
        "https://api.openai.com.evil.example/v1",
    ],
)
def test_no_request_goes_to_an_address_that_the_operator_has_not_listed(
    shared_mode: Path, address: str, monkeypatch: pytest.MonkeyPatch
):
    asks: Mapping[str, Callable] = {
        "run": lambda: runs.start_run(
            RunConfig(
                datasets=(DatasetSpec(name="x", path=str(intake.demo_path())),), annotation=_asking(address)
            ),
            {"custom": "k"},
        ),
        "test": lambda: models.check_connection(
            AgentModel(provider="custom", model="m", base_url=address), "k"
        ),
        "list": lambda: models.list_models("custom", "k", address),
    }
    with persons.acting_as(ADA):
        for ask in asks.values():
            with pytest.raises(ConfigError, match="cannot be asked from here"):
                ask()
        with pytest.raises(ConfigError, match="cannot be asked from here"):
            models.check_connection(AgentModel(provider="ollama", model="m"))
        monkeypatch.setenv("CASSIA_MODEL_SERVERS", f"{address}/")
        with pytest.raises(
            CassiaError
        ) as refused:  # it is asked now, and the tests' network lets nothing out
            models.check_connection(AgentModel(provider="custom", model="", base_url=address + "x"), "k")
        assert "cannot be asked from here" in str(refused.value)


def _asking(address: str):
    from cassia_core.domain.config import AnnotationParams

    return AnnotationParams(annotator=AgentModel(provider="custom", model="m", base_url=address))


def test_personal_mode_asks_nobody(home: Path):
    assert persons.current() is None and settings.home() == home.resolve()
    with pytest.raises(ConfigError, match="nobody to share with"):
        run_links.share_run("run_x")


def test_a_misspelled_mode_opens_nothing(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_MODE", "shard")
    with pytest.raises(ConfigError, match="means nothing"):
        settings.runs_root()
