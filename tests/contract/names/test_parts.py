"""Parts of a cluster named in one question, n times, joined by their ids; in Python and by command."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import cassia_core.api as CASSIA
from cassia_core.agents import parse
from cassia_core.api.calling import MODEL_VARIABLE, PROVIDER_VARIABLE, URL_VARIABLE
from cassia_core.cli import main
from cassia_core.errors import ConfigError, ReplyError
from tests.model_server import Answer, Asked, ModelServer
from tests.model_server.replies import fenced, part_answer

PARTS = {
    "10": "CD3D,CD3E,IL7R,TRAC,LTB",
    "9": "MS4A1,CD79A,CD79B,CD19,PAX5",
    "x": "NKG7,GNLY,KLRD1,KLRF1,NCAM1",
}
COLUMNS = ["Result ID", "main_cell_type", "sub_cell_type", "key_markers", "reason"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table() -> pd.DataFrame:
    return pd.DataFrame({"cluster": PARTS.keys(), "marker_genes": PARTS.values()})


def backwards_without_one(asked: Asked, good: str) -> Answer | None:
    """Parts in another order; the first answer of each repetition leaves one out, the second names it."""
    if asked.agent != "parts_annotator":
        return None
    parts = dict(reversed(asked.data["parts"].items()))
    if len(parts) == len(PARTS):
        parts.pop("9")
    return Answer(text=fenced({"parts": {part: part_answer(genes) for part, genes in parts.items()}}))


def test_parts_are_one_question_and_ids_are_kept_by_key(folder: Path, monkeypatch: pytest.MonkeyPatch):
    with ModelServer(fault=backwards_without_one, models=()) as server:
        monkeypatch.setenv(PROVIDER_VARIABLE, "custom")
        monkeypatch.setenv(URL_VARIABLE, server.url)
        monkeypatch.delenv(MODEL_VARIABLE, raising=False)
        found = CASSIA.runCASSIA_n_subcluster(2, table(), "lymphocytes of blood", "named", tissue="blood")
        asked = [request for request in server.stats.asked if request.agent != "tester"]
    assert [request.agent for request in asked] == ["parts_annotator"] * 4, "two for each repetition"
    assert asked[0].data["whole"] == "lymphocytes of blood" and set(asked[0].data["parts"]) == set(PARTS)
    assert [path.name for path in found.tables] == ["named_1.csv", "named_2.csv"]
    for path in found.tables:
        named = pd.read_csv(path, dtype=str)
        assert named.columns.tolist() == COLUMNS and named["Result ID"].tolist() == ["9", "10", "x"]
        assert named["main_cell_type"].tolist() == ["B cell", "T cell", "natural killer cell"]
    assert [(o.clusters, o.consensus.answered) for o in found.opinions] == [
        ((part,), 2) for part in ("9", "10", "x")
    ]
    account = json.loads((found.run.run_dir / "token_tracking.json").read_text())
    assert sum(call["agent"] == "parts_annotator" for call in account["api_calls"]) == 4


def test_a_part_that_is_never_named_is_failed_with_the_reason_and_nobody_elses(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def without_b(asked: Asked, good: str) -> Answer | None:
        parts = {p: part_answer(g) for p, g in asked.data.get("parts", {}).items() if p != "9"}
        return Answer(text=fenced({"parts": parts})) if asked.agent == "parts_annotator" else None

    with ModelServer(fault=without_b, models=()) as server:
        monkeypatch.setenv(PROVIDER_VARIABLE, "custom")
        monkeypatch.setenv(URL_VARIABLE, server.url)
        named = CASSIA.runCASSIA_subclusters(table(), "lymphocytes", "named", tissue="blood")
    assert named["main_cell_type"].tolist() == ["", "T cell", "natural killer cell"]
    assert "leaves this part out" in named["reason"][0] or "could not be read" in named["reason"][0]
    assert Path("named.csv").exists() and Path("named.html").exists()


def test_the_command_names_parts_without_a_model(folder: Path, capsys: pytest.CaptureFixture[str]):
    table().to_csv("parts.csv", index=False)
    assert (
        main(["parts", "parts.csv", "--of", "lymphocytes", "--tissue", "blood", "--output", "out.csv"]) == 0
    )
    assert pd.read_csv("out.csv", dtype=str)["Result ID"].tolist() == ["9", "10", "x"]
    assert "9: " in capsys.readouterr().out
    assert main(["parts", "parts.csv", "--of", " "]) == 1
    assert "`major_cluster_info`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reply", "parts"),
    [
        ({"parts": {"1": part_answer("CD3D"), "2": part_answer("MS4A1")}}, {"1", "2"}),
        ({"1": part_answer("CD3D"), "7": part_answer("MS4A1")}, {"1"}),
        ({"parts": [{"id": "2", **part_answer("CD3D")}, {"id": 1, **part_answer("MS4A1")}]}, {"1", "2"}),
        ({"parts": {"1": part_answer("CD3D"), "2": {"general": 7}}}, {"1"}),
    ],
)
def test_parts_are_read_by_their_ids(reply: dict, parts: set[str]):
    assert set(parse.read_parts(json.dumps(reply), ("1", "2")).value) == parts


def test_parts_by_position_are_refused():
    with pytest.raises(ReplyError, match="names a part by its id"):
        parse.read_parts(json.dumps({"parts": [part_answer("CD3D"), part_answer("MS4A1")]}), ("1", "2"))


def test_a_wrong_number_of_times_is_said_so(folder: Path):
    with pytest.raises(ConfigError, match="cannot be 0"):
        CASSIA.runCASSIA_n_subcluster(0, table(), "lymphocytes", "named", provider="offline")
