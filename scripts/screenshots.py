"""Take the pictures of every screen, state and theme into docs/screens/: `python3 run.py screenshots`.

Starts the app on a free port with a home of its own, brings about every state with real data, and photographs
what a
person sees. Names: PAGE_STATE_THEME.png. Needs Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.chromium import ARGS  # noqa: E402

TARGET = ROOT / "docs" / "screens"
WAIT_MS = 120_000
SIZE = {"width": 1440, "height": 900}
WITHOUT_RUN = (
    "start",
    "data",
    "setup",
    "run",
    "results",
    "conversations",
    "runs",
    "refine",
    "learn",
    "batch",
)
NOT_A_FILE_OF_CELLS = {
    "name": "cells.h5ad",
    "mimeType": "application/octet-stream",
    "buffer": b"just some words\n" * 100,
}
SETTLED = """() => {
  const every = (root) => [...root.querySelectorAll('*')].flatMap((e) => e.shadowRoot ? [e, ...every(e.shadowRoot)] : [e]);
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = '[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-testid="stAppSkeleton"], [data-stale="true"]';
  if (!app || app.dataset.testScriptState !== 'notRunning' || !document.querySelector('h1')) return '';
  if (document.querySelector(busy)) return '';
  const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')].filter((e) => e.offsetHeight);
  if (charts.some((e) => !e.querySelector('.main-svg'))) return '';
  const all = every(document.body);
  if (all.some((e) => e.matches('canvas.cw-map') && e.dataset.state !== 'drawn')) return '';
  if ([...document.images].some((e) => !e.complete) || document.fonts.status !== 'loaded') return '';
  const main = document.querySelector('[data-testid="stMainBlockContainer"]');
  return `${all.length} elements, ${main.scrollHeight} high, text of ${main.innerText.length}`;
}"""


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("Chromium is missing. On Debian and Ubuntu: apt-get install chromium\n")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="cassia-screens-", ignore_cleanup_errors=True) as home:
        os.environ["CASSIA_HOME"] = home
        with app_at(free_port()) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
            photograph_all(browser, url)
            browser.close()
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def app_at(port: int) -> Iterator[str]:
    """The app as a server of its own; gives its address."""
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "app.py"),
        "--server.headless",
        "true",
        "--server.port",
        str(port),
        "--browser.gatherUsageStats",
        "false",
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.25)
        yield url
    finally:
        server.terminate()
        server.wait()


class Camera:
    """One browser window per theme, both looking at the same app."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.pages: dict[str, Page] = {}
        for theme in ("light", "dark"):
            self.pages[theme] = browser.new_context(viewport=SIZE, color_scheme=theme).new_page()
            self.pages[theme].set_default_timeout(WAIT_MS)

    def visit(self, path: str, name: str, run_id: str = "") -> None:
        """Open an address and take its picture in both themes."""
        for theme, page in self.pages.items():
            page.goto(f"{self.url}/{path}" + (f"?run={run_id}" if run_id else ""))
            shoot(page, f"{name}_{theme}")


def shoot(page: Page, name: str) -> None:
    """Take a picture once nothing moves any more: no skeleton, no spinner, maps drawn, the same layout
    twice.
    """
    before = ""
    for _ in range(60):
        now = page.wait_for_function(SETTLED).json_value()
        if now == before:
            page.screenshot(path=TARGET / f"{name}.png", animations="disabled")
            if page.evaluate(SETTLED) == now:  # else the page began to draw itself anew meanwhile
                return
        before = now
        page.wait_for_timeout(300)
    raise RuntimeError(f"{name} did not come to rest: {before}")


def photograph_all(browser: Browser, url: str) -> None:
    import screen_runs  # after CASSIA_HOME is set

    camera = Camera(browser, url)
    for path in WITHOUT_RUN:
        camera.visit("" if path == "start" else path, f"{path}_empty")
    model = screen_runs.WaitingModel()
    with screen_runs.model_server(model) as server:
        held = screen_runs.start_held_run(server)
        files_and_set_up(camera)
        screen_runs.wait_for(held, screen_runs.is_waiting)
        for path in ("run", "results", "conversations", "runs"):
            camera.visit(path, f"{path}_running", held)
        model.go_on.set()
        screen_runs.wait_for(held, lambda view: view.state == "partial")
        for path in ("run", "results", "conversations"):
            camera.visit(path, f"{path}_partial", held)
        done = run_the_demo(camera.pages["light"], url)
        for path in ("run", "results", "conversations", "refine", "knowledge", "settings"):
            camera.visit(path, f"{path}_done", done)
        begin_a_lesson(camera)
        a_batch(camera)
        look_up_a_type(camera)
        lower_part_of_results(camera)
        panels_and_dialogs(camera)
        narrow(browser, url, done)
        for state, run_id in screen_runs.make_stopped_runs(server).items():
            camera.visit("run", f"run_{state}", run_id)
    for path in ("start", "runs"):
        camera.visit("" if path == "start" else path, f"{path}_done", done)
    for part, name in (("Compare+two", "runs_compared"), ("Tokens+and+cost", "runs_usage")):
        camera.visit(f"runs?part={part}", name)
    report(camera, next(f.path for f in screen_runs.files_of(done) if f.path.name.endswith("_report.html")))


def run_the_demo(page: Page, url: str) -> str:
    """Run the demo as a person does; gives the id of the run."""
    page.goto(url)
    page.get_by_role("button", name="Start the demo").click()
    page.get_by_role("button", name="See the results").wait_for()
    return page.url.split("run=", 1)[1]


