"""Labels of many datasets side by side: one name for one type, what is missing or odd, cells as one file."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pytest
from scipy import sparse

from cassia_core.data.h5ad.combining import CombinedSource, combine_h5ad
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.errors import AnnDataError, RunError
from cassia_core.runs.store import create_run
from cassia_core.services.across import across_tables
from cassia_core.services.across.combining import combine
from cassia_core.services.across.labels_across import Across, LabelAcross, across, shared_names
from cassia_core.services.across.oddities import oddities
from cassia_core.services.labels import review
from tests.small_runs import fill, write_lists


def test_one_type_has_one_name_however_it_is_written():
    names = shared_names(
        ["NK cell", "natural killer cell", "B cells", "b cell", "Strange cell", "strange cells"]
    )
    assert names["B cells"] == names["b cell"] == "B cell"
    assert names["Strange cell"] == names["strange cells"]
    assert names["NK cell"] == names["natural killer cell"] == "NK cell"


def of(dataset: str, tissue: str, **cells: int) -> list[LabelAcross]:
    """Labels of one dataset: everyday name (blanks as underscores) to cells."""
    return [
        LabelAcross(
            dataset=dataset,
            tissue=tissue,
            cluster=str(at),
            label=name.replace("_", " "),
            type=name.replace("_", " "),
            group=name,
            lineage="any",
            n_cells=n,
        )
        for at, (name, n) in enumerate(cells.items())
    ]


def test_what_is_missing_alone_or_odd_in_one_dataset_is_told_beside_its_tissue():
    labels = [
        *of("a", "blood", B_cell=50, T_cell=50),
        *of("b", "blood", B_cell=40, T_cell=60),
        *of("c", "blood", B_cell=2, T_cell=98, Mast_cell=0),
        *of("d", "blood", T_cell=90, Plasma_cell=10),
        *of("e", "skin", Mast_cell=10),
    ]
    odd = oddities(Across(labels=tuple(labels)))
    told = {(o.kind, o.dataset, o.type) for o in odd}
    assert told == {
        ("missing", "d", "B cell"),
        ("only_here", "d", "Plasma cell"),
        ("much_less", "c", "B cell"),
    }
    missing = next(o for o in odd if o.kind == "missing")
    assert missing.n_with == 3 and "3 of 4 datasets of blood have it, 40.0% in the median" in missing.in_words
    assert "much_more" not in {o.kind for o in oddities(Across(labels=tuple(labels[:4])))}, "two datasets"


def test_a_broader_type_in_the_place_of_a_missing_one_is_named():
    labels = [
        *of("a", "blood", CD4_T_cell=50, B_cell=50),
        *of("b", "blood", CD4_T_cell=50, B_cell=50),
        *of("c", "blood", T_cell=50, B_cell=50),
    ]
    missing = next(o for o in oddities(Across(labels=tuple(labels))) if o.kind == "missing")
    assert (missing.dataset, missing.type, missing.instead) == ("c", "CD4 T cell", ("T cell",))


def test_labels_of_a_run_are_merged_with_their_ids_and_corrections_count(tmp_path: Path):
    tables = {name: write_lists(tmp_path / f"{name}.csv") for name in ("a", "b")}
    specs = [DatasetSpec(name=n, path=str(p), tissue="blood") for n, p in tables.items()]
    specs.append(DatasetSpec(name="gone", path=str(tmp_path / "gone.csv"), tissue="lung"))
    config = RunConfig(datasets=tuple(specs))
    layout = create_run(config, tmp_path / "runs", {})
    assert fill(layout, config) == "partial"
    run, root = layout.root.name, tmp_path / "runs"
    found = across(run, root)
    assert found.datasets == ("a", "b") and [name for name, _ in found.left_out] == ["gone"]
    b_cells = [label for label in found.labels if label.cluster == "0"]
    assert len(b_cells) == 2 and all(label.cl_id.startswith("CL:") for label in b_cells)
    counts = across_tables.counts_across(found, "lineage")
    assert list(counts.index) == ["a", "b"] and set(counts.sum(axis=1)) == {3}
    assert across_tables.shares_across(found, "type").sum(axis=1).round(9).eq(1).all()
    assert across(run, root) == found, "kept beside the run"
    review.apply_edit(run, "b", ("0",), "rename", label="plasma cell", root=root)
    again = across(run, root)
    assert next(x for x in again.labels if (x.dataset, x.cluster) == ("b", "0")).type == "Plasma cell"
    with pytest.raises(RunError, match="nothing to combine"):
        combine(run, root)
    assert b"Plasma cell" in across_tables.across_csv(again, "type")


def annotated(
    path: Path, genes: list[str], n_cells: int, *, dense: bool = False, counts: bool = True
) -> Path:
    """A small annotated file of ours."""
    values = np.arange(n_cells * len(genes), dtype=np.float32).reshape(n_cells, len(genes)) % 5
    cells = ad.AnnData(values if dense else sparse.csr_matrix(values))
    cells.var_names = genes
    cells.obs["leiden"] = [str(i % 2) for i in range(n_cells)]
    cells.obs["cell_type"] = ["B cell" if i % 2 else "T cell" for i in range(n_cells)]
    if counts:
        cells.layers["counts"] = cells.X.copy()
    cells.obsm["X_umap"] = np.zeros((n_cells, 2))
    cells.uns["cassia"] = {"cluster_key": "leiden"}
    cells.write_h5ad(path)
    return path


def test_cells_of_several_files_become_one_with_the_genes_that_all_have(tmp_path: Path):
    sources = [
        CombinedSource(
            name="a",
            path=annotated(tmp_path / "a.h5ad", ["G1", "G2", "G3"], 4),
            columns={"tissue": "lung"},
            by_cluster={"cell_type_shared": {"0": "T cell", "1": "B cell"}},
        ),
        CombinedSource(
            name="b",
            path=annotated(tmp_path / "b.h5ad", ["G3", "G2", "G4"], 6, dense=True, counts=False),
            columns={"tissue": "skin"},
            by_cluster={"cell_type_shared": {"0": "B cell", "1": "B cell"}},
        ),
    ]
    said = combine_h5ad(sources, tmp_path / "all.h5ad")
    cells = ad.read_h5ad(tmp_path / "all.h5ad")
    assert cells.shape == (10, 2) and sorted(cells.var_names) == ["G2", "G3"]
    assert cells.obs["dataset"].tolist() == ["a"] * 4 + ["b"] * 6
    assert cells.obs["tissue"].tolist() == ["lung"] * 4 + ["skin"] * 6
    assert cells.obs["cell_type_shared"].tolist() == ["T cell", "B cell"] * 2 + ["B cell"] * 6
    assert cells.obs_names.is_unique and "X_umap" not in cells.obsm and "counts" not in cells.layers
    own = ad.read_h5ad(tmp_path / "b.h5ad")
    mine = cells[cells.obs["dataset"] == "b", "G3"].X.toarray().ravel()
    assert mine.tolist() == own[:, "G3"].X.ravel().tolist(), "values follow their genes"
    assert any("No layer of counts: b" in sentence for sentence in said)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5ad", "all.h5ad", "b.h5ad"], "nothing is left"


def test_files_without_a_common_gene_are_refused(tmp_path: Path):
    sources = [
        CombinedSource(name="a", path=annotated(tmp_path / "a.h5ad", ["CD3D", "LYZ"], 4)),
        CombinedSource(name="b", path=annotated(tmp_path / "b.h5ad", ["Cd3d", "Lyz2"], 4)),
    ]
    with pytest.raises(AnnDataError, match="no gene in common"):
        combine_h5ad(sources, tmp_path / "all.h5ad")
