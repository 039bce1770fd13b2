"""The list of runs follows a run at work by itself, and nothing on the screen moves or closes meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cassia_core import settings
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.services.runs import runs
from tests.model_server import ModelServer
from tests.small_runs import LISTS, past_run, write_lists

pytestmark = pytest.mark.browser


def test_a_run_at_work_is_followed_while_rows_and_an_open_question_stay_where_they_are(
    page, app_server, monkeypatch, tmp_path
):
    monkeypatch.setenv("CASSIA_HOME", str(app_server.home))
    other = past_run(settings.runs_root(), "Finished long ago")
    table = write_lists(tmp_path / "lists.csv", {**LISTS, "3": "NKG7,GNLY,KLRD1,NCAM1,KLRF1"})
    with ModelServer(latency_s=4.0) as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        run_id = runs.start_run(
            RunConfig(
                title="At work",
                datasets=(DatasetSpec(name="lists", path=str(table), tissue="blood"),),
                annotation=AnnotationParams(annotator=model, max_workers=1, boost="off", merge=False),
            )
        )
        page.goto(f"{app_server.url}/runs")
        at_work, below = page.locator(f".st-key-run_{run_id}"), page.locator(f".st-key-run_{other}")
        expect(at_work.get_by_text("0 of 4 clusters")).to_be_visible()
        for drawn_last in (below, page.get_by_text("All runs", exact=True), page.get_by_text("Running 1")):
            expect(drawn_last).to_be_visible()
        places = [at_work.bounding_box(), below.bounding_box()]
        below.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Delete").click()
        question = page.get_by_text("removed for good")
        expect(question).to_be_visible()
        expect(at_work.get_by_text("1 of 4 clusters")).to_be_visible()
        assert question.is_visible(), "the list looked for news and the question stayed"
        assert [at_work.bounding_box(), below.bounding_box()] == places
        page.get_by_role("button", name="Keep it").click()
        expect(at_work.get_by_text("4 of 4 clusters")).to_be_visible()
        expect(at_work.get_by_text("Done")).to_be_visible()
    assert [at_work.bounding_box(), below.bounding_box()] == places
