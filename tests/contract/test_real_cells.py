"""Real cells with known labels, end to end and offline."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest

from cassia_core.knowledge.naming import ontology

LINEAGE_OF_GOLD = {
    "T cell": "CL:0000084",
    "B cell": "CL:0000236",
    "NK cell": "CL:0000623",
    "CD14+": "CL:0000576",
    "CD34+": "CL:0008001",
}
"""Gold name to the Cell Ontology term that a right label is, or descends from."""
PRECURSORS = (
    "CL:0008001",
    "CL:0000037",
    "CL:0000049",
    "CL:0000050",
    "CL:0000557",
    "CL:0000051",
    "CL:0002031",
)


@pytest.fixture(scope="module")
def annotated(shared, command_line, tmp_path_factory):
    source = shared / "data" / "h5ad" / "pbmc_facs_zheng2017.h5ad"
    if not source.exists():
        pytest.skip("the file is not here")
    out = tmp_path_factory.mktemp("real") / "out"
    done = command_line(
        "annotate",
        source,
        "--tissue",
        "blood",
        "--species",
        "human",
        "--output-dir",
        out,
        "--quiet",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    folder = next(out.glob("run_blood_*")) / "blood" / "pbmc_facs_zheng2017"
    return ad.read_h5ad(source), ad.read_h5ad(folder / "pbmc_facs_zheng2017_annotated.h5ad")


def test_the_original_counts_clusters_and_maps_are_in_the_annotated_file(annotated):
    source, result = annotated
    assert {"leiden", "cell_type"} <= set(result.obs) and {"X_pca", "X_umap"} <= set(result.obsm)
    assert (result.layers["counts"] != source.X).nnz == 0
    assert result.X.max() < 15 and not np.allclose(result.X.data, np.round(result.X.data))


def test_at_least_85_percent_of_the_cells_carry_the_right_broad_lineage(annotated):
    _, result = annotated
    right = [
        is_right(str(gold), str(cl_id))
        for gold, cl_id in zip(
            result.obs["subpop"], result.obs["cell_type_ontology_term_id"].astype(str), strict=True
        )
    ]
    assert np.mean(right) >= 0.85, np.mean(right)


def is_right(gold: str, cl_id: str) -> bool:
    if not cl_id.startswith("CL:"):
        return False
    lines = {cl_id, *ontology.ancestors(cl_id)}
    wanted = LINEAGE_OF_GOLD[gold]
    return bool(lines & set(PRECURSORS)) if wanted == "CL:0008001" else wanted in lines
