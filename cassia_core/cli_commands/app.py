"""`app`: start the web app and open the browser."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from urllib.request import urlopen

from cassia_core import persons, settings
from cassia_core.errors import ConfigError
from cassia_core.services.sharing import accounts

DEFAULT_PORT = 8501
WAIT_S = 60.0


def app(options: argparse.Namespace) -> int:
    """`app --port 8501`: serve until Ctrl-C. Runs that are under way go on without the app."""
    shared = persons.is_shared()
    if shared:
        accounts.require_ways_to_sign_in()
    _require_free_port(options.address, options.port)
    server = subprocess.Popen(_command(options.address, options.port, shared), cwd=settings.app_folder())
    url = f"http://{_name_of(options.address)}:{options.port}"
    threading.Thread(target=_announce, args=(url, server, not options.no_browser), daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        print("\nStopped. Runs that are under way go on and can be seen at the next start.")
        return 0


def _command(address: str, port: int, shared: bool = False) -> list[str]:
    """Streamlit reads its theme from `.streamlit` in the folder it is started in."""
    if shared:
        # Its own module: signing in needs an address and headers that Streamlit's command does not have.
        serve = "cassia_ui.server.serve"
        return [sys.executable, "-m", serve, "--port", str(port), "--address", address]
    script = str(settings.app_folder() / "app.py")
    server = ["--server.headless", "true", "--server.port", str(port), "--server.address", address]
    usage = ["--browser.gatherUsageStats", "false"]
    return [sys.executable, "-m", "streamlit", "run", script, *server, *usage]


def _name_of(address: str) -> str:
    return "localhost" if address in ("0.0.0.0", "localhost") else address


def _require_free_port(address: str, port: int) -> None:
    """Refuse a port on which something listens already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise ConfigError(
                f"Port {port} is taken.",
                "The app may be running already, or another program uses it.",
                f"Open http://localhost:{port} to see, or choose another port: --port {port + 1}",
            ) from error


def _announce(url: str, server: subprocess.Popen, browser: bool) -> None:
    """Wait until the app answers, then say so and open the browser."""
    deadline = time.monotonic() + WAIT_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url + "/_stcore/health", timeout=2):
                break
        except OSError:
            time.sleep(0.25)
    if server.poll() is not None:
        return
    print(f"\nCASSIA Workbench is at {url}  (Ctrl-C stops it)", flush=True)
    if browser:
        webbrowser.open(url)
