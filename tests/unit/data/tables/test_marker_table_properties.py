"""Marker tables give the same markers however they were written down."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.markers import MarkerTable
from tests.corpus.material import seurat

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda name: not name.replace(".", "").replace("-", "").isdigit()
)
COLUMNS = list(seurat().columns)


def markers(table: MarkerTable) -> list[tuple]:
    return [
        (
            c.cluster,
            c.state,
            tuple((g.gene, g.rank, f"{g.log2fc:.6g} {g.pct_in:.6g} {g.pval_adj:.6g}") for g in c.genes),
        )
        for c in table.clusters
    ]


EXPECTED = markers(load_markers(seurat()).table)


@settings(max_examples=40, deadline=None)
@given(
    columns=st.permutations(COLUMNS),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([0, 1, 2]),
    packed=st.booleans(),
    decimal_comma=st.booleans(),
    row_names=st.booleans(),
)
@example(COLUMNS, ",", "utf-8", "\n", 0, False, True, True)
def test_columns_separators_and_encodings_do_not_change_the_markers(
    columns, separator, encoding, line_end, quoting, packed, decimal_comma, row_names
):
    decimal = "," if decimal_comma and separator != "," else "."
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("table.txt.gz" if packed else "table.dat")
        seurat()[list(columns)].to_csv(
            path,
            sep=separator,
            encoding=encoding,
            lineterminator=line_end,
            quoting=quoting,
            decimal=decimal,
            index=row_names,
            compression="gzip" if packed else None,
        )
        assert markers(load_markers(path).table) == EXPECTED


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, min_size=3, max_size=3, unique=True))
@example(["T/NK", "-1", "7_0"])
@example(["=1+1", "שלום 🧬", "a\\b:c"])
@example(["1,5", 'say "hi"', "#1"])
@example([" padded ", "padded", "PADDED"])
@example(["NA", "None", "null"])
def test_cluster_names_of_any_kind_come_back_as_they_were(names):
    frame = seurat()
    frame["cluster"] = frame["cluster"].map(dict(enumerate(names)))
    assert set(load_markers(frame).table.ids()) == set(names)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "markers.csv"
        frame.to_csv(path, index=False)
        loaded = load_markers(path)
    assert set(loaded.table.ids()) == set(names)
    for position, name in enumerate(names):
        assert [g.gene for g in loaded.table.get(name).genes] == [gene for gene, *_ in EXPECTED[position][2]]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ([0.0, 1.0, 2.0], ["0", "1", "2"]),
        (["0.0", "1.0", "10.0"], ["0", "1", "10"]),
        ([0.5, 1.0, 1.5], ["0.5", "1.0", "1.5"]),
        ([True, False, True], ["False", "True"]),
        (["01", "1", "1.0"], ["01", "1", "1.0"]),
        (pd.Categorical(["b", "a", "c"]), ["a", "b", "c"]),
        ([-1, 0, 1], ["-1", "0", "1"]),
    ],
)
def test_numbers_as_cluster_names_are_whole_where_all_are_whole(written, kept):
    frame = seurat()
    frame["cluster"] = frame["cluster"].map(dict(enumerate(written)))
    assert set(load_markers(frame).table.ids()) == set(kept)
