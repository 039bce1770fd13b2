"""One story in a real browser: look, choose cells, correct, lose nothing, take home what the screen says."""

from __future__ import annotations

import re
from pathlib import Path

import anndata
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from cassia_core.services.labels.names import everyday_name

pytestmark = pytest.mark.browser
LONG_MS = 240_000
NEW_LABEL = "naive B cell"
OUTSIDE = re.compile(r"(?!http://localhost|ws://localhost|data:|blob:)")


def test_what_is_seen_chosen_and_corrected_survives_refresh_and_restart_and_is_what_the_files_say(
    page, app_server, tmp_path
):
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if OUTSIDE.match(r.url) else None)
    open_results_of_the_demo(page, app_server.url)
    before = legend(page)
    assert sum(before.values()) == 700, "every cell of the demo is in the legend"

    colour_by_gene(page, "CD79A")
    chosen, parts = draw_around_the_middle(page)
    assert 0 < chosen < 700 and sum(parts) == chosen, (
        "the counts per cluster add up to the cells that were chosen"
    )
    colour_by_type(page)

    cluster, old = correct_the_shown_cluster(page, NEW_LABEL)
    expect_corrected(page, cluster, NEW_LABEL)
    after = legend(page)
    assert after[NEW_LABEL] == before.get(NEW_LABEL, 0) + cells_of(page)
    page.reload()
    expect_corrected(page, cluster, NEW_LABEL)
    app_server.stop()
    app_server.start()
    page.goto(page.url)
    expect_corrected(page, cluster, NEW_LABEL)
    assert legend(page) == after

    open_history(page).get_by_role("button", name="Undo the last step").click()
    expect(card(page).get_by_role("heading", name=old, exact=True)).to_be_visible()
    expect(page.locator("div.legend")).not_to_contain_text(NEW_LABEL)
    assert legend(page) == before
    correct_the_shown_cluster(page, NEW_LABEL)
    expect_corrected(page, cluster, NEW_LABEL)
    shown = legend(page)
    cells, table = take_home(page, tmp_path)
    assert_the_files_say_what_the_screen_says(cells, table, shown, cluster, old)
    assert outside == [], "the app must not need a network"


def open_results_of_the_demo(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start the demo").click()
    page.get_by_role("button", name="See the results").click(timeout=LONG_MS)
    wait_for_map(page)


def wait_for_map(page: Page) -> None:
    page.locator("canvas.cw-map[data-state=drawn]").first.wait_for()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)


def legend(page: Page) -> dict[str, int]:
    """Name and number of cells of every entry of the map's legend."""
    wait_for_map(page)
    chips = page.locator("div.legend .chip")
    chips.first.wait_for()
    return {
        chip.locator(".name").text_content(): number(chip.locator(".count").text_content())
        for chip in chips.all()
    }


def number(text: str) -> int:
    return int(re.search(r"[\d,]+", text).group().replace(",", ""))


def way(page: Page, name: str):
    """One way to colour the map."""
    return page.get_by_role("radio", name=name, exact=True)


def colour_by_gene(page: Page, gene: str) -> None:
    way(page, "Gene").click()
    box = page.get_by_role("combobox", name=re.compile("Gene"))
    box.click()
    box.fill(gene)
    page.get_by_role("option", name=gene, exact=True).click()
    expect(page.locator("div.legend .name.gene")).to_have_text(gene)
    expect(page.locator("div.legend")).to_contain_text("cells above 0")
    wait_for_map(page)


def colour_by_type(page: Page) -> None:
    way(page, "Cell type").click()
    expect(page.locator("div.legend .chip").first).to_be_visible()


def draw_around_the_middle(page: Page) -> tuple[int, list[int]]:
    """Draw with the mouse; gives the number chosen by the map's note, and the counts that the card of the
    selection says.
    """
    page.get_by_role("button", name=re.compile("Choose cells by drawing")).click()
    box = page.locator("canvas.cw-map").first.bounding_box()
    x, y, w, h = box["x"], box["y"], box["width"], box["height"]
    corners = [(0.2, 0.15), (0.6, 0.15), (0.6, 0.85), (0.2, 0.85), (0.2, 0.15)]
    page.mouse.move(x + w * corners[0][0], y + h * corners[0][1])
    page.mouse.down()
    for across, down in corners[1:]:
        page.mouse.move(x + w * across, y + h * down, steps=6)
    page.mouse.up()
    selection = page.locator(".st-key-chosen_cells")
    said = selection.get_by_text(re.compile(r"^[\d,]+ cells chosen"))
    expect(said).to_be_visible()
    wait_for_map(page)
    counts = selection.locator("table").first.locator("tbody td:nth-child(2)").all_text_contents()
    return number(said.text_content()), [number(n) for n in counts]


