"""The main job in a real browser: one click to a coloured map and an open conversation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
LONG_MS = 240_000


def test_the_demo_ends_on_a_coloured_map_and_an_open_conversation_and_survives_refresh_and_restart(
    page, app_server
):
    outside: list[str] = []
    page.on(
        "request",
        lambda r: (
            outside.append(r.url)
            if re.match(r"(?!http://localhost|ws://localhost|data:|blob:)", r.url)
            else None
        ),
    )
    page.goto(app_server.url)
    page.get_by_role("button", name="Start the demo").click()
    expect(page.get_by_role("heading", name="Run", exact=True)).to_be_visible()
    page.wait_for_url(re.compile(r"run=run_blood_"))

    page.reload()
    app_server.stop()
    app_server.start()
    page.goto(page.url)
    expect(
        page.get_by_text("One path", exact=True)
    ).to_be_visible()  # our navigation, though the server is fresh
    page.get_by_role("button", name="See the results").click(timeout=LONG_MS)

    expect(page.get_by_role("heading", name="Results", exact=True)).to_be_visible()
    expect(page.locator(".label", has_text=re.compile("^Memory B cell$"))).to_be_visible()
    page.locator("canvas.cw-map[data-state=drawn]").first.wait_for()
    assert colours_on_the_map(page) >= 4
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_visible()

    page.get_by_role("button", name="Read the conversation").click()
    expect(page.get_by_role("heading", name="Conversations", exact=True)).to_be_visible()
    expect(page.get_by_text("Annotator", exact=True).first).to_be_visible()
    assert page.locator(".cw-gene.in").count() > 3
    assert outside == [], "the app must not need a network"


def colours_on_the_map(page) -> int:
    """Distinct saturated colours in a picture of the map."""
    import io

    from PIL import Image

    page.wait_for_timeout(2500)
    picture = Image.open(io.BytesIO(page.locator("canvas.cw-map").first.screenshot())).convert("RGB")
    counts: dict[tuple[int, int, int], int] = {}
    for r, g, b in picture.getdata():
        if max(r, g, b) - min(r, g, b) > 60:
            key = (r // 32, g // 32, b // 32)
            counts[key] = counts.get(key, 0) + 1
    return sum(n > 30 for n in counts.values())


def test_a_text_file_named_h5ad_gets_a_card_and_no_traceback(page, app_server):
    page.goto(f"{app_server.url}/data")
    page.locator("input[type=file]").set_input_files(
        {"name": "cells.h5ad", "mimeType": "application/octet-stream", "buffer": b"just some words\n" * 100}
    )
    expect(page.get_by_text("What to do:").first).to_be_visible()
    assert "Traceback" not in page.content()
