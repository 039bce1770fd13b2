"""How fast the map draws, beside a plain `px.scatter` of the same cells: `python -m tests.bench.viewer [CELLS
...]`.

Headless Chromium with software rendering. Times are from the moment the page has its data (or, for px.scatter
and for the last
column, from the navigation) to the finished drawing of all panels; memory is the growth of the server's
resident memory for one
open view. With two panels both show the same cells, one by type and one by a gene.
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

import psutil
from playwright.sync_api import Page, sync_playwright

from tests.chromium import ARGS

ROOT = Path(__file__).resolve().parents[2]
PLAIN = """
import numpy as np, plotly.express as px, streamlit as st
n = int(st.query_params.get("n", "1000")); rng = np.random.default_rng(0); codes = np.arange(n) % 6
xy = rng.normal(0, 1.2, (n, 2)) + 10 * np.stack([np.cos(codes), np.sin(codes)], axis=1)
st.plotly_chart(px.scatter(x=xy[:, 0], y=xy[:, 1], color=codes.astype(str), render_mode="webgl"))
"""
MARKS = """(what) => performance.getEntriesByType('mark').filter((m) => m.name.startsWith(`cassia-map-${what} `))
  .map((m) => m.startTime)"""
BETWEEN = f"() => {{ const at = {MARKS}; return Math.max(...at('drawn')) - Math.min(...at('data')); }}"
ALL_DRAWN = (
    f"(n) => {{ const at = {MARKS}; "
    "return at('drawn').length === n && Math.min(...at('drawn')) > Math.max(...at('data')); }"
)
FIRST = "(what) => performance.getEntriesByName(`cassia-map-${what} 1`)[0].startTime"
NEW_DRAWING = f"(seen) => {{ const at = {FIRST}; return at('data') > seen && at('drawn') > at('data'); }}"


def serve(script: Path) -> tuple[subprocess.Popen, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(script),
            "--server.headless",
            "true",
            "--server.port",
            str(port),
            "--browser.gatherUsageStats",
            "false",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"CASSIA_HOME": tempfile.mkdtemp()},
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
            break
        except OSError:
            time.sleep(0.2)
    return process, f"http://localhost:{port}"


def ours(page: Page, url: str, n: int, panels: int, server: psutil.Process) -> None:
    page.goto(f"{url}/?n={n}&panels={panels}")
    page.wait_for_function(ALL_DRAWN, arg=panels)  # makes and caches the cells on the server
    page.goto("about:blank")
    before = server.memory_info().rss
    begun = time.perf_counter()
    page.goto(f"{url}/?n={n}&panels={panels}")
    page.wait_for_function(ALL_DRAWN, arg=panels)
    whole = time.perf_counter() - begun
    first = page.evaluate(BETWEEN) / 1000
    grown = (server.memory_info().rss - before) / 1e6
    seen = page.evaluate(FIRST, "data")
    begun = time.perf_counter()
    page.get_by_role("radio", name="Gene").click()
    page.wait_for_function(NEW_DRAWING, arg=seen)
    recolour = (page.evaluate(FIRST, "drawn") - page.evaluate(FIRST, "data")) / 1000
    with_server = time.perf_counter() - begun
    print(
        f"{n:>9,} cells  our map, panels: {panels}   first drawing {first:5.2f} s   recolouring one "
        f"{recolour:5.2f} s (with "
        f"the server {with_server:5.2f} s)   server memory {grown:+6.0f} MB   from navigation {whole:5.2f} s"
    )


def plain(page: Page, url: str, n: int, panels: int, server: psutil.Process) -> None:
    before = server.memory_info().rss
    begun = time.perf_counter()
    page.goto(f"{url}/?n={n}")
    page.locator("[data-testid=stPlotlyChart] .legendtext").first.wait_for(state="attached")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    print(
        f"{n:>9,} cells  px.scatter   from navigation {time.perf_counter() - begun:5.2f} s   "
        f"server memory {(server.memory_info().rss - before) / 1e6:+6.0f} MB"
    )


def main(sizes: list[int]) -> None:
    script = Path(tempfile.mkdtemp()) / "plain.py"
    script.write_text(PLAIN)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for path, measure, panels, most in (
            (ROOT / "tests" / "browser" / "map_app.py", ours, (1, 2), 10**7),
            (script, plain, (1,), 200_000),
        ):
            server, url = serve(path)
            for n, number in ((n, number) for n in sizes if n <= most for number in panels):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.set_default_timeout(60_000)
                measure(page, url, n, number, psutil.Process(server.pid))
                page.close()
            server.terminate()
            server.wait()
        browser.close()


if __name__ == "__main__":
    main([int(a.replace("_", "")) for a in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
