"""A run that stopped at its limit can be taken up by another with a higher one, and nothing is paid twice."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.services.runs import results, runs
from tests.contract.test_resume import ended, wait
from tests.model_server import ModelServer


def test_a_higher_limit_goes_on_from_what_the_parent_run_has_paid(tmp_path: Path):
    table = tmp_path / "lists.csv"
    lists = {str(c): ",".join(f"C{c}G{g}" for g in range(20)) for c in range(6)}
    pd.DataFrame({"cluster": lists.keys(), "marker_genes": lists.values()}).to_csv(table, index=False)
    with ModelServer() as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url, max_tokens=500)
        config = RunConfig(
            datasets=(DatasetSpec(name="lists", path=str(table), tissue="blood"),),
            annotation=AnnotationParams(
                annotator=model, max_workers=1, boost="off", merge=False, max_tokens_total=2500
            ),
        )
        first = runs.start_run(config, {}, tmp_path)
        assert wait(first, tmp_path, ended).state in ("partial", "failed")
        paid = server.stats.calls
        assert 0 < paid < 12
        second = runs.raise_limit(first, max_tokens_total=50_000, root=tmp_path)
        assert runs.load_config(second, tmp_path).parent_run == first
        assert wait(second, tmp_path, ended).state == "success"
        assert server.stats.calls == 13, "one first question, and two calls a cluster over both runs"
    assert {r.cluster: r.label for r in results.load_results(second, "lists", tmp_path).rows} == {
        c: f"C{c}G0 cell" for c in lists
    }
