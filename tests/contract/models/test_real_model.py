"""A real language model, where its two packages are there: a cluster ends with a label or with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.annotation import names_a_type
from tests.annotating import HUMAN_BLOOD, Bench, cluster_of, quick
from tests.knowledge_lists import B_CELL
from tests.model_server import ModelServer
from tests.real_model import RealModel, python_with_model

MODEL = python_with_model()


@pytest.mark.skipif(MODEL is None, reason="no real model here (python -m tests.bench.real_model makes one)")
def test_a_cluster_ends_in_a_label_with_evidence_or_in_a_refusal_with_its_reason(tmp_path: Path):
    assert MODEL is not None
    with ModelServer() as unused:
        params = quick(unused, boost="off", score=False, max_attempts=1, first_word_timeout_s=None)
    with RealModel(MODEL) as server:
        annotator = replace(params.annotator, base_url=server.url)
        with Bench(replace(params, annotator=annotator), tmp_path, wait_s=1.0) as bench:
            result = bench.one(cluster_of("0", B_CELL[:8]), HUMAN_BLOOD, n_genes=8)
            assert bench.faults == [] and 1 <= len(bench.calls) <= 6
    assert result.label or result.reason
    assert result.light != "high" or names_a_type(result.label)
    assert not any(word in result.reason for word in ("program itself", "not reached", "no word"))
    assert all(call.input_tokens > 0 or not call.counted for call in bench.calls)
