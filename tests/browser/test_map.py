"""The map in a real browser: drawn, pointed at, isolated, drawn around, several panels linked; hostile names
stay text.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def map_url(browser, tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(HERE / "map_app.py"),
            "--server.headless",
            "true",
            "--server.port",
            str(port),
            "--browser.gatherUsageStats",
            "false",
        ],
        cwd=HERE.parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"CASSIA_HOME": str(tmp_path_factory.mktemp("map"))},
    )
    for _ in range(400):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
            break
        except OSError:
            time.sleep(0.2)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait()


def opened(page: Page, url: str, panels: int, n: int = 6000) -> Page:
    page.goto(f"{url}/?n={n}&panels={panels}")
    expect(page.locator("canvas.cw-map[data-state=drawn]")).to_have_count(panels)
    page.wait_for_timeout(500)
    return page


@pytest.fixture
def drawn(page: Page, map_url: str) -> Page:
    return opened(page, map_url, 1)


@pytest.fixture
def two(page: Page, map_url: str) -> Page:
    return opened(page, map_url, 2)


def saturated_colours(page: Page) -> int:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(page.locator("canvas.cw-map").screenshot())).convert("RGB")
    seen = {(r // 40, g // 40, b // 40) for r, g, b in picture.getdata() if max(r, g, b) - min(r, g, b) > 60}
    return len(seen)


def middle(page: Page, panel: int = 0) -> tuple[float, float, dict]:
    box = page.locator("canvas.cw-map").nth(panel).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box


def draw_around_the_right_half(page: Page, panel: int = 0) -> None:
    x, _, box = middle(page, panel)
    top, bottom, right = box["y"] + 8, box["y"] + box["height"] - 8, box["x"] + box["width"] - 60
    page.keyboard.down("Shift")
    page.mouse.move(x, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (x, bottom), (x, top)):
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")


def point_at_a_cell(page: Page, panel: int = 0) -> tuple[float, float]:
    x, y, _ = middle(page, panel)
    for step in range(60):
        page.mouse.move(x + 20 + step * 5, y)
        page.wait_for_timeout(30)
        if page.get_by_text(re.compile(r"^Cluster \d")).is_visible():
            return x + 20 + step * 5, y
    pytest.fail("no cell was found")


def views(page: Page) -> list[str]:
    return page.locator("canvas.cw-map").evaluate_all("maps => maps.map((map) => map.dataset.view)")


def test_cells_are_drawn_in_the_colours_of_their_types_and_hostile_names_stay_text(drawn):
    assert saturated_colours(drawn) >= 4
    expect(drawn.get_by_text("T cell", exact=True).first).to_be_visible()
    expect(drawn.get_by_text("<img src=x onerror='window.hit=1'>").first).to_be_attached()
    assert drawn.evaluate("window.hit") is None


def test_pointing_at_a_cell_shows_its_card_with_the_label_in_full(drawn):
    point_at_a_cell(drawn)
    expect(drawn.locator(".card", has_text="in full").first).to_be_visible()


def test_a_type_of_the_legend_says_its_label_in_full(drawn):
    expect(drawn.get_by_role("button", name=re.compile("monocyte"))).to_have_attribute(
        "title", re.compile("monocyte, in full, .* cells")
    )


def test_the_legend_isolates_a_type_and_shows_all_again(drawn):
    before = saturated_colours(drawn)
    drawn.get_by_role("button", name=re.compile("monocyte")).click()
    expect(drawn.get_by_text(re.compile("cells shown in colour"))).to_be_visible()
    drawn.wait_for_timeout(800)
    assert saturated_colours(drawn) < before
    drawn.get_by_role("button", name="Show all").click()


def test_drawing_around_cells_sends_these_cells_to_the_page(drawn):
    draw_around_the_right_half(drawn)
    chosen = drawn.get_by_text(re.compile(r"^[1-9]\d* cells of clusters \["))
    expect(chosen).to_be_visible()
    assert 2000 < int(chosen.text_content().split()[0]) < 4000, "about half of 6,000 lie in the right half"


def test_a_click_on_a_cell_names_its_cluster(drawn):
    drawn.mouse.click(*point_at_a_cell(drawn))
    expect(drawn.get_by_text("clicked cluster 0")).to_be_visible()


def test_every_tool_of_the_map_has_a_name(drawn):
    tools = drawn.get_by_role("toolbar", name="Tools of the map").get_by_role("button")
    assert tools.count() == 5
    assert all(tools.nth(i).get_attribute("aria-label") for i in range(5))


def test_escape_ends_a_line_that_is_being_drawn_and_clears_chosen_cells(drawn):
    line = drawn.locator(".over polygon")
    x, y, box = middle(drawn)
    drawn.keyboard.down("Shift")
    drawn.mouse.move(x, y)
    drawn.mouse.down()
    drawn.mouse.move(x + 80, y + 80, steps=5)
    expect(line).to_have_attribute("points", re.compile(r"\d"))
    drawn.keyboard.press("Escape")
    expect(line).to_have_attribute("points", "")
    drawn.mouse.up()
    drawn.keyboard.up("Shift")
    draw_around_the_right_half(drawn)
    expect(drawn.get_by_text(re.compile("cells chosen$"))).to_be_visible()
    drawn.keyboard.press("Escape")
    expect(drawn.get_by_text("0 cells of clusters []")).to_be_visible()
    expect(line).to_have_attribute("points", "")


def test_all_panels_move_and_zoom_together_without_the_server(two):
    assert len(set(views(two))) == 1
    begun = views(two)[0]
    two.get_by_role("button", name="Closer").first.click()
    zoomed = views(two)
    assert zoomed[0] == zoomed[1] != begun
    two.locator("canvas.cw-map").first.focus()
    two.keyboard.press("ArrowLeft")
    moved = views(two)
    assert moved[0] == moved[1] != zoomed[0]
    two.get_by_role("button", name="Whole map").first.click()
    assert views(two) == [begun, begun]


def test_cells_chosen_in_one_panel_are_chosen_in_all_and_cleared_from_any(two):
    draw_around_the_right_half(two, panel=1)
    expect(two.get_by_text(re.compile(r"^[1-9]\d* cells of clusters \["))).to_have_count(1)
    notes = two.get_by_text(re.compile("cells chosen$"))
    expect(notes).to_have_count(2)
    points = two.locator(".over polygon").evaluate_all(
        "all => all.map((line) => line.getAttribute('points').length)"
    )
    assert min(points) > 20, "the line is in both panels"
    two.get_by_role("button", name="Clear the chosen cells").first.click()
    expect(two.get_by_text("0 cells of clusters []")).to_be_visible()
    expect(notes).to_have_count(0)


def test_the_page_can_clear_the_chosen_cells_and_they_stay_cleared(two):
    draw_around_the_right_half(two)
    expect(two.get_by_text(re.compile(r"^[1-9]\d* cells of clusters \["))).to_be_visible()
    two.get_by_role("button", name="Clear from the page").click()
    expect(two.get_by_text("0 cells of clusters []")).to_be_visible()
    expect(two.get_by_text(re.compile("cells chosen$"))).to_have_count(0)
    two.get_by_role("radio", name="Gene").click()
    expect(two.get_by_text("CD79A")).to_have_count(2)
    expect(two.get_by_text("0 cells of clusters []")).to_be_visible()
    draw_around_the_right_half(two)
    expect(two.get_by_text(re.compile(r"^[1-9]\d* cells of clusters \["))).to_be_visible()


def test_pointing_at_a_cell_rings_it_in_the_other_panel_with_its_value_there(two):
    x, y = point_at_a_cell(two)
    rings = two.locator(".over circle")
    expect(rings.nth(0)).to_be_hidden()
    expect(rings.nth(1)).to_be_visible()
    ring, (first, second) = rings.nth(1).bounding_box(), (middle(two, panel)[2] for panel in (0, 1))
    assert abs((ring["x"] + ring["width"] / 2 - second["x"]) - (x - first["x"])) < 14, (
        "the same place in both panels"
    )
    expect(two.get_by_text(re.compile("^CD79A: "))).to_be_visible()
    two.mouse.move(5, 5)
    expect(rings.nth(1)).to_be_hidden()


def test_a_panel_isolates_a_type_for_itself(two):
    two.get_by_role("button", name=re.compile("monocyte")).click()
    expect(two.get_by_text(re.compile("cells shown in colour"))).to_have_count(1)


def test_cells_are_sent_once_whatever_the_number_of_panels(page, map_url):
    sizes = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))))
    opened(page, map_url, 2, n=60_000)
    assert sum(size > 60_000 * 5 for size in sizes) == 1, "two numbers of two bytes and a cluster per cell"


_ON_CELLS = """(map) => {
  const root = map.getRootNode(), frame = map.getBoundingClientRect();
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  pen.canvas.width = frame.width; pen.canvas.height = frame.height;
  pen.drawImage(map, 0, 0, frame.width, frame.height);
  return [...root.querySelectorAll('.label')].map((label) => {
    const at = label.getBoundingClientRect();
    const dots = pen.getImageData(at.x - frame.x, at.y - frame.y, at.width, at.height).data;
    let coloured = 0;
    for (let i = 0; i < dots.length; i += 4) {
      const parts = [dots[i], dots[i + 1], dots[i + 2]];
      coloured += dots[i + 3] > 60 && Math.max(...parts) - Math.min(...parts) > 60;
    }
    return [label.innerText, coloured];
  });
}"""


def test_no_label_lies_on_cells_or_on_another_label(drawn):
    found = drawn.locator("canvas.cw-map").evaluate(_ON_CELLS)
    assert len(found) >= 5 and all(coloured == 0 for _, coloured in found), found
    boxes = drawn.locator(".label").evaluate_all("all => all.map((e) => e.getBoundingClientRect().toJSON())")
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]


def test_a_long_name_of_the_legend_is_whole_on_focus_and_hover(drawn):
    chip = drawn.locator(".chip").nth(2)
    name = chip.locator(".name")
    name.evaluate(
        "e => { e.textContent = 'CD4-positive, CD25-positive, alpha-beta regulatory T cell of the gut'; }"
    )
    cut = "e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'hidden'"
    assert name.evaluate(cut), "it has no room"
    chip.focus()
    drawn.keyboard.press("Shift")  # a focus that came by the keyboard is shown
    assert not name.evaluate(cut)
    drawn.locator("canvas.cw-map").focus()
    chip.hover()
    assert not name.evaluate(cut)
