"""Answers that an earlier version paid for are found again, although the prompts have changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.agents import annotator, booster, formatter, scorer, validator
from cassia_core.domain.annotation import Evidence, Proposal
from cassia_core.domain.tasks import AnnotateTask, BoostTask, FormatTask, ScoreTask, Setting, ValidateTask
from cassia_core.llm.fingerprint import fingerprint
from cassia_core.llm.protocol import ChatRequest
from cassia_core.llm.replay import ReplayProvider
from tests.annotating import cluster_of, scripted_bench

SETTING = Setting(species="human", tissue="blood")
MARKERS = cluster_of("0", ["CD3D", "CD3E", "IL7R"])
JUDGED = {
    "setting": SETTING,
    "markers": MARKERS,
    "proposal": Proposal(general="T cell", subtypes=("CD4 T cell",), key_genes=("CD3D",)),
    "evidence": Evidence(label="CD4 T cell", basis="markers", score=80.0),
}
ANNOTATE = AnnotateTask(setting=SETTING, markers=MARKERS)
VALIDATE = ValidateTask(**JUDGED, with_score=True)
RECORDED = (
    (annotator, ANNOTATE, "72b8ec9b77d34b01c00a881172e64a1d53e1b4a06d5b852351bd8f0b98aea399"),
    (validator, VALIDATE, "b1e7a0dd2277ace7d1998e5e8786534a1b2c01deb16cc3bb937ecd6d07b08079"),
    (scorer, ScoreTask(**JUDGED), "5b8354be7b68b784390d4bab2d2a61a0c3edd619dae7f51bbb32fa78038caa6b"),
    (booster, BoostTask(**JUDGED), "bf2d2b7ab126f592a37b88e505ff69d83164e922fbfda23d73a5226c2776ce12"),
    (
        formatter,
        FormatTask(setting=SETTING, text="x"),
        "fb60819d7df207bb5cef3dfaf5d508418defc593d810b25686ad747a615b0d27",
    ),
)
"""Identities that these requests had in run directories written before replies had their reasoning inside."""


def identity(agent, task, model: str = "m", dataset: str = "d") -> str:
    name = agent.__name__.split(".")[-1]
    prompt = agent.prompt(task) if agent is formatter else agent.prompt(task, earlier=True)
    return fingerprint(
        ChatRequest(
            messages=prompt.messages,
            model=model,
            agent=name,
            task=task,
            dataset=dataset,
            cluster="0",
            json_schema=prompt.json_schema,
        )
    )


@pytest.mark.parametrize(
    ("agent", "task", "recorded"), RECORDED, ids=lambda value: getattr(value, "__name__", "")
)
def test_earlier_requests_keep_their_identity(agent, task, recorded: str):
    assert identity(agent, task) == recorded


def line(key: str, agent: str, reply: str) -> str:
    return json.dumps(
        {
            "key": key,
            "at": "2026-01-01T00:00:00.000+00:00",
            "provider": "custom",
            "model": "scripted",
            "agent": agent,
            "dataset": "data",
            "cluster": "0",
            "attempt": 1,
            "input_tokens": 100,
            "output_tokens": 50,
            "latency_s": 1.0,
            "cost_usd": None,
            "finish_reason": "stop",
            "reply": reply,
        }
    )


def test_a_run_recorded_by_an_earlier_version_replays_without_a_call(tmp_path: Path):
    answer = {
        "general": "T cell",
        "subtypes": ["CD4 T cell"],
        "mixed": [],
        "key_genes": ["CD3D"],
        "tissue": "",
    }
    recorded = tmp_path / "recorded.jsonl"
    recorded.write_text(
        line(
            identity(annotator, ANNOTATE, "scripted", "data"),
            "annotator",
            f"CD3D.\n```json\n{json.dumps(answer)}\n```",
        )
        + "\n"
        + line(
            identity(validator, VALIDATE, "scripted", "data"),
            "validator",
            'Fine.\n```json\n{"score": 80, "reasoning": "ok"}\n```\nVALIDATION PASSED',
        )
        + "\n",
        encoding="utf-8",
    )
    with scripted_bench(tmp_path / "new", ReplayProvider(), earlier=(recorded,), boost="off") as bench:
        result = bench.one(MARKERS)
    assert (result.status, result.label, result.score.value) == ("done", "CD4 T cell", 80.0), result.reason
    assert bench.calls == [] and all(turn.replayed for turn in result.turns if turn.model)
    assert "end with exactly one block" in result.turns[0].sent[0].content, (
        "what was sent then is what is kept"
    )
