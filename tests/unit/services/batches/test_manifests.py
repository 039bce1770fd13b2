"""Manifests in the dresses that spreadsheets give them, and folders whose names are tissues."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cassia_core.errors import InputError
from cassia_core.services.batches.folders import inputs_by_tissue, inputs_in
from cassia_core.services.batches.manifests import is_manifest, read_manifest

ROWS = pd.DataFrame(
    {
        "path": ["a.h5ad", "sub/b.h5ad"],
        "tissue": ["blood", "bone marrow"],
        "species": ["human", "mouse"],
        "name": ["01", ""],
        "sample_column": ["", "donor"],
        "context": ["treated; two weeks", ""],
    }
)


def as_csv(folder: Path) -> Path:
    path = folder / "m.csv"
    path.write_text(ROWS.to_csv(index=False), encoding="utf-8-sig")
    return path


def as_german_csv(folder: Path) -> Path:
    path = folder / "m_de.csv"
    ROWS.to_csv(path, index=False, sep=";")
    return path


def as_tabs(folder: Path) -> Path:
    path = folder / "m.tsv"
    ROWS.to_csv(path, index=False, sep="\t")
    return path


def as_workbook(folder: Path) -> Path:
    path = folder / "m.xlsx"
    ROWS.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("write", [as_csv, as_german_csv, as_tabs, as_workbook])
def test_a_manifest_says_the_same_in_every_dress(write, tmp_path: Path):
    path = write(tmp_path)
    assert is_manifest(path)
    first, second = read_manifest(path)
    assert (first.path, first.name, first.context) == (tmp_path / "a.h5ad", "01", "treated; two weeks")
    assert (second.tissue, second.species, second.sample_column) == ("bone marrow", "mouse", "donor")


def test_blank_rows_of_a_spreadsheet_are_no_datasets(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("path,tissue,species\na.h5ad,blood,human\n,,\n , ,\n")
    assert len(read_manifest(path)) == 1


def test_a_row_without_a_file_is_refused(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("path,tissue,species\n,blood,human\n")
    with pytest.raises(InputError, match="names no file"):
        read_manifest(path)


def test_a_marker_table_and_a_file_called_xlsx_are_no_manifests(tmp_path: Path):
    table, broken = tmp_path / "markers.csv", tmp_path / "m.xlsx"
    table.write_text("cluster,gene,avg_log2FC\n0,CD3D,2\n")
    broken.write_bytes(b"no workbook")
    assert not is_manifest(table)
    assert not is_manifest(broken)


def test_sub_folders_are_tissues(tmp_path: Path):
    for name in ("bone_marrow/a.h5ad", "blood/b.csv", "blood/notes.md", "blood/.hidden.csv", "c.h5ad"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tenx = tmp_path / "blood" / "sample_1"
    tenx.mkdir()
    (tenx / "matrix.mtx.gz").touch()
    found = [(path.name, tissue) for path, tissue in inputs_by_tissue(tmp_path)]
    assert found == [("b.csv", "blood"), ("sample_1", "blood"), ("a.h5ad", "bone marrow")]
    assert [path.name for path in inputs_in(tmp_path)] == ["c.h5ad"]


def test_a_folder_without_sub_folders_has_no_tissues(tmp_path: Path):
    (tmp_path / "a.h5ad").touch()
    with pytest.raises(InputError, match="No sub-folder"):
        inputs_by_tissue(tmp_path)
