"""A marker table is read once, though it is looked into first and its genes are chosen afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.data.cells import file_inspection
from cassia_core.data.tables import marker_tables
from cassia_core.domain.config import MarkerParams


def test_what_was_read_to_look_into_a_table_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "markers.csv"
    path.write_text("cluster,gene,avg_log2FC\n0,CD3D,2.0\n0,CD3E,1.5\n1,MS4A1,3.0\n", encoding="utf-8")
    read: list[object] = []
    original = marker_tables.read_source

    def counted(source, *options):
        read.append(source)
        return original(source, *options)

    for module in (file_inspection, marker_tables):
        monkeypatch.setattr(module, "read_source", counted)
    findings, loaded = file_inspection.open_file(path, MarkerParams(n_genes=1))
    assert read == [path]
    assert findings.kind == "markers" and loaded is not None
    assert {c.cluster: c.symbols(1) for c in loaded.table.clusters} == {"0": ("CD3D",), "1": ("MS4A1",)}
