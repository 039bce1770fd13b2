"""Take the pictures of every screen, light and dark, into docs/screens/: `python3 run.py screenshots`.

Starts the app on a free port with a home of its own, runs the demo, and photographs what a person sees. Needs Chromium.
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
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screens"
ARGS = ["--no-sandbox", "--headless", "--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
WAIT_MS = 120_000


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("Chromium is missing. On Debian and Ubuntu: apt-get install chromium\n")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cassia-screens-") as home:
        port = free_port()
        server = start_app(home, port)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
                run_url = ""
                for theme in ("light", "dark"):
                    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)
                    page = context.new_page()
                    page.set_default_timeout(WAIT_MS)
                    run_url = photograph(page, f"http://localhost:{port}", theme, run_url)
                    context.close()
                browser.close()
        finally:
            server.terminate()
            server.wait()
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(home: str, port: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless", "true", "--server.port",
               str(port), "--browser.gatherUsageStats", "false"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"CASSIA_HOME": home}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                return server
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("The app did not start.")


def photograph(page: Page, url: str, theme: str, run_url: str) -> str:
    """Walk through the app; returns the address of the demo's run."""
    empty = (("data", "data_empty"), ("results", "results_empty"))
    for path, name in empty if not run_url else ():
        visit(page, f"{url}/{path}", name, theme)
    if not run_url:
        visit(page, url, "start", theme)
        page.get_by_role("button", name="Start the demo").click()
        page.get_by_text("Annotate and check").wait_for()
        shoot(page, "run_running", theme)
        page.get_by_role("button", name="See the results").wait_for()
        run_url = page.url
    query = run_url.split("?", 1)[1]
    visit(page, url, "start", theme)
    visit(page, run_url, "run", theme)
    for path in ("results", "conversations", "runs", "knowledge", "settings"):
        visit(page, f"{url}/{path}?{query}", path, theme)
    page.goto(f"{url}/data")
    page.get_by_role("button", name="Example cells").click()
    page.get_by_text("What we found").wait_for()
    shoot(page, "data", theme)
    page.get_by_role("link", name="Set-up").click()
    page.get_by_text("Before you start").wait_for()
    shoot(page, "setup", theme)
    page.goto(f"{url}/data")
    page.locator("input[type=file]").set_input_files(
        {"name": "cells.h5ad", "mimeType": "application/octet-stream", "buffer": b"just some words\n" * 100})
    page.get_by_text("What to do:").wait_for()
    shoot(page, "problem", theme)
    return run_url


def visit(page: Page, address: str, name: str, theme: str) -> None:
    page.goto(address)
    page.locator("h1").first.wait_for()
    shoot(page, name, theme)


def shoot(page: Page, name: str, theme: str) -> None:
    page.wait_for_timeout(4000)
    page.screenshot(path=TARGET / f"{name}_{theme}.png")


if __name__ == "__main__":
    sys.exit(main())
