"""Build the wheel, install it into a fresh environment outside the checkout, and use it as a person would.

The new environment sees the packages of this one (so nothing is fetched), but not the checkout: what is
missing from the wheel is missing there.
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
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP_TESTS = ("tests/app/test_pages.py", "tests/browser/test_demo.py")
LISTED_IN_THE_APP = """
from cassia_core import settings
from streamlit.testing.v1 import AppTest

app = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=120).run()
page = app.switch_page("pages/runs.py").run()
print(*(exception.value for exception in page.exception), *(button.key for button in page.button))
"""
"""Keys of the buttons on the page Runs of the installed app: each run that is listed has one to open it."""


def main() -> int:
    """Exit code 0 when the installed package works from a foreign folder."""
    with tempfile.TemporaryDirectory(prefix="cassia-wheel-") as name:
        folder = Path(name)
        python = install(folder)
        work = folder / "work"
        work.mkdir()
        surroundings = clean_environment(folder)
        annotate(python, work, surroundings)
        serve(python, work, surroundings)
        run_app_tests(python, folder, surroundings)
    print("The wheel installs, annotates, lists its run, serves the app and passes its tests.")
    return 0


def install(folder: Path) -> Path:
    """Build the wheel and install it; gives the Python of the new environment."""
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "-o",
        str(folder / "dist"),
        str(ROOT),
    ]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    borrow_packages(python)
    wheel = next((folder / "dist").glob("*.whl"))
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        str(wheel),
    ]
    subprocess.run(pip, check=True)
    return python


def borrow_packages(python: Path) -> None:
    """Let the new environment import the packages that are installed here."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    here = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True
    ).stdout.strip()
    Path(site, "borrowed.pth").write_text(here + "\n", encoding="utf-8")


def clean_environment(folder: Path) -> dict[str, str]:
    """A home of its own, and nothing that points to the checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CASSIA_", "PYTHON"))}
    return kept | {"CASSIA_HOME": str(folder / "home")}


def annotate(python: Path, work: Path, surroundings: dict[str, str]) -> None:
    """`doctor`, `annotate` and `runs` of the installed command, in a folder of their own."""
    command = [python, "-m", "cassia_core"]
    demo = "from cassia_core.services.intake.intake import demo_path; print(demo_path())"
    path = output([python, "-c", demo], work, surroundings).strip()
    output([*command, "doctor"], work, surroundings)
    sample = ["--tissue", "blood", "--species", "human", "--quiet"]
    output([*command, "annotate", path, *sample], work, surroundings)
    listed = output([*command, "runs"], work, surroundings)
    if "run_blood_" not in listed:
        raise SystemExit(f"The run is not in the list:\n{listed}")
    shown = output([python, "-c", LISTED_IN_THE_APP], work, surroundings)
    if "open_run_blood_" not in shown:
        raise SystemExit(f"The app does not list the run:\n{shown}")


def output(command: list, work: Path, surroundings: dict[str, str]) -> str:
    """What a command prints; its words are shown when it fails."""
    done = subprocess.run(command, cwd=work, env=surroundings, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def serve(python: Path, work: Path, surroundings: dict[str, str]) -> None:
    """`cassia app` answers."""
    port = free_port()
    command = [python, "-m", "cassia_core", "app", "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, cwd=work, env=surroundings, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
    finally:
        server.terminate()  # an interrupt is ignored by what a shell started in the background
        server.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit(f"{url} did not answer.")


def run_app_tests(python: Path, folder: Path, surroundings: dict[str, str]) -> None:
    """The app's and one browser test against the installed package: `tests/` is copied, the code is not."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__", "bench"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [python, "-m", "pytest", "-q", *APP_TESTS]
    if subprocess.call(command, cwd=folder, env=surroundings):
        raise SystemExit("Tests fail against the installed package.")


if __name__ == "__main__":
    sys.exit(main())
