"""CASSIA's names for comparing candidates and looking closer: signatures, files, and what is refused."""

from __future__ import annotations

import inspect
from pathlib import Path

import pandas as pd
import pytest

import cassia_core as CASSIA
from cassia_core.api import PROVIDER_VARIABLE
from cassia_core.errors import ConfigError, RunError

B_CELL = "MS4A1, CD79A, CD79B, CD19, PAX5, BANK1"
BOOST = (
    "conversation_history_mode='full', search_strategy='breadth', report_style='per_iteration', "
    "validator_involvement='v1', conversations_json_path='auto', species='human', auto_convert_ids=True, "
    "reasoning=None"
)
FIRST = "full_result_path, marker, cluster_name, major_cluster_info, output_name, "
SIGNATURES = {
    "symphonyCompare": (
        "tissue, celltypes, marker_set, species='human', model_preset='budget', custom_models=None, "
        "output_dir=None, output_basename=None, enable_discussion=True, max_discussion_rounds=3, "
        f"consensus_threshold={2 / 3}, generate_report=True, api_key=None, verbose=True, "
        "validate_api_key_before_start=True"
    ),
    "compareCelltypes": (
        "tissue, celltypes, marker_set, species='human', model_preset='default', model_list=None, "
        "output_file=None, generate_html_report=True, discussion_mode=False, discussion_rounds=1"
    ),
    "runCASSIA_annotationboost": (
        f"{FIRST}num_iterations=10, model=None, provider='openrouter', temperature=0, {BOOST}"
    ),
    "runCASSIA_annotationboost_additional_task": (
        f"{FIRST}num_iterations=5, model=None, provider='openrouter', "
        f"additional_task='check if this is a cancer cluster', temperature=0, {BOOST}"
    ),
}


@pytest.fixture(autouse=True)
def offline_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(PROVIDER_VARIABLE, "offline")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SIGNATURES)
def test_names_parameters_and_defaults_are_those_of_the_original(name: str):
    found = inspect.signature(getattr(CASSIA, name)).parameters.values()
    said = [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in found]
    assert ", ".join(said) == SIGNATURES[name]


def test_candidates_are_compared_for_a_bare_list_and_written_as_csv_and_html(tmp_path: Path):
    found = CASSIA.symphonyCompare("blood", ["B cell", "T cell"], B_CELL, output_basename="pair")
    assert found.consensus == "B cell" and found.confidence == 1.0
    assert "one is no agreement" in found.summary
    table = pd.read_csv(tmp_path / "pair.csv")
    assert table["B cell_score"].iloc[0] > table["T cell_score"].iloc[0]
    assert {"model", "round", "status", "B cell_reasoning", "B cell_evidence"} <= set(table.columns)
    assert "Evidence (measured)" in (tmp_path / "pair.html").read_text()


def test_a_closer_look_writes_what_the_original_names_and_refuses_a_cluster_without_markers(tmp_path: Path):
    table = pd.DataFrame({"cluster": ["0", "1"], "marker_genes": [B_CELL, ""]})
    pd.DataFrame({"Tissue": ["blood"], "Species": ["human"]}).to_csv(tmp_path / "r_summary.csv")
    (tmp_path / "r_full.csv").write_text("x\n")
    found = CASSIA.runCASSIA_annotationboost_additional_task("r_full.csv", table, "0", "blood", "look")
    assert "B cell" in found.label and "no language model" in found.look.answer
    assert found.look.question == "check if this is a cancer cluster"
    assert (tmp_path / "look_summary.html").exists() and found.as_dict()["status"] == "success"
    assert "Booster" in (tmp_path / "look_raw_conversation.txt").read_text()
    with pytest.raises(RunError, match="No gene with usable values"):
        CASSIA.runCASSIA_annotationboost("r_full.csv", table, "1", "blood", "nothing")


@pytest.mark.parametrize(
    ("call", "parameter"),
    [
        (lambda: CASSIA.symphonyCompare("blood", ["B cell"], B_CELL), "celltypes"),
        (lambda: CASSIA.symphonyCompare("blood", ["a", "b"], " "), "marker_set"),
        (lambda: CASSIA.symphonyCompare("blood", ["a", "b"], B_CELL, model_preset="x"), "model_preset"),
        (lambda: CASSIA.compareCelltypes("blood", ["a", "b"], B_CELL, model_list=[]), "custom_models"),
    ],
)
def test_a_wrong_value_says_parameter_received_and_expected(call, parameter: str):
    with pytest.raises(ConfigError, match=f"`{parameter}` cannot be .* Expected: "):
        call()
