"""The benchmark on small tables, offline and with a provider that answers like a model."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cassia_core.errors import InputError, ProviderError
from cassia_core.llm.protocol import ChatRequest, ChatResponse
from cassia_core.services.engine.benchmark import measure_accuracy, run_benchmark

ROWS = [
    {
        "row_id": "a",
        "tissue": "blood",
        "species": "human",
        "markers": "MS4A1, CD79A, CD79B, BANK1, CD19",
        "gold_label": "B cells",
        "cl_id": "CL:0000236",
    },
    {
        "row_id": "b",
        "tissue": "",
        "species": "human",
        "markers": "ALB, APOA1, APOC3, TTR, FGB, CYP2E1",
        "gold_label": "hepatocyte",
        "cl_id": "",
    },
    {
        "row_id": "c",
        "tissue": "",
        "species": "human",
        "markers": "ACTB, GAPDH, PSMB2, MED13, KIF3A, NDUFA4",
        "gold_label": "T cell",
        "cl_id": "",
    },
    {
        "row_id": "d",
        "tissue": "",
        "species": "human",
        "markers": "CD3D, CD3E, TRAC, CD3G, TRBC1",
        "gold_label": "3T3 cells",
        "cl_id": "",
    },
]


def table(folder: Path, rows: list[dict], columns: tuple[str, ...] = tuple(ROWS[0])) -> Path:
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["row_id"]: row for row in csv.DictReader(file)}


def test_every_row_is_answered_with_ids_and_a_status(tmp_path):
    result = run_benchmark(table(tmp_path, ROWS), tmp_path / "out" / "pred.csv")
    found = read(result.output)
    assert list(found) == ["a", "b", "c", "d"]
    assert (found["a"]["prediction"], found["a"]["cl_id"]) == ("B cell", "CL:0000236")
    assert found["b"]["cl_id"] == "CL:0000182"
    assert (found["c"]["prediction"], found["c"]["cl_id"], found["c"]["status"]) == ("Unknown", "", "unknown")
    assert float(found["a"]["confidence"]) > 50


def test_accuracy_leaves_out_gold_labels_without_a_lineage(tmp_path):
    accuracy = run_benchmark(table(tmp_path, ROWS), tmp_path / "pred.csv").accuracy
    assert accuracy.n == 3
    assert accuracy.same_lineage == pytest.approx(200 / 3)
    assert accuracy.labelled == 75
    assert len(accuracy.lines()) == 5


def test_near_terms_and_kin_lineages_get_half_a_point():
    gold = [{"row_id": "1", "gold_label": "naive B cell"}, {"row_id": "2", "gold_label": "T cell"}]
    predicted = [
        {"row_id": "1", "prediction": "B cell", "cl_id": "CL:0000236"},
        {"row_id": "2", "prediction": "natural killer cell", "cl_id": "CL:0000623"},
    ]
    accuracy = measure_accuracy(gold, predicted)
    assert (accuracy.same_lineage, accuracy.near_lineage) == (50, 75)
    assert accuracy.same_term == 0
    assert accuracy.mean_term == pytest.approx(25)


def test_missing_predictions_score_nothing():
    accuracy = measure_accuracy([{"row_id": "1", "gold_label": "T cell"}], [])
    assert (accuracy.same_lineage, accuracy.mean_term, accuracy.labelled) == (0, 0, 0)


def test_without_gold_there_is_no_accuracy(tmp_path):
    columns = ("row_id", "markers")
    assert run_benchmark(table(tmp_path, ROWS, columns), tmp_path / "pred.csv").accuracy is None


@pytest.mark.parametrize("rows", [[], [{"row_id": "a"}], [ROWS[0], ROWS[0]]])
def test_tables_that_cannot_be_used_are_refused_with_the_reason(tmp_path, rows):
    columns = ("row_id",) if rows and "markers" not in rows[0] else tuple(ROWS[0])
    with pytest.raises(InputError, match="cannot be benchmarked"):
        run_benchmark(table(tmp_path, rows, columns), tmp_path / "pred.csv")


class Model:
    """Answers like a language model, except for one row."""

    def complete(self, request: ChatRequest, heard: object = None) -> ChatResponse:
        if request.cluster == "c":
            raise ProviderError("The server is down.", "It said so.", "Wait.")
        assert "markers" in request.messages[-1].content
        return ChatResponse(text='Because.\n```json\n{"general": "lymphocyte", "subtypes": ["T cells"]}\n```')

    def close(self) -> None:
        raise AssertionError("The caller's provider is closed by the caller.")


def test_any_provider_can_be_measured_and_a_failed_row_stays_in_the_table(tmp_path):
    result = run_benchmark(table(tmp_path, ROWS), tmp_path / "pred.csv", provider=Model())
    found = read(result.output)
    assert result.n_failed == 1
    assert (found["c"]["status"], found["c"]["prediction"]) == ("failed", "")
    assert (found["a"]["prediction"], found["a"]["general"]) == ("T cell", "lymphocyte")


def test_progress_is_told(tmp_path):
    told = []
    run_benchmark(
        table(tmp_path, ROWS), tmp_path / "pred.csv", progress=lambda done, n: told.append((done, n))
    )
    assert told[-1] == (4, 4)
