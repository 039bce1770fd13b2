"""A class starts the demo within a minute: failures, waits, page answers, memory. On a quiet machine.

    python -m tests.bench.shared_server.class --people 30 --spread 60 [--all-at-once] [--port 8790]

Starts a server in shared mode with a fresh home, signs `--people` contexts of Chromium in, lets each press
"Try the demo" at its moment within `--spread` seconds, and follows every run to its end from disk. Page
answers are timed by a further person who moves between pages. `--all-at-once` switches the queue off.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
SETTLE_S = 900
PAGES = ("/runs", "/knowledge", "/learn", "/")


def serve(home: Path, port: int, at_once: bool) -> subprocess.Popen:
    environment = os.environ | {"CASSIA_HOME": str(home), "CASSIA_MODE": "shared"}
    if at_once:
        environment["CASSIA_RUNS_AT_ONCE"] = "0"
    log = (home / "server.log").open("ab")
    command = [sys.executable, "-m", "cassia_core", "app", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/health", timeout=2)
            return server
        except OSError:
            time.sleep(0.3)
    raise SystemExit((home / "server.log").read_text())


def make_codes(home: Path, people: int) -> list[str]:
    environment = os.environ | {"CASSIA_HOME": str(home), "CASSIA_MODE": "shared"}
    command = [sys.executable, "-m", "cassia_core", "class", "create", "bench", "--people", str(people + 1)]
    text = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    return [
        line.split()[1] for line in text.splitlines() if line.startswith("bench-") and "teacher" not in line
    ]


def sign_in(browser: Browser, port: int, code: str) -> Page:
    page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
    page.set_default_timeout(300_000)
    page.goto(f"http://localhost:{port}/runs")
    page.get_by_test_id("stTextInputField").fill(code)
    page.get_by_role("button", name="Sign in").last.click()
    page.get_by_role("button", name="Try the demo").wait_for()
    return page


class Peak(threading.Thread):
    """The most memory that the server and all its workers held together (resident, shared pages counted)."""

    def __init__(self, home: Path, server: subprocess.Popen) -> None:
        super().__init__(daemon=True)
        self.home, self.server, self.bytes, self.over = str(home), server, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            total = 0
            for process in psutil.process_iter():
                try:
                    ours = process.pid == self.server.pid or any(
                        self.home in part for part in process.cmdline()
                    )
                    ours = ours or self.server.pid in [parent.pid for parent in process.parents()]
                    total += process.memory_info().rss if ours else 0
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)


def ended(folder: Path) -> str:
    """State and time of a run's last word; "" while it is at work."""
    events = folder / ".cassia" / "events.jsonl"
    for line in reversed(events.read_text().splitlines() if events.exists() else []):
        if "run_finished" in line or '"RunFinished"' in line:
            return line
    return ""


def follow(home: Path, people: int, pressed: list[float]) -> tuple[list[float], int]:
    """Seconds from the first press to each end, and how many did not succeed."""
    deadline, ends = time.monotonic() + SETTLE_S, {}
    while len(ends) < people and time.monotonic() < deadline:
        for folder in (home / "people").glob("*/batch_results/run_*"):
            line = ended(folder) if folder not in ends else ""
            if line:
                ends[folder] = (datetime.fromisoformat(json.loads(line)["at"]).timestamp(), "success" in line)
        time.sleep(0.5)
    made = {f: (f / ".cassia" / "run.json").stat().st_mtime for f in ends}
    waits = [at - made[folder] for folder, (at, _) in ends.items()]
    return waits, people - sum(good for _, good in ends.values())


def measure(options: argparse.Namespace) -> None:
    home = Path(tempfile.mkdtemp(prefix="cassia-class-"))
    codes = make_codes(home, options.people)
    server = serve(home, options.port, options.all_at_once)
    peak = Peak(home, server)
    peak.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--headless", "--disable-gpu"]
            )
            pages = [sign_in(browser, options.port, code) for code in codes[: options.people]]
            watcher = sign_in(browser, options.port, codes[-1])
            begun, pressed, answers = time.monotonic(), [], []
            for number, page in enumerate(pages):
                while time.monotonic() - begun < number * options.spread / max(1, options.people):
                    answers.append(visit(watcher, options.port, PAGES[len(answers) % len(PAGES)]))
                pressed.append(time.time())
                page.get_by_role("button", name="Try the demo").click(no_wait_after=True)
            waits, failures = follow(home, options.people, pressed)
            browser.close()
    finally:
        peak.over.set()
        server.terminate()
        server.wait(30)
    p95 = statistics.quantiles(answers, n=20)[-1] if len(answers) > 1 else float("nan")
    mean = statistics.mean(waits) if waits else float("nan")
    print(
        f"{options.people} people, {'all at once' if options.all_at_once else 'queue'}: {failures} failures, "
        f"mean wait {mean:.1f} s, page p95 {p95:.2f} s of {len(answers)} "
        f"answers, peak memory {peak.bytes / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f}"
    )


def visit(page: Page, port: int, path: str) -> float:
    """Seconds until a page of the app has its title, from the click on its link."""
    begun = time.monotonic()
    page.goto(f"http://localhost:{port}{path}")
    page.locator("h1").first.wait_for()
    return time.monotonic() - begun


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--spread", type=float, default=60.0)
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--all-at-once", action="store_true")
    measure(parser.parse_args())
