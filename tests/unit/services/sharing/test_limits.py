"""Limits of a shared server, and the operator's key: used by visitors, counted, seen by nobody."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from cassia_core import persons, settings
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.errors import ConfigError, LimitReached, MissingKeyError
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.lock import wait_for_worker
from cassia_core.services.intake import intake
from cassia_core.services.runs import runs
from cassia_core.services.sharing import keeping, lab_keys, limits
from tests.model_server import ModelServer
from tests.small_runs import LISTS, call, past_run, write_lists
from tests.two_people import ADA, BEN, shared_mode

__all__ = ["shared_mode"]
OPERATORS, BENS = "sk-canary-operator-0123456789", "sk-canary-ben-9876543210"


@pytest.fixture(autouse=True)
def ada_asks(shared_mode: Path):
    with persons.acting_as(ADA):
        yield


def test_limits_are_read_and_a_misspelled_one_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_LIMITS", "upload_mb=5, runs = 3,usd=1.5")
    assert (limits.limits().upload_mb, limits.limits().runs, limits.limits().usd) == (5, 3, 1.5)
    for text in ("upload=5", "runs=many", "runs", "usd=-1"):
        monkeypatch.setenv("CASSIA_LIMITS", text)
        with pytest.raises(ConfigError, match="not understood"):
            limits.limits()


def test_an_upload_over_the_limit_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_LIMITS", "upload_mb=1")
    with pytest.raises(LimitReached, match="too large"):
        intake.store_upload("big.csv", io.BytesIO(b"x" * 1_000_001))
    assert [p for p in settings.inputs_root().rglob("*") if p.is_file()] == []
    assert intake.store_upload("fits.csv", io.BytesIO(b"x" * 1_000_000)).is_file()
    monkeypatch.setenv("CASSIA_LIMITS", "disk_gb=0.001")
    with pytest.raises(LimitReached, match="workspace is full"):
        intake.store_upload("more.csv", io.BytesIO(b"y"))


def test_personal_mode_has_no_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_MODE", "personal")
    monkeypatch.setenv("CASSIA_LIMITS", "upload_mb=0, runs=0")
    assert limits.bytes_for_upload() is None
    limits.require_another_run(["run"] * 1000)
    assert lab_keys.lab_providers() == ()


def config_of(tmp_path: Path, model: AgentModel | None = None, **annotation) -> RunConfig:
    table = intake.store_upload(
        "lists.csv", io.BytesIO(write_lists(tmp_path / "l.csv", dict([*LISTS.items()][:1])).read_bytes())
    )
    spec = DatasetSpec(name="lists", path=str(table), tissue="blood")
    params = AnnotationParams(annotator=model or AgentModel(), boost="off", merge=False, **annotation)
    return RunConfig(datasets=(spec,), annotation=params)


def test_one_run_too_many_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    past_run(settings.runs_root(), "one")
    monkeypatch.setenv("CASSIA_LIMITS", "runs=1")
    with pytest.raises(LimitReached, match="as many runs"):
        runs.start_run(config_of(tmp_path))


def test_old_runs_go_a_week_after_their_person_was_told(monkeypatch: pytest.MonkeyPatch):
    run_id = past_run(settings.runs_root(), "old")
    assert keeping.tidy_everybody() == 0 and keeping.going_runs() == ()
    now = time.time()
    monkeypatch.setattr(keeping.time, "time", lambda: now + 91 * 24 * 3600)
    assert keeping.tidy_everybody() == 0
    assert [run.run_id for run in keeping.going_runs()] == [run_id]
    monkeypatch.setattr(keeping.time, "time", lambda: now + 97 * 24 * 3600)
    assert keeping.tidy_everybody() == 0, "six days after it was told"
    monkeypatch.setattr(keeping.time, "time", lambda: now + 99 * 24 * 3600)
    assert keeping.tidy_everybody() == 1 and runs.list_runs() == ()


def test_the_operator_s_key_is_used_counted_and_seen_by_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
):
    with ModelServer(models=("m",)) as server:
        monkeypatch.setenv("CASSIA_API_KEY", OPERATORS)
        monkeypatch.setenv("CASSIA_MODEL_SERVERS", server.url)
        monkeypatch.setenv("CASSIA_LAB_PROVIDERS", "custom")
        model = AgentModel(provider="custom", model="m", base_url=server.url)
        with pytest.raises(MissingKeyError):
            runs.start_run(config_of(tmp_path, AgentModel(provider="openai", model="gpt-6-luna")))
        monkeypatch.setenv("CASSIA_LIMITS", "usd=1")
        with pytest.raises(LimitReached, match="is not known"):
            runs.start_run(config_of(tmp_path, model))
        monkeypatch.setenv("CASSIA_LIMITS", "tokens=100000, tokens_all=150000")
        ada = runs.start_run(config_of(tmp_path, model))
        assert lab_keys.allowance(ADA.id).is_used_up, "reserved, until it has ended"
        assert lab_keys.allowance(BEN.id).tokens == 50_000
        with persons.acting_as(BEN):
            ben = runs.start_run(config_of(tmp_path, model), {"custom": BENS})
            wait_for(ben)
        wait_for(ada)
        assert {asked.key.removeprefix("Bearer ") for asked in server.stats.asked} == {OPERATORS, BENS}
    assert runs.load_config(ada).annotation.max_tokens_total == 100_000
    spent = lab_keys.spent_this_month()
    assert 0 < spent[ADA.id][1] < 100_000 and BEN.id not in spent, (
        "a key of one's own costs the operator nothing"
    )
    monkeypatch.setenv("CASSIA_LIMITS", "tokens=1")
    with pytest.raises(LimitReached, match="no allowance left"):
        runs.start_run(config_of(tmp_path, model))
    runs.delete_run(ada)
    assert lab_keys.spent_this_month() == spent, "a run that is deleted was paid all the same"
    for path in (p for p in home.rglob("*") if p.is_file()):
        assert not any(key.encode() in path.read_bytes() for key in (OPERATORS, BENS)), path


def wait_for(run_id: str) -> None:
    deadline = time.monotonic() + 300
    while runs.view_run(run_id).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.2)
    assert runs.view_run(run_id).state == "success", runs.view_run(run_id)
    assert wait_for_worker(runs.find_run(run_id), 60)


def test_a_lent_key_never_goes_to_an_address_that_a_person_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OPENAI_API_KEY", OPERATORS)
    monkeypatch.setenv("CASSIA_LAB_PROVIDERS", "openai")
    monkeypatch.setenv("CASSIA_LIMITS", "usd=5, usd_all=8")
    own = config_of(tmp_path, AgentModel(provider="openai", model="gpt-6-luna"))
    typed = config_of(
        tmp_path, AgentModel(provider="openai", model="gpt-6-luna", base_url="https://evil.example/v1")
    )
    assert lab_keys.lent_to(own, {}) == ("openai",) and lab_keys.lent_to(typed, {}) == ()
    assert lab_keys.lent_to(own, {"openai": "mine"}) == ()
    limited, keys = lab_keys.within_allowance(own, {})
    assert limited.annotation.max_cost_usd == 5 and keys == {"openai": OPERATORS}
    assert lab_keys.within_allowance(typed, {}) == (typed, {})


def test_many_at_once_cannot_spend_more_than_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("OPENAI_API_KEY", OPERATORS)
    monkeypatch.setenv("CASSIA_LAB_PROVIDERS", "openai")
    monkeypatch.setenv("CASSIA_LIMITS", "usd=5, usd_all=8")
    wanted = config_of(tmp_path, AgentModel(provider="openai", model="gpt-6-luna"))
    promised = []
    for person in (ADA, BEN):
        with persons.acting_as(person):
            limited, _ = lab_keys.within_allowance(wanted, {})
            promised.append(limited.annotation.max_cost_usd)
            run = past_run(
                settings.runs_root(), "x", call("2026-01-01T10:00:00", provider="openai"), state="success"
            )
            lab_keys.note_reserved(RunLayout(root=settings.runs_root() / f"gone_{run}"), limited, ("openai",))
    assert promised == [5, 3]
    with pytest.raises(LimitReached):
        lab_keys.within_allowance(wanted, {})
