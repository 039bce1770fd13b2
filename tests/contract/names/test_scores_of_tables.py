"""Scores as the original misread them: 85.5 is one; 850, a share in the reasons and a blank are none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cassia_core.api as CASSIA
from cassia_core.api.calling import MODEL_VARIABLE, PROVIDER_VARIABLE, URL_VARIABLE
from cassia_core.cli import main
from tests.annotating import Bench, cluster_of, quick
from tests.model_server import Answer, Asked, ModelServer
from tests.model_server.replies import fenced

REPLIES = {
    "CD3D": {"reasoning": "40% of the genes are explained.", "score": 85.5},
    "MS4A1": {"reasoning": "All of them, 95 of 100.", "score": 850},
    "NKG7": {"reasoning": "92% sure.", "score": ""},
}


def scored(asked: Asked, good: str) -> Answer | None:
    gene = next((gene for gene in REPLIES if gene in str(asked.data.get("markers"))), None)
    return Answer(text=fenced(REPLIES[gene])) if gene and asked.agent == "scorer" else None


def labels() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "True Cell Type": ["t", "b", "nk", "none"],
            "Predicted Main Cell Type": ["T cell", "B cell", "natural killer cell", ""],
            "Predicted Sub Cell Types": ["naive T cell", "naive B cell", "", ""],
            "Marker List": ["CD3D,CD3E,IL7R", "MS4A1,CD79A,CD19", "NKG7,GNLY,KLRD1", "ACTB"],
        }
    )


def test_only_what_is_a_score_from_0_to_100_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    labels().to_csv("old_full.csv", index=False)
    with ModelServer(fault=scored, models=()) as server:
        monkeypatch.setenv(PROVIDER_VARIABLE, "custom")
        monkeypatch.setenv(URL_VARIABLE, server.url)
        monkeypatch.delenv(MODEL_VARIABLE, raising=False)
        table = CASSIA.runCASSIA_score_batch("old_full.csv", "scored.csv").set_index("True Cell Type")
    assert table.loc["t", "Score"] == 85.5
    assert table.loc[["b", "nk", "none"], "Score"].isna().all()
    assert "850" in table.loc["b", "Scoring_Reasoning"] and "number" in table.loc["nk", "Scoring_Reasoning"]
    assert pd.read_csv("scored.csv")["Score"].notna().tolist() == [True, False, False, False]


def test_a_label_whose_score_is_blank_is_looked_at_again(tmp_path: Path):
    def blank(asked: Asked, good: str) -> Answer | None:
        if asked.agent == "validator":
            return Answer(text='{"reasoning": "Fine.", "passed": true, "score": ""}')
        return Answer(text=fenced({"reasoning": "x", "score": ""})) if asked.agent == "scorer" else None

    with ModelServer(fault=blank) as server, Bench(quick(server, boost="selective"), tmp_path) as bench:
        result = bench.one(cluster_of("0"))
    assert any(turn.role == "booster" for turn in result.turns), "a missing score says nothing for the label"


def test_the_commands_score_and_group_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    labels().to_csv("old_full.csv", index=False)
    assert main(["score", "old_full.csv"]) == 2, "one has no label"
    assert "3 of 4 labels have a score" in capsys.readouterr().out
    assert Path("old_scored.csv").exists() and Path("old_scored_report.html").exists()
    assert main(["merge", "old_full.csv", "--detail", "broad"]) == 0
    assert "Merged_Grouping_1" in pd.read_csv("old_merged.csv")