def files_and_set_up(camera: Camera) -> None:
    """A file that is open, the set-up for it, and a file that cannot be read."""
    for theme, page in camera.pages.items():
        page.goto(f"{camera.url}/data")
        page.get_by_role("button", name="Example cells").click()
        page.get_by_text("What we found").wait_for()
        shoot(page, f"data_done_{theme}")
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Set-up").click()
        page.get_by_text("Before you start").wait_for()
        shoot(page, f"setup_done_{theme}")
        to_the_end(page, f"setup_below_{theme}")
        if not page.locator(".st-key-preview_result").count():  # else the other theme's preview is kept
            page.get_by_role("button", name="Preview these clusters").click()
        page.locator(".st-key-preview_result").wait_for()
        page.get_by_role("heading", name="Clusters").scroll_into_view_if_needed()
        shoot(page, f"setup_preview_{theme}")
        page.goto(f"{camera.url}/data")
        page.locator("input[type=file]").set_input_files(NOT_A_FILE_OF_CELLS)
        page.get_by_text("What to do:").wait_for()
        shoot(page, f"data_problem_{theme}")


def look_up_a_type(camera: Camera) -> None:
    """A type of the knowledge base with its genes."""
    for theme, page in camera.pages.items():
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Knowledge").click()
        page.get_by_role("combobox", name="Cell type").fill("regulatory T cell")
        page.get_by_role("option").first.click()
        page.get_by_text("Speak against it").wait_for()
        shoot(page, f"knowledge_type_{theme}")


def begin_a_lesson(camera: Camera) -> None:
    """The first step of the lesson on cells."""
    for theme, page in camera.pages.items():
        page.goto(f"{camera.url}/learn")
        page.get_by_role("button", name="Begin").or_(page.get_by_role("button", name="Go on")).first.click()
        page.get_by_role("button", name="All lessons").wait_for()
        shoot(page, f"learn_done_{theme}")


def a_batch(camera: Camera) -> None:
    """Three tables prepared, done, and their labels side by side."""
    for theme, page in camera.pages.items():
        page.goto(f"{camera.url}/batch")
        if page.get_by_text("Prepare a batch").count():
            page.get_by_text("Prepare a batch").click()
        page.get_by_role("button", name="Three example tables").click()
        page.get_by_text("For 3 datasets together.").wait_for()
        shoot(page, f"batch_prepared_{theme}")
        page.get_by_role("button", name="Start 3 datasets").click()
        page.get_by_text("3 datasets: 3 done.").wait_for()
        shoot(page, f"batch_done_{theme}")
        to_the_end(page, f"batch_across_{theme}")


def lower_part_of_results(camera: Camera) -> None:
    """What is below the first screen of the results: markers in three views, composition, comparison,
    quality.
    """
    for theme, page in camera.pages.items():
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Results").click()
        page.locator("canvas.cw-map[data-state=drawn]").first.wait_for()
        to_the_end(page, f"results_below_{theme}")
        for view, name in (("Heat map", "heat"), ("Violins", "violins")):
            page.get_by_role("radio", name=view).click()
            to_the_end(page, f"results_{name}_{theme}")
        for tab, name in (
            ("Composition by sample", "composition"),
            ("Compare with labels of the file", "compared"),
            ("Quality of the clusters", "quality"),
        ):
            page.get_by_role("tab", name=tab).click()
            to_the_end(page, f"results_{name}_{theme}")


def panels_and_dialogs(camera: Camera) -> None:
    """Two linked maps, and the questions that a correction and a look inside ask."""
    for theme, page in camera.pages.items():
        page.locator("[data-testid=stMain]").evaluate("e => e.scrollTo(0, 0)")
        for button, name in (("Correct", "correct"), ("Look inside", "inside")):
            page.get_by_role("button", name=button, exact=True).click()
            page.get_by_role("dialog").wait_for()
            shoot(page, f"results_{name}_{theme}")
            page.get_by_role("dialog").get_by_role("button", name="Close").click()
        page.get_by_role("radio", name="2", exact=True).click()
        page.locator("canvas.cw-map").nth(1).wait_for()
        shoot(page, f"results_panels_{theme}")
        page.get_by_role("radio", name="1 panel").click()


def report(camera: Camera, path: Path) -> None:
    """The report, as a colleague opens it from a mail."""
    for theme, page in camera.pages.items():
        page.goto(path.as_uri())
        page.wait_for_function(
            "document.readyState === 'complete' && [...document.images].every((e) => e.complete)"
        )
        page.wait_for_timeout(500)
        page.screenshot(path=TARGET / f"report_done_{theme}.png", animations="disabled")


def to_the_end(page: Page, name: str) -> None:
    for _ in range(3):  # the page grows while its lower part is drawn
        page.wait_for_function(SETTLED)
        page.locator("[data-testid=stMain]").evaluate("e => e.scrollTo(0, e.scrollHeight)")
        page.wait_for_timeout(700)
    shoot(page, name)


def narrow(browser: Browser, url: str, run_id: str) -> None:
    """Results and Run on a small laptop and on a tablet."""
    for width, words in ((1280, "laptop"), (1024, "narrow")):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        for path in ("results", "run"):
            page.goto(f"{url}/{path}?run={run_id}")
            shoot(page, f"{path}_{words}_light")
        context.close()


if __name__ == "__main__":
    sys.exit(main())
