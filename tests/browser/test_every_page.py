"""All pages at five widths and in both themes: nothing juts out or is cut, nothing moves, all is reached by keys."""

from __future__ import annotations

import re
import shutil

import anndata
import pytest
from playwright.sync_api import Browser, Page, expect

from cassia_core.services.intake.intake import demo_path
from tests.browser.looking import AXE, at_rest, faults_by_axe, faults_of_layout

pytestmark = pytest.mark.browser
PAGES = (
    "",
    "data",
    "setup",
    "run",
    "results",
    "conversations",
    "runs",
    "runs?part=Tokens+and+cost",
    "knowledge",
    "settings",
    "batch",
)
_TAB_STOPS = """() => [...document.querySelectorAll('[data-testid="stMain"] :is(button, input, textarea, a[href], [tabindex="0"])')]
  .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1
    && !(e.type === 'radio' && !e.checked) && !(e.role === 'radio' && e.ariaChecked !== 'true'))  // arrow keys go on within a group
  .map((e, number) => { e.dataset.stop = number; return e.ariaLabel || e.innerText || e.tagName; })"""
_FOCUSED = """() => {
  let e = document.activeElement;
  const stop = Number(e.dataset?.stop ?? -1);
  while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
  if (e === document.body || !e.closest) return null;
  const probe = document.body.appendChild(Object.assign(document.createElement('i'), { style: 'color:var(--cw-accent)' }));
  const accent = getComputedStyle(probe).color;
  probe.remove();
  const marks = (x) => { const s = getComputedStyle(x), after = getComputedStyle(x, '::after');
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none' || (parseFloat(s.borderTopWidth) > 0 && s.borderTopColor === accent)
      || (after.content !== 'none' && parseFloat(after.borderTopWidth) > 0); };
  let shown = false;
  for (let x = e, up = 0; x && up < 4 && !shown; x = x.parentElement, up++) shown = marks(x);
  shown ||= Boolean(e.closest('[data-testid="stDataFrame"], .stage, [data-baseweb]'));  // these draw their own
  return { name: e.getAttribute('aria-label') || e.innerText || e.tagName, stop, shown };
}"""


@pytest.fixture(scope="module")
def run_id(app_server, demo_run) -> str:
    shutil.copytree(demo_run, app_server.home / "batch_results" / demo_run.name)
    return demo_run.name


def opened(page: Page, url: str, path: str, run_id: str) -> Page:
    page.goto(f"{url}/{path}" + ("" if "?" in path or not path else f"?run={run_id}"))
    at_rest(page)
    return page


def test_no_page_juts_out_scrolls_sideways_or_cuts_words_at_any_width(page, app_server, run_id):
    page.set_default_timeout(60_000)
    wrong = {}
    for path in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        if faults := faults_of_layout(opened(page, app_server.url, path, run_id)):
            wrong[path] = faults
    assert not wrong


