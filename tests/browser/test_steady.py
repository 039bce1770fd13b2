"""Nothing jumps: the side bar keeps its width, and the Run page stands still while it looks for news."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.model_server import Asked, ModelServer

pytestmark = pytest.mark.browser
WATCH = """(selector) => {
  window.widths = [];
  const look = () => {
    const bar = document.querySelector(selector);
    if (bar) window.widths.push(Math.round(bar.getBoundingClientRect().width));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SIDE_BAR = '[data-testid="stSidebar"]'


def widths(page: Page) -> set[int]:
    return set(page.evaluate("window.widths"))


def test_the_side_bar_has_one_width_from_its_first_frame_on(page, app_server):
    page.add_init_script(f"({WATCH})('{SIDE_BAR}')")
    for path in ("", "results", "run"):
        page.goto(f"{app_server.url}/{path}")
        page.locator("h1").first.wait_for()
        page.wait_for_timeout(2000)
        assert widths(page) == {232}, path
    for link in ("Data", "Settings", "Start"):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=link).click()
        page.wait_for_timeout(1000)
    assert widths(page) == {232}


def test_on_a_fresh_server_the_side_bar_has_that_width_too(page, app_server):
    app_server.stop()
    app_server.start()
    page.add_init_script(f"({WATCH})('{SIDE_BAR}')")
    page.goto(f"{app_server.url}/settings")
    expect(page.get_by_text("One path", exact=True)).to_be_visible()
    page.wait_for_timeout(1500)
    assert widths(page) == {232}


def test_the_run_page_stands_still_while_it_looks_for_news(page, app_server, monkeypatch):
    from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
    from cassia_core.services import intake, runs

    monkeypatch.setenv("CASSIA_HOME", str(app_server.home))

    def slow(asked: Asked, good: str) -> None:
        return None

    with ModelServer(fault=slow, latency_s=6.0) as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        spec = DatasetSpec(name="slow", path=str(intake.demo_path()), tissue="blood")
        run_id = runs.start_run(RunConfig(datasets=(spec,), annotation=AnnotationParams(annotator=model, max_workers=12)))
        page.goto(f"{app_server.url}/run?run={run_id}")
        expect(page.get_by_text("Annotating", exact=True).first).to_be_visible()
        expect(page.get_by_text("The map fills in as clusters finish.")).to_be_visible()
        page.wait_for_timeout(1000)
        places = []
        for _ in range(5):
            places.append([page.get_by_role("heading", name=name).bounding_box() for name in ("Stages", "Clusters", "Cost")]
                          + [page.get_by_text("The map fills in").bounding_box(), page.locator(".js-plotly-plot").bounding_box()])
            page.wait_for_timeout(1000)
        runs.cancel_run(run_id)
    assert all(place == places[0] for place in places), places
