"""Keyboard and screen reader, on every page: names, one heading, pictures with words, visible focus, the way
to the next step.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
LONG_MS = 240_000
WITHOUT_RUN = ("", "data", "setup", "run", "results", "conversations", "runs", "knowledge", "settings")
WITH_RUN = ("", "run", "results", "conversations", "runs")
MAIN_ACTION = {"": "Start the demo", "run": "See the results", "results": "Read the conversation"}
NAMELESS = re.compile(
    r"- (button|link|textbox|combobox|checkbox|radio|slider|spinbutton|switch|tab|searchbox)(?=$|:| \[)"
)
FOCUS_LOOKS = """async () => {
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  if (!e || e === document.body) return null;
  const rest = () => new Promise((done) => setTimeout(done, 60));
  const look = (n) => [null, '::after'].map((part) => { const c = getComputedStyle(n, part); return [c.content, c.boxShadow,
    c.outlineStyle === 'none' ? '' : c.outline, c.borderColor, c.backgroundColor, c.opacity, c.color].join(' '); }).join(' ');
  const chain = [e];
  for (let n = e.parentElement, k = 0; n && k < 9; n = n.parentElement, k++) chain.push(n);
  const box = e.getBoundingClientRect();
  const name = (e.getAttribute('aria-label') || e.textContent || e.tagName).trim().slice(0, 60);
  await rest();
  const focused = chain.map(look);
  const small = box.width < 2 || box.height < 2 || !!e.closest('[data-testid=stDataFrame]');
  e.blur();
  await rest();
  const blurred = chain.map(look);
  e.focus({preventScroll: true, focusVisible: true});
  return {name, tag: e.tagName.toLowerCase(), small, changed: focused.some((l, i) => l !== blurred[i])};
}"""


@pytest.fixture(scope="module")
def demo_query(browser, app_server) -> str:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(app_server.url)
    page.get_by_role("button", name="Start the demo").click()
    page.get_by_role("button", name="See the results").wait_for(timeout=LONG_MS)
    query = page.url.split("?", 1)[1]
    page.context.close()
    return query


def opened(page: Page, address: str) -> Page:
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    page.locator("h1").first.wait_for()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true], [data-testid=stSkeleton]")).to_have_count(0)
    return page


def assert_readable(page: Page) -> None:
    assert page.locator("h1:visible").count() == 1
    tree = page.locator("body").aria_snapshot()
    assert [line.strip() for line in tree.splitlines() if NAMELESS.search(line)] == []
    assert page.locator("img:not([alt]), [role=img]:not([aria-label]):not([alt]):not(svg)").count() == 0
    assert page.locator("html").get_attribute("lang")


def stops(page: Page, most: int, until: str = "") -> list[dict]:
    """What the Tab key reaches, in order."""
    page.locator("h1").first.click()
    page.keyboard.press("Control+Home")
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS_LOOKS)
        if stop is None:
            continue
        found.append(stop)
        if until and until in stop["name"]:
            break
    return found


@pytest.mark.parametrize("path", WITHOUT_RUN)
def test_every_page_without_a_run_can_be_read_aloud(page, app_server, path):
    assert_readable(opened(page, f"{app_server.url}/{path}"))


@pytest.mark.parametrize("path", WITH_RUN)
def test_every_page_with_a_run_can_be_read_aloud(page, app_server, demo_query, path):
    assert_readable(opened(page, f"{app_server.url}/{path}?{demo_query}"))


@pytest.mark.parametrize("path", WITHOUT_RUN)
def test_the_focus_can_be_seen_at_every_stop_of_the_tab_key(page, app_server, path):
    invisible = [
        s["name"]
        for s in stops(opened(page, f"{app_server.url}/{path}"), 16)
        if not s["changed"] and not s["small"]
    ]
    assert invisible == []


@pytest.mark.parametrize(("path", "action"), MAIN_ACTION.items())
def test_the_tab_key_reaches_the_next_step(page, app_server, demo_query, path, action):
    reached = stops(opened(page, f"{app_server.url}/{path}?{demo_query}"), 80, until=action)
    assert action in reached[-1]["name"], [s["name"] for s in reached]


def test_a_gene_chip_shows_its_card_on_focus_and_the_map_takes_keys(page, app_server, demo_query):
    opened(page, f"{app_server.url}/conversations?{demo_query}")
    chip = page.locator(".cw-turn .cw-gene.in").first
    chip.focus()
    expect(chip.get_by_role("tooltip")).to_be_visible()
    opened(page, f"{app_server.url}/results?{demo_query}")
    page.locator("canvas.cw-map[data-state=drawn]").wait_for()
    page.locator("canvas.cw-map").focus()
    page.keyboard.press("+")
    expect(page.locator("canvas.cw-map")).to_have_attribute(
        "aria-label", re.compile(r"Map of 700 cells, coloured by")
    )
