"""Labels of a run onto cells in memory."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from cassia_core.errors import InputError
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.services.intake.labels_onto_cells import join_scored, read_table

IDS = ["NA", "+T", "=1+1", "01", "1", "-1"]


def scored(clusters: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster": clusters,
            "celltype_1": [f"type {c}" for c in clusters],
            "celltype_2": "",
            "celltype_3": "",
            "CASSIA_merged_grouping_1": "",
            "CASSIA_merged_grouping_2": "",
            "CASSIA_merged_grouping_3": "",
            "Score": 80.0,
        },
        dtype=object,
    )


def cells_of(clusters: list[str]) -> ad.AnnData:
    return ad.AnnData(
        np.zeros((len(clusters), 1)),
        obs=pd.DataFrame({"c": clusters}, index=[*map(str, range(len(clusters)))]),
    )


def test_cluster_ids_come_back_from_a_table_as_they_are_in_the_data(tmp_path):
    write_csv(tmp_path / "scored.csv", scored(IDS))
    table = read_table(tmp_path / "scored.csv")
    assert table["cluster"].tolist() == IDS
    labelled = join_scored(cells_of([*IDS, "10"]), table, "c")
    assert labelled.obs["CASSIA_celltype_1"].astype(object).tolist()[:-1] == [f"type {c}" for c in IDS]
    assert labelled.obs["CASSIA_celltype_1"].isna().tolist()[-1]


def test_results_of_several_datasets_are_not_joined_onto_cells_of_one():
    with pytest.raises(InputError, match="more than once"):
        join_scored(cells_of(["0"]), pd.concat([scored(["0"]), scored(["0"])]), "c")
