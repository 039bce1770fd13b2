"""What the annotator is given of the knowledge base: short, chosen without a call, and not in blind runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.scoring.open_types import MOST_GENES, MOST_TYPES, open_types
from tests.annotating import LENIENT, NothingMeasured, Scripted, cluster_of, scripted_bench

BLOOD = Setting(species="human", tissue="blood")
T_CELL = cluster_of("0", ["CD3D", "CD3E", "IL7R", "TRAC", "LTB", "CD2", "TCF7", "LEF1", "CCR7", "MAL"])
ANSWER = json.dumps(
    {
        "reasoning": "x",
        "general": "T cell",
        "subtypes": ["T cell"],
        "mixed": [],
        "key_genes": ["CD3D"],
        "tissue": "",
    }
)
PASSED = '{"reasoning": "ok", "passed": true, "score": 90}'


class Measured(NothingMeasured):
    """Cells in which every gene was measured."""

    basis = "cells"

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        return tuple(GeneMeasurement(gene=g, status="measured_here", pct_in=0.5, pct_out=0.1) for g in genes)


def asked(tmp_path: Path, **changes: object) -> tuple[dict, list]:
    provider = Scripted(annotator=ANSWER, validator=PASSED)
    expression = changes.pop("expression", NothingMeasured())
    checks = replace(LENIENT, open_types=open_types)
    with scripted_bench(tmp_path, provider, checks=checks, boost="off", **changes) as bench:
        result = bench.one(T_CELL, BLOOD, expression=expression)
    assert result.status == "done"
    assert [request.agent for request in provider.requests] == ["annotator", "validator"], "no further call"
    return json.loads(provider.requests[0].messages[1].content), list(result.turns)


def test_open_types_come_with_genes_that_tell_them_apart():
    found = open_types(T_CELL, BLOOD, 50)
    assert 1 <= len(found) <= MOST_TYPES
    assert any("T cell" in kind.name for kind in found)
    assert all(0 < len(kind.marked_by) <= MOST_GENES for kind in found)
    assert len({kind.name for kind in found}) == len(found)
    assert found == open_types(T_CELL, BLOOD, 50), "the same list gives the same reference"


def test_a_list_that_speaks_for_nothing_gets_no_reference():
    assert open_types(cluster_of("0", ["NOGENE1", "NOGENE2", "NOGENE3"]), BLOOD, 50) == ()


def test_the_reference_is_sent_as_data_and_stands_in_the_conversation(tmp_path: Path):
    data, turns = asked(tmp_path, use_reference=True)
    assert data["reference"] and "measured" not in data
    assert turns[0].role == "reference" and turns[0].model == "" and "marked by" in turns[0].text
    assert sum(map(len, map(str, data["reference"].items()))) < 2000, "about 500 tokens at most"


def test_with_cells_the_measured_contrasts_go_with_it(tmp_path: Path):
    data, turns = asked(tmp_path, use_reference=True, expression=Measured())
    assert 0 < len(data["measured"]) <= 24
    assert "as measured in this cluster" in turns[0].text


def test_without_the_wish_and_in_blind_runs_there_is_none(tmp_path: Path):
    for number, changes in enumerate(({}, {"use_reference": True, "blind": True})):
        data, turns = asked(tmp_path / str(number), **changes)
        assert "reference" not in data and turns[0].role == "annotator"
