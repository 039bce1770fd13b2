"""The report in a browser: table, map, print, contrast and headings do what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.domain.annotation import QualityScore
from tests.reporting import a_row, material_of, report_of

pytestmark = pytest.mark.browser


def three_rows(path: Path) -> None:
    rows = tuple(
        a_row(c, label, light=light, score=QualityScore(value=v), gene=gene)
        for c, v, label, light, gene in (
            ("2", 9.0, "B cell", "high", "CD79A"),
            ("10", 80.0, "T cell", "look", "CD3D"),
            ("1", 70.0, "B cell", "medium", "MS4A1"),
        )
    )
    report_of(rows, path, material=material_of(rows), families={"B cell": "B, plasma", "T cell": "T"})


def test_the_table_of_a_report_can_be_searched_filtered_and_sorted(page, tmp_path):
    three_rows(tmp_path / "report.html")
    page.goto((tmp_path / "report.html").as_uri())
    page.fill("#search", "b cell")
    assert page.text_content("#count") == "2 of 3 clusters"
    page.select_option("#light", "medium")
    assert page.text_content("#count") == "1 of 3 clusters"
    page.click("#reset")
    page.select_option("#family", "T")
    assert page.text_content("#count") == "1 of 3 clusters"
    page.click("#reset")
    first = page.locator("#clusters tbody tr > :first-child")
    page.get_by_role("button", name="Score", exact=True).click()
    assert first.all_text_contents() == ["2", "1", "10"]
    page.get_by_role("button", name="Cluster", exact=True).press("Enter")
    assert first.all_text_contents() == ["1", "2", "10"]
    assert page.locator("#clusters th[aria-sort=ascending]").text_content() == "Cluster"


def test_the_map_of_a_report_shows_one_type_alone_and_names_a_cell(page, tmp_path):
    three_rows(tmp_path / "report.html")
    page.goto((tmp_path / "report.html").as_uri())
    ink = """(() => {
      const c = document.getElementById('map'), seen = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 3; i < seen.length; i += 4) n += seen[i] > 200;
      return n;
    })()"""
    everything = page.evaluate(ink)
    assert everything > 200 and page.locator(".picture").is_hidden()
    button = page.locator("#legend button", has_text="T cell")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(200)
    assert 0 < page.evaluate(ink) < 0.6 * everything
    page.click("#every")
    page.wait_for_timeout(200)
    assert page.evaluate(ink) == pytest.approx(everything, rel=0.05), (
        "a canvas that was read is drawn a little differently"
    )
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    for x in range(200, int(box["width"]) - 200, 12):
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        if page.locator("#card").is_visible():
            break
    assert "Cluster" in page.text_content("#card")
    page.click("#closer")
    page.wait_for_timeout(200)
    assert page.evaluate(ink) != pytest.approx(everything, rel=0.05)


def test_a_link_opens_its_cluster_and_printing_opens_all(page, tmp_path):
    three_rows(tmp_path / "report.html")
    page.goto((tmp_path / "report.html").as_uri())
    page.locator(".doubts a").first.click()
    page.wait_for_selector("#c2[open]")
    assert (
        page.locator("#c2").get_attribute("open") is not None
        and page.locator("#c1").get_attribute("open") is None
    )
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#c1").get_attribute("open") is None
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(".picture").is_visible() and page.locator("#explorer").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_a_report_can_be_read_on_its_ground_in_both_themes(page, tmp_path, scheme):
    three_rows(tmp_path / "report.html")
    page.emulate_media(color_scheme=scheme)
    page.goto((tmp_path / "report.html").as_uri())
    page.click("#open-all")
    weak = page.evaluate("""() => {
      const parts = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
      const linear = (v) => (v <= 10.31 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
      const lum = ([r, g, b]) => [r, g, b].map(linear).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
      const found = [];
      for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || !e.checkVisibility() || e.closest('svg')) continue;
        const a = lum(parts(getComputedStyle(e).color)), b = lum(ground(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push(e.className + ' ' + e.textContent.slice(0, 30) + ' ' + ratio.toFixed(2));
      }
      return found;
    }""")
    assert weak == []


def test_headings_go_down_step_by_step_and_every_picture_has_words(page, tmp_path):
    three_rows(tmp_path / "report.html")
    page.goto((tmp_path / "report.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.click("#open-all")
    levels = [
        int(tag[1])
        for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName)")
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    mute = "[...document.querySelectorAll('svg[role=img], canvas')].filter(e => !e.getAttribute('aria-label')).length"
    assert page.evaluate(mute) == 0
    assert page.locator("img:not([alt])").count() == 0
    assert page.evaluate("[...document.querySelectorAll('th')].filter(h => !h.scope).length") == 0
    assert (
        page.evaluate("[...document.querySelectorAll('input, select')].filter(f => !f.labels.length).length")
        == 0
    )
