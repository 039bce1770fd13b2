"""Rows of a batch: what is handed in, filled down, excepted, inspected and reckoned through."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cassia_core.domain.config import AnnotationParams, MarkerParams
from cassia_core.errors import CassiaError, ConfigError, InputError
from cassia_core.services.batches import adding, planning
from cassia_core.services.batches.inspecting import Inspected, inspected
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.manifests import manifest_text, read_manifest
from cassia_core.services.batches.row_specs import SharedSetup, batch_config, spec_of
from cassia_core.services.intake import intake
from tests.small_runs import annotate_lists, write_lists
from tests.typed_cells import typed_cells


def uploaded(folder: Path, name: str, text: str) -> Path:
    """A file as an upload leaves it: in a folder of its own."""
    path = folder / f"upload_of_{name}" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def seen(*rows: ManifestRow) -> tuple[Inspected, ...]:
    deadline = time.monotonic() + 60
    while None in inspected(rows) and time.monotonic() < deadline:
        time.sleep(0.02)
    return inspected(rows)


def test_an_uploaded_manifest_speaks_of_the_files_uploaded_with_it(tmp_path: Path):
    one = uploaded(tmp_path, "a.csv", "cluster,gene\n0,CD3D\n")
    two = uploaded(tmp_path, "b.csv", "cluster,gene\n0,CD3D\n")
    manifest = uploaded(
        tmp_path, "m.csv", "path,tissue,species,n_genes\ndata/a.csv,lung,mouse,30\ngone.csv,skin,human,\n"
    )
    rows = adding.rows_of_uploads([one, manifest], [ManifestRow(path=two)])
    assert [(row.path, row.tissue, row.exceptions) for row in rows] == [
        (one, "lung", {"n_genes": "30"}),
        (manifest.parent / "gone.csv", "skin", {}),
    ]
    look = seen(rows[1])[0]
    assert look.problem is not None and "There is no file gone.csv" in look.problem.what


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../etc/passwd", "/etc/not_there.csv"])
def test_a_manifest_cannot_name_files_that_the_operator_has_not_allowed(tmp_path: Path, path: str):
    manifest = uploaded(tmp_path, "m.csv", f"path,tissue,species\n{path},lung,human\n")
    with pytest.raises(InputError, match="not open|not in a folder"):
        adding.rows_of_uploads([manifest])


def test_a_folder_of_the_server_is_taken_where_it_is_allowed(tmp_path: Path, monkeypatch):
    (tmp_path / "data" / "bone_marrow").mkdir(parents=True)
    write_lists(tmp_path / "data" / "bone_marrow" / "x.csv")
    write_lists(tmp_path / "data" / "y.csv")
    with pytest.raises(InputError, match="not open to this app"):
        adding.rows_of_server(str(tmp_path / "data"), tissues_from_folders=False)
    monkeypatch.setenv("CASSIA_DATA_DIRS", str(tmp_path / "data"))
    assert [r.name for r in adding.rows_of_server(str(tmp_path / "data"), tissues_from_folders=False)] == [
        "y"
    ]
    tissues = adding.rows_of_server(str(tmp_path / "data"), tissues_from_folders=True)
    assert [(r.name, r.tissue) for r in tissues] == [("x", "bone marrow")]
    with pytest.raises(InputError, match="not in a folder"):
        adding.rows_of_server(str(tmp_path), tissues_from_folders=True)


def test_cells_are_filled_down_and_set_for_some():
    rows = [ManifestRow(path=Path(f"{n}.csv"), tissue=t) for n, t in enumerate(("lung", "", "skin", ""))]
    assert [r.tissue for r in adding.filled_down(rows, "tissue")] == ["lung", "lung", "skin", "skin"]
    assert [r.species for r in adding.set_for(rows, "species", "mouse", {1, 3})] == ["", "mouse", "", "mouse"]
    assert {r.context for r in adding.set_for(rows, "context", "treated")} == {"treated"}


def test_a_row_overrules_what_holds_for_all(tmp_path: Path):
    path = write_lists(tmp_path / "a.csv")
    row = ManifestRow(
        path=path,
        sample_column="donor",
        exceptions={
            "resolution": "0.4",
            "n_genes": "20",
            "max_cells": "500",
            "min_genes": "",
            "max_mito": "8",
        },
    )
    shared = SharedSetup(markers=MarkerParams(n_genes=80, min_pct=0.2), max_cells=9000)
    spec = spec_of(row, shared)
    assert (spec.name, spec.tissue, spec.species) == ("a", "unknown", "human")
    assert (spec.clustering.resolution, spec.clustering.batch_column, spec.qc.sample_column) == (
        0.4,
        "donor",
        "donor",
    )
    assert (spec.markers.n_genes, spec.markers.min_pct, spec.read.max_cells) == (20, 0.2, 500)
    assert (spec.qc.min_genes, spec.qc.max_pct_mito) == (None, 8)
    assert spec_of(ManifestRow(path=path), shared).read.max_cells == 9000
    with pytest.raises(ConfigError, match="n_genes"):
        spec_of(ManifestRow(path=path, exceptions={"n_genes": "many"}), shared)


def test_what_was_set_on_the_page_comes_back_from_its_manifest(tmp_path: Path):
    rows = (
        ManifestRow(
            path=write_lists(tmp_path / "a.csv"), name="a", tissue="lung", species="mouse", context="x; y"
        ),
        ManifestRow(
            path=tmp_path / "b.h5ad", name="b", answers={"genome": "GRCh38"}, exceptions={"n_genes": "9"}
        ),
    )
    path = tmp_path / "m.csv"
    path.write_text(manifest_text(rows))
    assert read_manifest(path) == rows


def test_files_are_looked_into_once_and_problems_are_told(tmp_path: Path, monkeypatch):
    cells, table, broken = tmp_path / "cells.h5ad", write_lists(tmp_path / "t.csv"), tmp_path / "x.h5ad"
    typed_cells(cells, n_cells=90)
    broken.write_bytes(b"no HDF5")
    rows = [ManifestRow(path=path) for path in (cells, table, broken)]
    looks = seen(*rows)
    assert [look.findings.kind if look.findings else "" for look in looks] == ["cells", "markers", ""]
    assert isinstance(looks[2].problem, CassiaError)
    monkeypatch.setattr(intake, "inspect_file", lambda *_: pytest.fail("looked into again"))
    assert inspected(rows) == looks


def test_a_batch_is_reckoned_through(tmp_path: Path):
    cells, table = tmp_path / "cells.h5ad", write_lists(tmp_path / "t.csv")
    typed_cells(cells, n_cells=90)
    rows = [ManifestRow(path=cells, cluster_column="type"), ManifestRow(path=table), ManifestRow(path=cells)]
    config = batch_config(rows, SharedSetup(), AnnotationParams(max_workers=3))
    assert config.title == "3 datasets"
    plan = planning.plan(config, seen(*rows), tmp_path / "runs")
    assert plan.clusters == (3 + 3 + 6, 3 + 3 + 25)
    assert (plan.n_cells, plan.low.cost_low_usd) == (180, 0.0)
    assert plan.largest_bytes <= plan.peak_bytes <= 2 * plan.largest_bytes
    assert plan.seconds is None, "nobody has prepared cells here yet"
    annotate_lists(tmp_path / "runs", table)
    later = planning.plan(config, seen(*rows), tmp_path / "runs")
    assert later.answers_seconds is not None and later.cells_seconds is None
