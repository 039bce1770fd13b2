"""A report full of hostile text, opened in a browser: nothing of theirs runs, nothing leaves the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cassia_core.domain.annotation import ClusterResult, Evidence, EvidenceItem, Proposal, QualityScore
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.conversation import Turn
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.report.html import write_report
from cassia_core.report.report_map import MapOfCells
from cassia_core.runs.store import RunRecord

pytestmark = pytest.mark.browser
HOSTILE = ("<script>window.hit=1</script>", "<img src=http://evil.example/x onerror='window.hit=2'>",
           "</script><script>window.hit=3</script>", "[link](javascript:window.hit=4)", "=cmd|' /C calc'!A0",
           "\u202egnitirw", "\" onmouseover=\"window.hit=5", "{{ 7*7 }}", "</style><style>body{display:none}", "$\\alpha$")


def hostile_row(number: int, text: str) -> ClusterResult:
    evidence = Evidence(label=text, basis="cells", score=50.0, items=(
        EvidenceItem(gene=text, kind="supporting", text=text),), problems=(text,))
    return ClusterResult(
        cluster=f"{number}{text}", status="needs_review", reason=text, n_cells=10, markers=(text, "CD3D"),
        proposal=Proposal(general=text, subtypes=(text, text + "2"), mixed=(text,), key_genes=(text,), reasoning=text),
        evidence=evidence, score=QualityScore(value=1.0, reasoning=text, model=text), light="look", light_reason=text,
        turns=(Turn(role="annotator", attempt=1, text=text, model=text, outcome="not_passed"),), model=text, provider=text)


def test_hostile_text_in_a_report_neither_runs_nor_breaks_out_nor_calls_home(page, tmp_path):
    rows = tuple(hostile_row(i, text) for i, text in enumerate(HOSTILE))
    spec = DatasetSpec(name=HOSTILE[0], path="x.h5ad", tissue=HOSTILE[1], context=HOSTILE[2])
    record = RunRecord(config=RunConfig(datasets=(spec,)), created_at=HOSTILE[0], packages={HOSTILE[0]: HOSTILE[1]})
    cells = MapOfCells(name="X_umap", xy=np.random.default_rng(0).normal(size=(100, 2)),
                       codes=np.arange(100) % len(rows), clusters=tuple(r.cluster for r in rows))
    path = tmp_path / "report.html"
    write_report(path, spec=spec, rows=rows, record=record, findings=None, families={}, cells=cells,
                 outcome=DatasetOutcome(dataset="x", tissue="x", file_path="x", n_cells=100, error=HOSTILE[1]))
    requests: list[str] = []
    page.on("request", lambda r: requests.append(r.url))
    page.on("dialog", lambda d: pytest.fail("a dialog opened"))
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is None
    assert [r for r in requests if not r.startswith(("file:", "data:"))] == []
    assert page.locator("img").count() == 1, "only our own picture of the map"
    assert page.evaluate("getComputedStyle(document.body).display") != "none"
    assert page.locator("#clusters tbody tr").count() == len(rows)
    assert page.locator("a[href^='javascript']").count() == 0
    for i, text in enumerate(HOSTILE):
        assert text in page.locator("#clusters tbody tr").nth(i).text_content()


def test_the_table_of_a_report_can_be_searched_and_sorted(page, tmp_path):
    base = hostile_row(0, "x")
    rows = tuple(replace(base, cluster=c, score=QualityScore(value=v), proposal=Proposal(general=label))
                 for c, v, label in (("2", 9.0, "B cell"), ("10", 80.0, "T cell"), ("1", 70.0, "B cell")))
    spec = DatasetSpec(name="sorted", path="x.csv")
    path = tmp_path / "report.html"
    write_report(path, spec=spec, rows=rows, record=RunRecord(config=RunConfig(datasets=(spec,)), created_at="now"),
                 findings=None, families={}, cells=None, outcome=DatasetOutcome(dataset="x", tissue="x", file_path="x"))
    page.goto(path.as_uri())
    page.fill("#search", "b cell")
    assert page.text_content("#count") == "2 of 3 clusters"
    page.fill("#search", "")
    page.get_by_role("button", name="Score", exact=True).click()
    first = page.locator("#clusters tbody tr td:first-child").all_text_contents()
    assert first == ["2", "1", "10"]
    page.get_by_role("button", name="Cluster", exact=True).click()
    assert page.locator("#clusters tbody tr td:first-child").all_text_contents() == ["1", "2", "10"]
