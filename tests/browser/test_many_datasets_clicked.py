"""The page Batch in a real browser: from files to the labels of all of them side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.looking import at_rest, faults_of_layout
from tests.small_runs import write_lists

pytestmark = pytest.mark.browser
LONG_MS = 240_000


def test_a_batch_is_clicked_through_from_uploads_to_labels_side_by_side(page, app_server, tmp_path: Path):
    tables = [write_lists(tmp_path / f"{name}.csv") for name in ("a", "b", "c")]
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"just some words\n" * 100)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,tissue,species\na.csv,blood,human\nb.csv,blood,human\nc.csv,spleen,human\n")
    page.goto(f"{app_server.url}/batch")
    page.locator("input[type=file]").set_input_files([*tables, broken, manifest])
    start = page.get_by_role("button", name="Start 4 datasets")
    expect(start).to_be_enabled(timeout=LONG_MS)
    expect(page.get_by_text("What to do:").first).to_be_visible()
    expect(page.get_by_text("will be reported as failed")).to_be_visible()
    page.get_by_role("button", name="Fill a column").click()
    page.get_by_role("button", name="Fill down").click()
    expect(page.get_by_text("datasets have no tissue")).to_have_count(0)
    at_rest(page)
    assert not faults_of_layout(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    start.click()
    expect(page.get_by_text("4 datasets: 3 done, 1 failed.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Across datasets", exact=True)).to_be_visible()
    expect(page.get_by_text("Spleen", exact=False).first).to_be_attached()
    page.reload()
    expect(page.get_by_text("4 datasets: 3 done, 1 failed.")).to_be_visible(timeout=LONG_MS)
    at_rest(page)
    assert not faults_of_layout(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Retry these only").click()
    expect(page.get_by_role("button", name="Cancel all")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("4 datasets: 3 done, 1 failed.")).to_be_visible(timeout=LONG_MS)
    at_rest(page)
    page.get_by_role("button", name="Download", exact=True).click()
    page.get_by_role("button", name="Make the zip").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the zip").click()
    assert saved.value.suggested_filename.startswith("run_blood_spleen_")
