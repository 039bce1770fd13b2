"""What holds for every test: no network but loopback, a home of its own, no keys of the developer's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)  # how long an example takes is no behaviour
hypothesis.settings.load_profile("untimed")
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
os.environ["CASSIA_HOME"] = tempfile.mkdtemp(prefix="cassia-tests-")  # for fixtures of the whole session
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(ROOT / ".numba_cache")
)  # compiled once, not once per test's home
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


@pytest.fixture(scope="session")
def command_line() -> Callable[..., subprocess.CompletedProcess]:
    """Call `python -m cassia_core` with arguments, as a person would."""

    def call(*arguments: object, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "cassia_core", *map(str, arguments)],
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=timeout,
            env=os.environ | environment,
        )

    return call


@pytest.fixture(scope="session")
def annotate_demo(command_line) -> Callable[..., Path]:
    """Annotate the packaged blood cells, offline, into a folder; gives the run directory."""

    def annotate(output_dir: Path, *options: object, name: str = "pbmc", tissue: str = "blood") -> Path:
        from cassia_core.services.intake.intake import demo_path

        output_dir.mkdir(parents=True, exist_ok=True)
        cells = output_dir.parent / f"{name}.h5ad"
        shutil.copyfile(demo_path(), cells)
        done = command_line(
            "annotate",
            cells,
            "--tissue",
            tissue,
            "--species",
            "human",
            "--output-dir",
            output_dir,
            "--quiet",
            *options,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return next(output_dir.glob("run_*"))

    return annotate


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory, annotate_demo) -> Path:
    """One finished offline run of the packaged blood cells, shared by all tests; read only."""
    return annotate_demo(tmp_path_factory.mktemp("demo") / "batch_results")
