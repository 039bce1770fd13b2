"""Names of clusters as the file has them, also those that look like a missing value."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from cassia_core.data.tables.cluster_names import as_cluster_names
from cassia_core.data.tables.marker_tables import load_markers

NAMES, MISSING = ["NA", "None", "null"], [None, np.nan, "", "nan", "NaN", "<NA>"]


def test_na_is_a_name_and_what_pandas_writes_for_no_value_is_none():
    values = pd.Series([*NAMES, *MISSING], dtype=object)
    assert as_cluster_names(values).tolist() == [*NAMES, *["Unassigned"] * len(MISSING)]
    assert as_cluster_names(values.astype("category")).tolist() == [*NAMES, *["Unassigned"] * len(MISSING)]


def test_whole_numbers_lose_their_point_beside_such_a_name_and_beside_missing_values():
    assert as_cluster_names(pd.Series(["1.0", "2.0", "NA"])).tolist() == ["1", "2", "NA"]
    assert as_cluster_names(pd.Series([1.0, 2.0, np.nan])).tolist() == ["1", "2", "Unassigned"]
    assert as_cluster_names(pd.Series([1.0, 2.0, np.nan]).astype(str)).tolist() == ["1", "2", "Unassigned"]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx"])
def test_a_marker_table_with_a_cluster_called_na_keeps_it_and_says_so(tmp_path, ending):
    frame = pd.DataFrame(
        {
            "cluster": ["NA", "NA", "1", "1"],
            "gene": ["CD3D", "CD3E", "MS4A1", "CD79A"],
            "avg_log2FC": [3.0, 2.0, 3.0, 2.0],
        }
    )
    path = tmp_path / f"markers{ending}"
    if ending == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    loaded = load_markers(path)
    assert loaded.table.get("NA").symbols() == ("CD3D", "CD3E")
    assert any('"NA" is taken as the name of a cluster' in f.value for f in loaded.findings.found)


def test_a_column_of_cells_with_a_cluster_called_na_comes_back_from_the_file_with_that_name(tmp_path):
    names = ["NA", "null", None, "B"]
    adata = ad.AnnData(
        np.ones((4, 2), dtype=np.float32),
        obs=pd.DataFrame({"mine": pd.Categorical(names)}, index=list("abcd")),
    )
    adata.write_h5ad(tmp_path / "cells.h5ad")
    back = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert as_cluster_names(back.obs["mine"]).tolist() == ["NA", "null", "Unassigned", "B"]
