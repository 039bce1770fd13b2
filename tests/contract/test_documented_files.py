"""The snippets of the three texts that the project comes from run as written."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FENCE = re.compile(r"^[ ]*```(python|bash)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)


def snippets(text: str, language: str) -> list[str]:
    return [re.sub(r"(?m)^   (?=\S)", "", code) for kind, code in FENCE.findall(text) if kind == language]


@pytest.fixture(scope="module")
def seed_001(shared: Path) -> str:
    return next((shared / "seeds").glob("001_*")).read_text()


@pytest.fixture(scope="module")
def batch_folder(tmp_path_factory: pytest.TempPathFactory, annotate_demo) -> Path:
    """A folder with `batch_results/run_brain_20260216_151425`, as the text names it."""
    folder = tmp_path_factory.mktemp("seed001")
    run_dir = annotate_demo(folder / "batch_results", name="Data_Filbin2018_Brain", tissue="brain")
    shutil.move(run_dir, folder / "batch_results" / "run_brain_20260216_151425")
    shutil.copytree(
        folder / "batch_results" / "run_brain_20260216_151425",
        folder / "batch_results" / "run_brain_breast_20260216_160000",
    )
    return folder


def test_the_python_snippets_of_seed_001_run_as_written_on_our_output(
    seed_001, batch_folder, monkeypatch, capsys
):
    monkeypatch.chdir(batch_folder)
    names: dict = {}
    wanted = ("Processed", "tracking['total_calls']", "all_datasets", "failed = summary")
    chosen = [code for code in snippets(seed_001, "python") if any(word in code for word in wanted)]
    assert len(chosen) == 4
    for code in chosen:
        exec(compile(code, "documented snippet", "exec"), names)
    printed = capsys.readouterr().out
    assert "Processed 1 datasets" in printed
    assert "Total cost: $0.00" in printed
    assert "Combined: 700 cells from 1 datasets" in printed
    assert names["failed"].empty


def test_the_shell_snippets_of_seed_001_run_as_written_on_our_output(seed_001, batch_folder):
    chosen = [
        c
        for c in snippets(seed_001, "bash")
        if "batch_results" in c and "tar " not in c and "python" not in c and "NOTES" not in c
    ]
    assert len(chosen) >= 3
    for code in chosen:
        done = subprocess.run(
            ["bash", "-c", code.replace("*Bassez*", "*Filbin*")],
            cwd=batch_folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        if "Total cost:" in code:
            assert "Total cost: $" in done.stdout
        if "grep -c" in code:
            assert "run_brain_20260216_151425/: 1 files" in done.stdout
