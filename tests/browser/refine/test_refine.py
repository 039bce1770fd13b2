"""Refine in a real browser: ask again, compare, accept, undo; report and cells say what the screen says."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import anndata
import pytest
from playwright.sync_api import Page, expect

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.services.intake import intake
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.runs import runs
from tests.model_server import ModelServer

pytestmark = pytest.mark.browser
LONG_MS = 240_000
PICTURES = os.environ.get("TEST_PICTURES", "")
"""A folder, where pictures of the page are wanted."""


def test_a_doubtful_cluster_is_asked_again_compared_accepted_and_undone_and_the_files_agree(
    page: Page, app_server, tmp_path: Path
):
    with ModelServer(latency_s=0.05) as server:
        run = demo_run_of(server, Path(app_server.home) / "batch_results")
        before = labels_of(run)
        page.goto(f"{app_server.url}/results?run={run.name}")
        page.get_by_role("button", name="Second opinion").click()
        expect(page.get_by_role("heading", name="Refine", exact=True)).to_be_visible()
        cluster = chosen_cluster(page)
        start(page)
        card = opinion(page, f"Ask again, cluster {cluster}")
        expect(card).to_contain_text(re.compile(r"\d of \d agree|No agreement"))
        expect(card).to_contain_text(re.compile(r"\d+ calls, "))
        compare_accept_and_undo(page, run, cluster, before, tmp_path)


def compare_accept_and_undo(
    page: Page, run: Path, cluster: str, before: dict[str, str], folder: Path
) -> None:
    """Compare two candidates, accept one, look into the files, and take it back."""
    base = page.url.split("/refine")[0]

    choose(page, "Compare candidates")
    expect(page.get_by_text(re.compile("Candidates, 2 to 4 types"))).to_be_visible()
    start(page)
    card = opinion(page, f"Compare candidates, cluster {cluster}")
    expect(card).to_contain_text("Evidence (measured)")
    expect(card).to_contain_text("One model alone is no agreement")
    pictures(page)

    accepting = card.get_by_role("button", name=re.compile("^Accept ")).and_(page.locator(":enabled")).first
    new = accepting.text_content().replace("check", "").strip().removeprefix("Accept ").strip()
    accepting.click()
    expect(page.get_by_text(f"Cluster {cluster} is now called {new}.")).to_be_visible()
    expect(card.get_by_text(f"Now: {new}.")).to_be_visible()
    assert labels_of(run) == before, "the run's own files stay what they were"
    assert_edited_files(page, run, cluster, new, folder)

    page.goto(f"{base}/refine?run={run.name}")
    history = page.locator("[data-testid=stExpander]").filter(has_text="Your corrections")
    history.locator("summary").click()
    undo = history.get_by_role("button", name="Undo the last step")
    undo.click()
    expect(undo).to_have_count(0)  # leaving the page at once would leave before the step is taken back
    page.goto(f"{base}/results?run={run.name}")
    expect(page.locator("div.legend .chip").first).to_be_visible()
    expect(page.get_by_text("Corrected by you")).to_have_count(0)


def demo_run_of(server: ModelServer, root: Path) -> Path:
    """The demo, annotated by the stand-in, which can be asked again."""
    model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
    spec = DatasetSpec(name="pbmc", path=str(intake.demo_path()), tissue="blood", species="human")
    params = AnnotationParams(annotator=model, boost="off", merge=False)
    run_id = runs.start_run(RunConfig(datasets=(spec,), annotation=params), {}, root)
    deadline = time.monotonic() + LONG_MS / 1000
    while runs.view_run(run_id, root).state not in runs.ENDED:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return root / run_id


def labels_of(run: Path) -> dict[str, str]:
    """Everyday label of every cluster in the run's own annotated cells."""
    [path] = (path for path in run.glob("*/*/*_annotated.h5ad") if "edited" not in path.name)
    cells = anndata.read_h5ad(path, backed="r")
    clusters = cells.obs[cells.uns["cassia"]["cluster_key"]].astype(str)
    return dict(zip(clusters, cells.obs["cell_type_short"].astype(str), strict=True))


def chosen_cluster(page: Page) -> str:
    """The one cluster that the button of its card chose."""
    tag = page.locator(".st-key-refine_clusters .react-aria-ComboBox [data-tag]")
    expect(tag).to_have_count(1)
    return tag.text_content().split(":")[0].strip()


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=re.compile(name)).click()


def start(page: Page) -> None:
    """Start, and wait until the form is there again."""
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".st-key-refine_live")).to_have_count(0, timeout=LONG_MS)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=LONG_MS)


def opinion(page: Page, head: str):
    """The newest card of that kind."""
    card = page.locator("[class*=st-key-opinion_]").filter(has_text=head).first
    expect(card).to_be_visible(timeout=LONG_MS)
    return card


def assert_edited_files(page: Page, run: Path, cluster: str, new: str, folder: Path) -> None:
    """The corrected cells and the corrected report, saved through the browser, say the accepted label."""
    base = page.url.split("/refine")[0]
    page.goto(f"{base}/results?run={run.name}")
    expect(page.get_by_text("Corrected by you").first).to_be_visible()
    page.get_by_role("button", name="Download", exact=True).click()
    make = page.get_by_role("button", name="Make the edited files")
    make.click()
    expect(make).to_have_count(0, timeout=LONG_MS)
    if not page.get_by_role("button", name="Make one zip of everything").is_visible():
        page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile(r"Corrected labels on cells \(h5ad\)")).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    cells = anndata.read_h5ad(path)
    of_cluster = cells.obs[cells.uns["cassia"]["cluster_key"]].astype(str) == cluster
    assert {everyday_name(label) for label in cells.obs["cell_type"][of_cluster].astype(str)} == {new}
    reports = sorted(run.rglob("*edited*.html"))
    assert reports and new in reports[-1].read_text(encoding="utf-8"), "the corrected report says it, too"


def pictures(page: Page) -> None:
    """The page in both themes, where somebody wants to look at it; drawn anew, as its tables know the theme."""
    for scheme in ("dark", "light") if PICTURES else ():
        page.emulate_media(color_scheme=scheme)
        page.get_by_role("heading", name="Refine", exact=True).click()
        page.keyboard.press("r")
        page.wait_for_timeout(3000)
        page.screenshot(path=Path(PICTURES) / f"refine_{scheme}.png", full_page=True)
