"""A table beside a matrix belongs to its cells by their names, never by their order."""

from __future__ import annotations

from pathlib import Path

from cassia_core.data.cells.load_cells import load_cells
from tests.corpus import tenx
from tests.corpus.material import N_CELLS


def test_columns_and_coordinates_are_joined_by_name(tmp_path: Path):
    adata = load_cells(tenx.mtx_with_a_cell_table(tmp_path)).adata
    numbers = [int(name.removeprefix("CELL").removesuffix("-1")) for name in adata.obs_names]
    assert list(adata.obs["seurat_clusters"]) == [str(number % 3) for number in numbers]
    assert [round(x * 7) for x in adata.obsm["X_umap"][:, 0]] == numbers


def test_cells_that_the_table_does_not_name_stay_without_a_value(tmp_path: Path):
    adata = load_cells(tenx.mtx_with_annotations_of_most_cells(tmp_path)).adata
    assert adata.obs["cell_type"].isna().sum() == 5


def test_a_table_of_other_cells_is_passed_over(tmp_path: Path):
    folder = tenx.mtx_folder(tmp_path)
    rows = "\n".join(f"OTHER{i},1" for i in range(N_CELLS))
    (folder / "meta.csv").write_text(f"barcode,cluster\n{rows}\n")
    loaded = load_cells(folder)
    assert "cluster" not in loaded.adata.obs
    assert not any("meta.csv" in sentence for sentence in loaded.findings.done)