def card(page: Page):
    """The card of the chosen cluster."""
    return page.locator(".st-key-evidence_card")


def cells_of(page: Page) -> int:
    """Cells of the cluster on the card."""
    return number(
        re.search(
            r"[\d,]+ cells", card(page).get_by_text(re.compile(r"^Cluster .* cells")).text_content()
        ).group()
    )


def correct_the_shown_cluster(page: Page, label: str) -> tuple[str, str]:
    """Rename the cluster on the card by the search over the ontology; gives its id and its old label."""
    page.get_by_role("button", name="Correct", exact=True).click()
    dialog = page.get_by_role("dialog")
    asked = re.search(
        r"Cluster (.+) is called (.+)\.", dialog.get_by_text(re.compile("is called")).text_content()
    )
    dialog.get_by_label("Cell type", exact=True).fill("naive B")
    dialog.get_by_label("Cell type", exact=True).press("Enter")
    choice = dialog.get_by_role("combobox", name=re.compile("Take this name"))
    choice.click()
    page.get_by_role("option", name=re.compile(rf"^{label} \(CL:")).click()
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).not_to_be_visible()
    return asked.group(1), asked.group(2)


def expect_corrected(page: Page, cluster: str, label: str) -> None:
    wait_for_map(page)
    expect(card(page).get_by_role("heading", name=label, exact=True)).to_be_visible()
    expect(card(page).get_by_text("Corrected by you")).to_be_visible()
    expect(page.locator("div.legend")).to_contain_text(label)
    history = open_history(page)
    expect(
        history.get_by_text(re.compile(rf"Renamed cluster {re.escape(cluster)}: .+ → {label}")).first
    ).to_be_visible()


def open_history(page: Page):
    box = page.locator("[data-testid=stExpander]").filter(has_text="Your corrections")
    if not box.get_by_role("button", name="Undo the last step").is_visible():
        box.locator("summary").click()
    expect(box.get_by_role("button", name="Undo the last step")).to_be_visible()
    return box


def take_home(page: Page, folder: Path) -> tuple[anndata.AnnData, pd.DataFrame]:
    """Save the corrected cells and the corrected table through the browser, and read them again."""
    page.get_by_role("button", name="Download", exact=True).click()
    make = page.get_by_role("button", name="Make the edited files")
    make.click()
    expect(make).to_have_count(0)
    wait_for_map(page)
    files = {"h5ad": r"Corrected labels on cells \(h5ad\)", "CSV": r"Corrected labels \(CSV\)"}
    saved = {}
    for kind, label in files.items():
        button = page.get_by_role("button", name=re.compile(label))
        if not page.get_by_role("button", name="Make one zip of everything").is_visible():
            page.get_by_role("button", name="Download", exact=True).click()
        with page.expect_download() as started:
            button.click()
        saved[kind] = folder / started.value.suggested_filename
        started.value.save_as(saved[kind])
        assert "edited" in saved[kind].name
    return anndata.read_h5ad(saved["h5ad"]), pd.read_csv(saved["CSV"], dtype=str)


def assert_the_files_say_what_the_screen_says(
    cells: anndata.AnnData, table: pd.DataFrame, shown: dict[str, int], cluster: str, old: str
) -> None:
    labels = table.set_index("cluster")["cell_type"]
    assert labels[cluster] == NEW_LABEL
    assert everyday_name(table.set_index("cluster")["cell_type_before"][cluster]) == old
    of_cells, clusters = (
        cells.obs["cell_type"].astype(str),
        cells.obs[cells.uns["cassia"]["cluster_key"]].astype(str),
    )
    assert (of_cells == clusters.map(labels)).all(), "every cell has the label of its cluster in the table"
    edited = cells.obs["cell_type_edited"].astype(bool)
    on_screen = of_cells.where(edited, cells.obs["cell_type_short"].astype(str))
    assert on_screen.value_counts().to_dict() == shown, "and each label has as many cells as the legend says"
    before = set(cells.obs["cell_type_before_edit"][clusters == cluster].astype(str))
    assert {everyday_name(label) for label in before} == {old}, "the old label is kept too"
