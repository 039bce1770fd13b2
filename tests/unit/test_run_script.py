"""`run.py`: plain messages where something is in the way."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "run.py"


@pytest.fixture
def script(tmp_path, monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "installed.txt"))
    return module


def test_help_explains_itself_without_setting_anything_up():
    done = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout and "--port" in done.stdout


def test_an_unknown_word_is_refused_with_the_way_to_the_help():
    done = subprocess.run([sys.executable, str(SCRIPT), "strat"], capture_output=True, text=True)
    assert done.returncode == 1 and "strat" in done.stderr and "--help" in done.stderr


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_a_python_that_does_not_fit_is_named_with_the_ones_that_do(script, monkeypatch, capsys, version):
    monkeypatch.setattr(script.sys, "version_info", (*version, 0))
    with pytest.raises(SystemExit):
        script.check_python()
    text = capsys.readouterr().err
    assert f"Python {version[0]}.{version[1]}" in text and "3.11, 3.12 or 3.13" in text


def test_a_taken_port_is_said_before_anything_is_installed(script, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit):
            script.start(["--address", "127.0.0.1", "--port", str(port)])
    text = capsys.readouterr().err
    assert f"Port {port} is taken" in text and f"--port {port + 1}" in text


@pytest.mark.parametrize("arguments", [["--port", "eight"], ["--port", "70000"], ["--prot", "1"]])
def test_wrong_options_of_the_start_are_refused(script, arguments):
    with pytest.raises(SystemExit):
        script.read_start_options(arguments)


def test_no_network_is_told_apart_from_other_faults_of_the_installation(script, monkeypatch, capsys):
    def failing(*_, **__):
        return subprocess.CompletedProcess(
            [], 1, "", "NewConnectionError: Failed to establish a new connection"
        )

    monkeypatch.setattr(script.subprocess, "run", failing)
    with pytest.raises(SystemExit):
        script.install()
    assert "no network" in capsys.readouterr().err


def test_a_finished_set_up_is_not_done_again_and_a_changed_lock_file_is(script, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(script, "make_venv", lambda: calls.append("venv"))
    monkeypatch.setattr(script, "install", lambda: calls.append("install"))
    python = Path(script.venv_python())
    python.parent.mkdir(parents=True)
    python.touch()
    script.set_up()
    script.set_up()
    assert calls == ["venv", "install"]
    changed = tmp_path / "requirements.txt"
    changed.write_text("pytest==1")
    monkeypatch.setattr(script, "REQUIREMENTS", str(changed))
    script.set_up()
    assert calls == ["venv", "install"] * 2
