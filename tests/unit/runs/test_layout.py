"""Names of run directories and files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cassia_core.domain.config import DatasetSpec
from cassia_core.runs.layout import RunLayout, cluster_file, file_stem, run_name

STAMP = "20260216_151425"


@pytest.mark.parametrize(
    ("tissues", "name"),
    [
        (("brain",), "run_brain_20260216_151425"),
        (("brain", "breast", "brain"), "run_brain_breast_20260216_151425"),
        (("Large intestine",), "run_large-intestine_20260216_151425"),
        (tuple("abcdef"), "run_all_20260216_151425"),
        (tuple(80 * c for c in "abcde"), "run_all_20260216_151425"),
    ],
)
def test_run_directories_are_named_as_the_seeds_say(tissues, name):
    assert run_name(tissues, STAMP) == name


@given(st.text(max_size=200))
def test_a_file_name_made_of_any_text_stays_inside_its_folder(text):
    stem = file_stem(text)
    assert stem and "/" not in stem and "\\" not in stem and stem not in (".", "..") and len(stem) <= 80
    assert len(stem.encode()) <= 160 and file_stem(stem) == stem


@pytest.mark.parametrize("text", ["CON", "nul", "com1", "Aux.2", "a" * 79 + ".b"])
def test_a_file_name_is_one_that_windows_takes(text):
    assert file_stem(text).upper() not in {"CON", "NUL", "COM1", "AUX.2"} and not file_stem(text).endswith(
        "."
    )


@given(st.lists(st.text(max_size=30), unique=True, max_size=20))
def test_checkpoints_of_different_clusters_never_collide(names):
    assert len({cluster_file(n).lower() for n in names}) == len(names)


def test_outputs_of_a_dataset_carry_its_name(tmp_path):
    layout = RunLayout(root=tmp_path).dataset(0, DatasetSpec(name="Data_X", path="x.h5ad", tissue="Brain"))
    assert layout.annotated_h5ad == tmp_path / "brain" / "Data_X" / "Data_X_annotated.h5ad"
