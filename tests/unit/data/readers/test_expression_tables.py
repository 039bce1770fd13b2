"""Values, names and descriptions of tables of expression values arrive as they were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import load_cells
from cassia_core.domain.config import ReadOptions
from tests.corpus import vendor_tables as tables
from tests.corpus.material import N_CELLS, counts, symbols


def dense(matrix: np.ndarray | sp.spmatrix) -> np.ndarray:
    return matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)


@pytest.mark.parametrize(
    ("build", "factor"),
    [
        (tables.every_value_in_quotes, 1),
        (tables.values_padded_with_blanks, 1),
        (tables.decimal_commas_between_tabs, 0.25),
        (tables.quoted_decimal_commas_between_commas, 0.25),
        (tables.commas_between_thousands, 700),
        (tables.rhapsody_with_remarks, 1),
        (tables.merscope_with_the_place_of_cells, 1),
        (tables.a_column_of_sums, 1),
        (tables.a_row_of_sums, 1),
        (tables.genes_with_their_place_and_length, 1),
        (tables.a_header_behind_a_comment_sign, 1),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_values_are_those_of_the_table(build, factor: float, tmp_path: Path):
    adata = load_cells(build(tmp_path)).adata
    assert list(adata.var_names) == symbols()
    np.testing.assert_allclose(dense(adata.X), counts() * factor)


def test_long_ids_name_the_cells_to_the_last_digit(tmp_path: Path):
    adata = load_cells(tables.merscope_with_the_place_of_cells(tmp_path)).adata
    assert list(adata.obs_names[:2]) == ["2100000000000", "2100000000007"]
    assert list(adata.obs.columns) == ["center_x", "volume"]
    assert adata.obs["volume"].iloc[-1] == 900


def test_cells_of_each_field_of_view_are_kept_apart(tmp_path: Path):
    adata = load_cells(tables.cosmx_with_fields_of_view(tmp_path)).adata
    assert adata.obs_names.is_unique
    assert adata.obs_names[0] == "1_1" and adata.obs_names[-1] == "3_39"
    np.testing.assert_array_equal(adata.obs["fov"].unique(), [1, 2, 3])


def test_what_describes_genes_goes_to_the_genes(tmp_path: Path):
    adata = load_cells(tables.genes_with_their_place_and_length(tmp_path)).adata
    assert {"Chr", "Start", "End", "Strand", "Length"} <= set(adata.var.columns)
    assert adata.var["Length"].iloc[0] == 500


def test_a_list_of_counts_gives_the_matrix(tmp_path: Path):
    adata = load_cells(tables.long_list_of_umi_tools(tmp_path)).adata
    expressed = [gene for gene, total in zip(symbols(), counts().sum(axis=0), strict=True) if total]
    assert set(adata.var_names) == set(expressed)
    values = dense(adata[:, expressed].X)
    order = np.argsort([int(name[8:12]) for name in adata.obs_names])
    np.testing.assert_array_equal(values[order], counts()[:, [symbols().index(g) for g in expressed]])


def test_a_person_may_keep_the_column_that_looks_like_a_sum(tmp_path: Path):
    path = tables.a_column_of_sums(tmp_path)
    assert [q.option for q in inspect_file(path).questions] == ["genes_in_rows", "not_values"]
    kept = load_cells(path, ReadOptions(not_values=()))
    assert kept.adata.n_vars == 601
    assert "not_values" not in [q.option for q in kept.findings.questions]


def test_gaps_are_asked_about_before_the_run_refuses_them(tmp_path: Path):
    findings = inspect_file(tables.gaps_left_empty(tmp_path))
    assert "replace_nan" in [q.option for q in findings.questions]


@pytest.mark.parametrize(
    "build",
    [tables.genes_with_their_place_and_length, tables.rhapsody_with_remarks, tables.long_list_of_ids],
    ids=lambda build: build.__name__,
)
def test_inspection_and_run_name_the_same_size(build, tmp_path: Path):
    path = build(tmp_path)
    seen, loaded = inspect_file(path), load_cells(path)
    assert (seen.n_cells, seen.n_genes) == (N_CELLS, loaded.findings.n_genes)
    assert loaded.adata.shape == (seen.n_cells, seen.n_genes)