def test_pages_with_a_file_open_are_laid_out_well_at_every_width(page, app_server, tmp_path):
    adata = anndata.read_h5ad(demo_path())
    del adata.obsm["X_umap"]
    adata.obs = adata.obs[[]].assign(donor=["a", "b", "c", "d"] * (adata.n_obs // 4))
    own = tmp_path / "a_long_name_of_a_file_of_blood_cells_as_people_give_them_2024-01-31_final.h5ad"
    adata.write_h5ad(own)
    page.set_default_timeout(60_000)
    opened(page, app_server.url, "data", "")
    page.locator("input[type=file]").set_input_files(own)
    expect(page.get_by_role("button", name="Next: Set-up")).to_be_enabled(timeout=120_000)
    at_rest(page)
    wrong = {"data": faults_of_layout(page)}
    marks = page.get_by_role("row").filter(has_text="None in the file")
    assert marks.count() == 2 and "check_circle" not in " ".join(marks.all_inner_texts()), "no tick"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Next: Set-up").click()
    expect(page.get_by_role("button", name="Use donor")).to_be_visible(timeout=120_000)
    at_rest(page)
    wrong["setup"] = faults_of_layout(page)
    assert not any(wrong.values()), wrong


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here; .ci/run fetches it")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_on_any_page(browser: Browser, app_server, run_id, theme):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)
    page = context.new_page()
    wrong = {}
    for path in PAGES:
        if faults := faults_by_axe(opened(page, app_server.url, path, run_id)):
            wrong[path] = faults
    context.close()
    assert not wrong


def test_another_colouring_moves_nothing_and_keeps_the_scale_of_the_map(page, app_server, run_id):
    opened(page, app_server.url, "results", run_id)
    canvas = page.locator("canvas.cw-map").first
    expect(canvas).to_have_attribute("data-state", "drawn", timeout=60_000)
    where = "(e) => [...Object.values(e.getBoundingClientRect().toJSON()), e.dataset.view].join(' ')"
    before = canvas.evaluate(where)
    for way in ("Cluster", "Confidence", "Gene"):
        page.get_by_role("radio", name=way, exact=True).click()
        at_rest(page)
        expect(canvas).to_have_attribute("aria-label", page_colour(way))
        assert canvas.evaluate(where) == before, way


def page_colour(way: str) -> re.Pattern[str]:
    """What the map's description says of a way to colour it; a gene's name is not known beforehand."""
    return re.compile("coloured by " + ("(?!Cell type|Cluster|Confidence)" if way == "Gene" else way))


def test_legend_and_map_choose_the_cluster_of_the_card_and_the_others_stand_back(page, app_server, run_id):
    opened(page, app_server.url, "results", run_id)
    canvas = page.locator("canvas.cw-map").first
    expect(canvas).to_have_attribute("data-state", "drawn", timeout=60_000)
    assert canvas.get_attribute("data-focus") == "", "nothing stands back before a person chose"
    card = page.locator(".st-key-evidence_card h3")
    before = card.inner_text()
    chip = page.locator(".chip:not(.boxed):not(.plain)").last
    name = chip.locator(".name").inner_text()
    chip.click()
    expect(card).to_have_text(name, timeout=60_000)
    assert name != before
    page.locator(".chip", has_text=name).click()  # all colours again: now the other clusters are paler
    expect(canvas).not_to_have_attribute("data-focus", "", timeout=60_000)
    page.get_by_role("button", name="Show the cells of all clusters").click()
    expect(canvas).to_have_attribute("data-focus", "", timeout=60_000)


def test_every_control_of_results_is_reached_by_the_tab_key_and_its_focus_is_seen(page, app_server, run_id):
    page.emulate_media(reduced_motion="reduce")  # else a border is seen half way to its colour
    opened(page, app_server.url, "results", run_id)
    page.locator("h1").first.click()
    wanted, reached, unseen = page.evaluate(_TAB_STOPS), set(), set()
    for _ in range(2 * len(wanted) + 40):  # the map has more of them, which are counted with it
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None:
            break
        if not focused["shown"]:
            unseen.add(focused["name"][:40])
        reached.add(focused["stop"])
    assert not unseen
    assert [name for number, name in enumerate(wanted) if number not in reached] == []
    assert len(wanted) > 30, "the page has its controls"


@pytest.mark.parametrize("width", [820, 1440])
def test_four_panels_have_one_scale_and_one_tool_bar_and_fit_a_screen(page, app_server, run_id, width):
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, app_server.url, "results", run_id)
    page.get_by_role("radio", name="4", exact=True).click()
    maps = page.locator("canvas.cw-map[data-state=drawn]")
    expect(maps).to_have_count(4, timeout=60_000)
    at_rest(page)
    shapes = maps.evaluate_all(
        "all => all.map((e) => { const r = e.getBoundingClientRect(); return [r.width, r.height, e.dataset.view]; })"
    )
    assert all(shape == shapes[0] for shape in shapes), "whatever their legends, all have the same frame"
    assert page.locator(".tools:visible").count() == 1
    assert page.locator("div.legend").last.evaluate("e => e.getBoundingClientRect().bottom") <= 900
