"""What holds for every test: no network but loopback, a home of its own, no keys of the developer's."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".numba_cache"))  # compiled once, not once per test's home
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse any connection that leaves this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"A test tried to reach {address[0]}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh `CASSIA_HOME`; numba's compiled code is shared over the session, to pay for it once."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CASSIA_HOME", str(folder))
    for name in [n for n in os.environ if n.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the project; tests that use it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared here")
    return SHARED
