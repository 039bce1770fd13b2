"""The map on the page Results: several panels, each with its own colours; the card of chosen cells; the
choice of a gene.
"""

from __future__ import annotations

import csv
import io
import re
import shutil

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
CHOSEN = re.compile(r"^[\d,]+ cells? chosen")


@pytest.fixture(scope="module")
def run_id(app_server, demo_run) -> str:
    shutil.copytree(demo_run, app_server.home / "batch_results" / demo_run.name)
    return demo_run.name


@pytest.fixture
def results_page(page: Page, app_server, run_id) -> Page:
    page.goto(f"{app_server.url}/results?run={run_id}")
    drawn(page, 1)
    return page


def drawn(page: Page, panels: int) -> None:
    expect(page.locator("canvas.cw-map[data-state=drawn]")).to_have_count(panels)
    idle(page)


def idle(page: Page) -> None:
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    page.wait_for_timeout(300)


def choose_panels(page: Page, n: int) -> None:
    page.get_by_role("radio", name="1 panel" if n == 1 else str(n), exact=True).click()
    drawn(page, n)


def draw_around(page: Page, panel: int) -> None:
    box = page.locator("canvas.cw-map").nth(panel).bounding_box()
    left, top = box["x"] + 30, box["y"] + 40
    right, bottom = box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 10
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")


def alts(page: Page) -> list[str]:
    """What each panel is coloured by."""
    return [
        re.search("coloured by ([^.]*)", text).group(1)
        for text in page.locator("canvas.cw-map").evaluate_all(
            "maps => maps.map((map) => map.getAttribute('aria-label'))"
        )
    ]


def test_panels_begin_with_types_and_telling_genes_and_keep_their_own_colours(results_page):
    choose_panels(results_page, 4)
    first = alts(results_page)
    assert first[0] == "Cell type"
    assert len(set(first)) == 4, "three different genes"
    results_page.get_by_role("combobox", name="Colour panel 3 by").click()
    results_page.get_by_role("option", name="Confidence").click()
    expect(results_page.locator("canvas.cw-map").nth(2)).to_have_attribute(
        "aria-label", re.compile("Confidence")
    )
    idle(results_page)
    wanted = [*first[:2], "Confidence", first[3]]
    assert alts(results_page) == wanted
    results_page.get_by_text(re.compile("^Look at these first")).click()
    idle(results_page)
    assert alts(results_page) == wanted, "another run of the page leaves every panel as it was"
    choose_panels(results_page, 1)
    choose_panels(results_page, 4)
    assert alts(results_page) == wanted


def test_cells_drawn_around_in_the_second_panel_give_one_card_and_a_note_in_both(results_page):
    choose_panels(results_page, 2)
    draw_around(results_page, panel=1)
    card = results_page.locator(".st-key-chosen_cells")
    expect(card.get_by_text(CHOSEN)).to_have_count(1)
    n = card.get_by_text(CHOSEN).text_content().split()[0]
    expect(results_page.get_by_text(f"{n} cells chosen", exact=True)).to_have_count(
        3
    )  # two notes and the card
    expect(card.get_by_role("columnheader", name="Cell type")).to_be_visible()
    expect(card.get_by_role("columnheader", name="Difference")).to_be_visible()
    with results_page.expect_download() as saved:
        card.get_by_role("button", name="Save these cells").click()
    rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
    assert rows[0] == ["cell", "cluster", "label", "cell_type_short"] and f"{len(rows) - 1:,}" == n
    idle(results_page)
    card.get_by_role("button", name="Clear").click()
    expect(card).to_have_count(0)
    expect(results_page.get_by_text("cells chosen")).to_have_count(0)


def test_a_typed_gene_is_found_by_another_name_and_an_absent_one_is_named(results_page):
    results_page.get_by_role("radio", name="Gene").click()
    box = results_page.get_by_role("combobox", name="Gene: choose or type")
    box.fill("CD20")
    box.press("Enter")
    expect(results_page.get_by_text("CD20 is another name of MS4A1.")).to_be_visible()
    expect(results_page.locator("canvas.cw-map")).to_have_attribute("aria-label", re.compile("MS4A1"))
    idle(results_page)
    box.fill("NOSUCHGENE1")
    box.press("Enter")
    expect(
        results_page.get_by_text(re.compile("NOSUCHGENE1 is not in your data. The map still shows MS4A1"))
    ).to_be_visible()


@pytest.mark.parametrize("width", [1280, 1024])
def test_nothing_collides_with_two_panels(results_page, width):
    results_page.set_viewport_size({"width": width, "height": 900})
    choose_panels(results_page, 2)
    draw_around(results_page, panel=0)
    expect(results_page.get_by_text("cells chosen")).to_have_count(3)
    idle(results_page)
    boxes = results_page.locator(".root").evaluate_all("""roots => roots.map((root) => {
      const box = (part) => { const r = part.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
      const parts = [...root.querySelectorAll(".label, .tools, .note, .axis, .legend")].filter((part) => !part.hidden);
      return { root: box(root), wide: root.scrollWidth > root.clientWidth, parts: parts.map((p) => [p.className, ...box(p)]) };
    })""")
    assert len(boxes) == 2 and boxes[0]["root"][2] <= boxes[1]["root"][0]
    for panel in boxes:
        assert not panel["wide"]
        for at, (name, left, top, right, bottom) in enumerate(panel["parts"]):
            assert left >= panel["root"][0] - 1 and right <= panel["root"][2] + 1, f"{name} leaves the panel"
            for other, a, b, c, d in panel["parts"][at + 1 :]:
                assert not (left < c - 1 and a < right - 1 and top < d - 1 and b < bottom - 1), (
                    f"{name} lies on {other}"
                )
    controls = results_page.locator("[data-testid=stSelectbox], [data-testid=stButtonGroup]").evaluate_all(
        "all => all.map((one) => "
        "{ const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"
    )
    for at, (left, top, right, bottom) in enumerate(controls):
        for a, b, c, d in controls[at + 1 :]:
            assert not (left < c - 1 and a < right - 1 and top < d - 1 and b < bottom - 1), (
                "two choices lie on each other"
            )
