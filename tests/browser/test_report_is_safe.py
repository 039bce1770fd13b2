"""A report full of hostile text, opened in a browser: nothing of theirs runs, nothing leaves the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cassia_core.domain.annotation import Boost, ClusterResult, Evidence, EvidenceItem, Proposal, QualityScore
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.conversation import Turn
from cassia_core.domain.findings import Finding, Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.report.html.report_page import EditedLabel
from cassia_core.report.html.samples_chart import SampleCounts
from cassia_core.runs.store import RunRecord
from tests.reporting import a_call, material_of, report_of

pytestmark = pytest.mark.browser
HOSTILE = (
    "<script>window.hit=1</script>",
    "<img src=http://evil.example/x onerror='window.hit=2'>",
    "</script><script>window.hit=3</script>",
    "[link](javascript:window.hit=4)",
    "=cmd|' /C calc'!A0",
    "\u202egnitirw",
    '" onmouseover="window.hit=5',
    "{{ 7*7 }}",
    "</style><style>body{display:none}",
    "$\\alpha$",
    "</svg><script>window.hit=6</script>",
    '\\22 } body{display:none} a{x:"',
    "\u2069\u202eesrever",
    "url(http://evil.example/y)",
    "'); fetch('http://evil.example/z'); ('",
)


def hostile_row(number: int, text: str) -> ClusterResult:
    proposal = Proposal(
        general=text, subtypes=(text, text + "2"), mixed=(text,), key_genes=(text,), reasoning=text
    )
    evidence = Evidence(
        label=text,
        basis="cells",
        score=50.0,
        best_alternative=text,
        alternative_score=1.0,
        items=(EvidenceItem(gene=text, kind="supporting", text=text),),
        problems=(text,),
    )
    return ClusterResult(
        cluster=f"{number}{text}",
        status="needs_review",
        reason=text,
        n_cells=10,
        markers=(text, "CD3D"),
        proposal=proposal,
        evidence=evidence,
        score=QualityScore(value=1.0, reasoning=text, model=text),
        light="look",
        light_reason=text,
        boost=Boost(before=proposal, after=proposal, reason=text),
        turns=(Turn(role="annotator", attempt=1, text=f"CD3D {text}", model=text, outcome="not_passed"),),
        model=text,
        provider=text,
    )


def write_hostile(path: Path) -> tuple[ClusterResult, ...]:
    rows = tuple(hostile_row(i, text) for i, text in enumerate(HOSTILE))
    spec = DatasetSpec(name="".join(HOSTILE), path="x.h5ad", tissue=HOSTILE[1], context=HOSTILE[2])
    edits = {
        rows[i].cluster: EditedLabel(label=HOSTILE[-1 - i], cl_id=text, original=text, reason=text, at=text)
        for i, text in enumerate(HOSTILE[:6])
    }
    samples = SampleCounts(
        column=HOSTILE[0],
        samples=HOSTILE,
        clusters=tuple(r.cluster for r in rows),
        cells=np.ones((len(HOSTILE), len(rows)), dtype=int),
    )
    calls = tuple(a_call(text, text) for text in HOSTILE)
    report_of(
        rows,
        path,
        spec=spec,
        edits=edits,
        notes=HOSTILE,
        families=dict(zip(HOSTILE, HOSTILE, strict=True)),
        record=RunRecord(
            config=RunConfig(datasets=(spec,)),
            created_at=HOSTILE[0],
            packages={HOSTILE[0]: HOSTILE[1]},
            prompts={HOSTILE[2]: HOSTILE[3]},
        ),
        outcome=DatasetOutcome(dataset="x", tissue="x", file_path="x", n_cells=100, error=HOSTILE[1]),
        findings=Findings(
            kind="cells",
            format="h5ad",
            n_cells=100,
            n_genes=5,
            done=HOSTILE,
            found=(Finding(topic="Size", value=HOSTILE[0], remark=HOSTILE[1]),),
        ),
        material=replace(
            material_of(rows, calls=calls, stages={"qc": HOSTILE[0], "leiden": HOSTILE[2]}), samples=samples
        ),
    )
    return rows


def test_hostile_text_in_a_report_neither_runs_nor_breaks_out_nor_calls_home(page, tmp_path):
    path = tmp_path / "report.html"
    rows = write_hostile(path)
    requests: list[str] = []
    faults: list[str] = []
    page.on("request", lambda r: requests.append(r.url))
    page.on("dialog", lambda d: pytest.fail("a dialog opened"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(path.as_uri())
    page.click("#open-all")
    for button in page.locator("#legend button").all():
        button.click()
    page.locator("#map").hover(position={"x": 300, "y": 200})
    page.select_option("#light", "edited")
    page.click("#reset")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None and faults == []
    assert [r for r in requests if not r.startswith(("file:", "data:"))] == []
    assert page.locator("img").count() == 1, "only our own picture of the map"
    assert page.locator("script:not([type])").count() == 1 and page.locator("style").count() == 1
    assert page.evaluate("getComputedStyle(document.body).display") != "none"
    assert page.locator("#clusters tbody tr").count() == len(rows)
    handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length"
    assert page.evaluate(handlers) == 0
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert all(link.startswith("#") for link in links), (
        "no id of the Cell Ontology among them, so no link leaves"
    )
    for i, text in enumerate(HOSTILE):
        assert text in page.locator("#clusters tbody tr").nth(i).text_content()


def test_signs_that_turn_the_reading_direction_turn_only_their_own_text(page, tmp_path):
    path = tmp_path / "report.html"
    write_hostile(path)
    page.goto(path.as_uri())
    page.click("#open-all")
    turned = page.evaluate("""() => {
      const wrong = [];
      for (const row of document.querySelectorAll('.cluster > summary .muted')) {
        const range = document.createRange(), last = row.lastChild;
        if (last.nodeType !== 3 || !last.textContent.includes(' cells')) continue;
        const at = last.textContent.indexOf('cells');
        const left = (i) => {
          range.setStart(last, at + i);
          range.setEnd(last, at + i + 1);
          return range.getBoundingClientRect();
        };
        if (left(0).top === left(4).top && left(0).left > left(4).left) wrong.push(row.textContent);
      }
      return wrong;
    }""")
    assert turned == []
