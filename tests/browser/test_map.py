"""The map in a real browser: drawn, pointed at, isolated, drawn around; hostile names stay text."""

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
        [sys.executable, "-m", "streamlit", "run", str(HERE / "map_app.py"), "--server.headless", "true", "--server.port",
         str(port), "--browser.gatherUsageStats", "false"], cwd=HERE.parents[1], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=os.environ | {"CASSIA_HOME": str(tmp_path_factory.mktemp("map"))})
    for _ in range(400):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
            break
        except OSError:
            time.sleep(0.2)
    yield f"http://localhost:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def drawn(page: Page, map_url: str) -> Page:
    page.goto(f"{map_url}/?n=6000")
    page.locator("canvas.cw-map[data-state=drawn]").wait_for()
    page.wait_for_timeout(500)
    return page


def saturated_colours(page: Page) -> int:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(page.locator("canvas.cw-map").screenshot())).convert("RGB")
    seen = {(r // 40, g // 40, b // 40) for r, g, b in picture.getdata() if max(r, g, b) - min(r, g, b) > 60}
    return len(seen)


def middle(page: Page) -> tuple[float, float, dict]:
    box = page.locator("canvas.cw-map").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box


def test_cells_are_drawn_in_the_colours_of_their_types_and_hostile_names_stay_text(drawn):
    assert saturated_colours(drawn) >= 4
    expect(drawn.get_by_text("T cell", exact=True).first).to_be_visible()
    expect(drawn.get_by_text("<img src=x onerror='window.hit=1'>").first).to_be_attached()
    assert drawn.evaluate("window.hit") is None


def test_pointing_at_a_cell_shows_its_card(drawn):
    x, y, box = middle(drawn)
    for step in range(40):
        drawn.mouse.move(x + 20 + step * 8, y)
        drawn.wait_for_timeout(30)
        if drawn.get_by_text(re.compile(r"^Cluster \d")).is_visible():
            return
    pytest.fail("no card was shown")


def test_the_legend_isolates_a_type_and_shows_all_again(drawn):
    before = saturated_colours(drawn)
    drawn.get_by_role("button", name=re.compile("monocyte")).click()
    expect(drawn.get_by_text(re.compile("cells shown in colour"))).to_be_visible()
    drawn.wait_for_timeout(800)
    assert saturated_colours(drawn) < before
    drawn.get_by_role("button", name="Show all").click()


def test_drawing_around_cells_sends_these_cells_to_the_page(drawn):
    x, y, box = middle(drawn)
    top, bottom, right = box["y"] + 8, box["y"] + box["height"] - 8, box["x"] + box["width"] - 60
    drawn.keyboard.down("Shift")
    drawn.mouse.move(x, top)
    drawn.mouse.down()
    for corner in ((right, top), (right, bottom), (x, bottom), (x, top)):
        drawn.mouse.move(*corner, steps=5)
    drawn.mouse.up()
    drawn.keyboard.up("Shift")
    chosen = drawn.get_by_text(re.compile(r"^[1-9]\d* cells of clusters \["))
    expect(chosen).to_be_visible()
    assert 2000 < int(chosen.text_content().split()[0]) < 4000, "about half of 6,000 lie in the right half"


def test_a_click_on_a_cell_names_its_cluster(drawn):
    x, y, _ = middle(drawn)
    for step in range(40):
        drawn.mouse.move(x + 20 + step * 8, y)
        drawn.wait_for_timeout(30)
        if drawn.get_by_text(re.compile(r"^Cluster \d")).is_visible():
            drawn.mouse.click(x + 20 + step * 8, y)
            expect(drawn.get_by_text("clicked cluster 0")).to_be_visible()
            return
    pytest.fail("no cell was found")
