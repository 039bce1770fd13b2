"""A newcomer's path without help: from a file of one's own to a corrected label in the exported file."""

from __future__ import annotations

import re
from pathlib import Path

import anndata
import pytest
from playwright.sync_api import Page, expect

from cassia_core.services.intake.intake import demo_path
from tests.browser.looking import at_rest

pytestmark = pytest.mark.browser
LONG_MS = 400_000
MOST_CLICKS = 8
_WORD = "basophil"


class Hand:
    """Clicks and types like a person, and counts both."""

    def __init__(self, page: Page) -> None:
        self._page, self.clicks, self.words = page, 0, 0

    def click(self, name: str, *, timeout: float = 120_000) -> None:
        button = self._page.get_by_role("button", name=name, exact=True)
        expect(button.first).to_be_enabled(timeout=timeout)
        button.first.click(timeout=timeout)
        self.clicks += 1

    def give(self, path: Path) -> None:
        with self._page.expect_file_chooser() as chooser:
            self._page.get_by_test_id("stFileUploader").get_by_role("button", name="Upload").last.click()
        chooser.value.set_files(path)
        self.clicks += 1

    def type(self, label: str, word: str) -> None:
        box = self._page.get_by_role("dialog").get_by_label(label, exact=True)
        box.fill(word)
        box.press("Enter")
        self.words += 1


def test_from_a_file_of_ones_own_to_a_corrected_label_in_the_exported_file(page, app_server, tmp_path):
    own = tmp_path / "my_cells.h5ad"
    own.write_bytes(demo_path().read_bytes())
    page.goto(app_server.url)
    at_rest(page)
    hand = Hand(page)
    hand.click("Choose a file")
    hand.give(own)
    hand.click("Next: Set-up")
    hand.click("Start")
    hand.click("See the results", timeout=LONG_MS)
    hand.click("Correct")
    hand.type("Cell type", _WORD)
    said = page.get_by_role("dialog").get_by_text(re.compile("is called")).text_content()
    cluster = re.search(r"Cluster (.+) is called", said).group(1)
    hand.click("Rename")
    with page.expect_download(timeout=LONG_MS) as started:
        hand.click("Save the corrected cells (h5ad)")
    saved = tmp_path / started.value.suggested_filename
    started.value.save_as(saved)
    cells = anndata.read_h5ad(saved)
    of_cluster = cells.obs[cells.uns["cassia"]["cluster_key"]].astype(str) == cluster
    assert set(cells.obs["cell_type"][of_cluster].astype(str)) == {_WORD}
    assert hand.clicks <= MOST_CLICKS and hand.words == 1
