"""Nothing jumps: the side bar keeps its width, and the Run page stands still while it looks for news."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.model_server import ModelServer

pytestmark = pytest.mark.browser
LONG_MS = 240_000
WATCH = """(selector) => {
  window.widths = [];
  const look = () => {
    const bar = document.querySelector(selector);
    if (bar) window.widths.push(Math.round(bar.getBoundingClientRect().width));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SMALL_MAP = ".st-key-small_map img"
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
    from cassia_core.services.intake import intake
    from cassia_core.services.runs import runs

    monkeypatch.setenv("CASSIA_HOME", str(app_server.home))

    with ModelServer(latency_s=15.0) as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        spec = DatasetSpec(name="slow", path=str(intake.demo_path()), tissue="blood")
        run_id = runs.start_run(
            RunConfig(datasets=(spec,), annotation=AnnotationParams(annotator=model, max_workers=12))
        )
        page.goto(f"{app_server.url}/run?run={run_id}")
        expect(page.get_by_text("Annotating").first).to_be_visible(timeout=LONG_MS)
        expect(page.get_by_text("The map fills in as clusters finish.")).to_be_visible(timeout=LONG_MS)
        page.wait_for_timeout(1000)
        watched = [
            *(page.get_by_role("heading", name=name, exact=True) for name in ("Stages", "Clusters", "Cost")),
            page.get_by_text("The map fills in"),
            page.locator(SMALL_MAP),
        ]
        places = []
        expect(page.locator(SMALL_MAP)).to_be_visible(timeout=LONG_MS)
        page.evaluate("(map) => { window.first = document.querySelector(map) }", SMALL_MAP)
        for _ in range(5):
            places.append([part.bounding_box() for part in watched])
            page.wait_for_timeout(1000)
        assert page.evaluate("(map) => window.first === document.querySelector(map)", SMALL_MAP), (
            "the map is not made anew"
        )
        runs.cancel_run(run_id)
    assert all(place == places[0] for place in places), places
