"""How Chromium is started wherever it is driven: by tests, benchmarks and the script that takes pictures."""

from __future__ import annotations

ARGS = [
    "--no-sandbox",
    "--headless",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
"""Without a screen, and with WebGL drawn by the processor, so that the map is drawn on any machine."""
