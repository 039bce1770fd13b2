"""What damaged files must not do to the process, and what is said while a file is unpacked."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
import scipy.sparse as sp

from cassia_core.cli_commands import inspecting
from cassia_core.data.readers.cell_file import sound
from cassia_core.data.readers.hdf5 import endless_files
from cassia_core.errors import AnnDataError
from cassia_core.services.intake import intake
from tests.corpus.material import cells, saved


def test_what_comes_out_of_a_packed_file_is_said_meanwhile(tmp_path: Path):
    packed = saved(cells(), tmp_path).with_suffix(".h5ad.gz")
    packed.write_bytes(gzip.compress((tmp_path / "cells.h5ad").read_bytes()))
    heard: list[tuple[str, int]] = []
    intake.unpack_ahead(packed, lambda name, n_bytes: heard.append((name, n_bytes)))
    assert heard[-1] == (packed.name, (tmp_path / "cells.h5ad").stat().st_size)


def test_the_command_line_says_every_hundred_megabytes(capsys):
    told = inspecting._Progress()
    for n_bytes in (50_000_000, 120_000_000, 180_000_000, 230_000_000):
        told("cells.rds", n_bytes)
    said = capsys.readouterr().err.splitlines()
    assert said == ["Unpacking cells.rds: 120 MB so far", "Unpacking cells.rds: 230 MB so far"]


@pytest.fixture
def another_walker():
    """The next walk is that of a new process, and so is the first one after the test."""
    endless_files._walker.cache_clear()
    yield
    endless_files._walker.cache_clear()


@pytest.mark.usefixtures("another_walker")
def test_a_file_at_which_the_walk_stops_is_refused_and_the_next_is_read(tmp_path: Path, monkeypatch):
    path = saved(cells(), tmp_path)
    endless_files.refuse_endless(path)
    other = saved(cells(), tmp_path, "other.h5ad")
    monkeypatch.setattr(endless_files, "LONGEST_SILENCE_S", 0.5)
    with monkeypatch.context() as patch:
        patch.setattr(endless_files, "_WALK", "print('part', flush=True)\nwhile True: pass")
        endless_files._walker.cache_clear()
        with pytest.raises(AnnDataError, match="is damaged"):
            endless_files.refuse_endless(other)
    monkeypatch.setattr(endless_files, "LONGEST_SILENCE_S", 20)
    endless_files.refuse_endless(saved(cells(), tmp_path, "third.h5ad"))


def test_texts_packed_by_a_filter_of_another_library_are_walked_through_too(tmp_path: Path):
    walked = []
    for name, packed in (("gzip", {"compression": "gzip"}), ("zstd", dict(hdf5plugin.Zstd()))):
        path = tmp_path / f"{name}.h5"
        with h5py.File(path, "w") as file:
            texts = np.array(["T cell"] * 50, dtype=object)
            file.create_dataset("texts", data=texts, dtype=h5py.string_dtype(), chunks=(50,), **packed)
        said = subprocess.run(
            [sys.executable, "-c", endless_files._WALK],
            input=json.dumps(str(path)),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        walked.append(said.split())
    assert walked[0] == walked[1] == ["part", "part", "part", "end"]


@pytest.mark.usefixtures("another_walker")
def test_a_file_that_ends_the_walk_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(endless_files, "_WALK", "import os\nos.abort()")
    with pytest.raises(AnnDataError, match="is damaged"):
        endless_files.refuse_endless(saved(cells(), tmp_path))


@pytest.mark.parametrize("part", ["indices", "indptr"])
def test_a_sparse_matrix_that_points_outside_of_itself_is_refused(tmp_path: Path, part: str):
    path = saved(cells(), tmp_path)
    with h5py.File(path, "r+") as file:
        file[f"X/{part}"][5] = 2**30
    with pytest.raises(AnnDataError):
        intake.inspect_file(path)


def test_a_sound_matrix_is_given_back():
    matrix = sp.csr_matrix(np.eye(3, dtype=np.float32))
    assert sound(matrix) is matrix
