"""Options of quality, clusters and markers on the command line, down to the files of the run."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import pandas as pd
import pytest

from cassia_core.cli import parser
from cassia_core.cli_commands.clustering_options import clustering_of, markers_of, quality_of
from cassia_core.domain.config import ClusteringParams, MarkerParams, QCParams
from cassia_core.errors import ConfigError
from cassia_core.services.clusters.cluster_quality import cluster_quality, removed_cells, removed_cells_csv
from cassia_core.services.runs.results import load_results
from tests.typed_cells import typed_cells

NEEDED = ("cells.h5ad", "--tissue", "blood", "--species", "human")


def options_of(*arguments: str, command: str = "annotate"):
    return parser().parse_args([command, *NEEDED, *arguments])


@pytest.mark.parametrize("command", ["annotate", "cluster", "batch"])
def test_the_defaults_are_those_of_the_python_interface(command):
    options = options_of(command=command)
    assert quality_of(options) == QCParams()
    assert clustering_of(options, None) == ClusteringParams()
    assert markers_of(options) == MarkerParams()


def test_clusters_alone_need_neither_tissue_nor_species():
    options = parser().parse_args(["cluster", "cells.h5ad"])
    assert (options.tissue, options.species) == ("unknown", "human")


def test_every_option_reaches_its_setting():
    options = options_of(
        "--min-genes",
        "200",
        "--max-genes",
        "6000",
        "--min-counts",
        "500",
        "--max-counts",
        "90000",
        "--max-mito",
        "20",
        "--max-ribo",
        "50",
        "--max-haemo",
        "5",
        "--doublets",
        "--max-doublet-score",
        "0.4",
        "--sample-column",
        "donor",
        "--resolution",
        "auto",
        "--n-top-genes",
        "2000",
        "--test-method",
        "t-test",
        "--embedding",
        "new",
        "--min-log2fc",
        "0.5",
        "--seed",
        "7",
    )
    assert quality_of(options) == QCParams(
        min_genes=200,
        max_genes=6000,
        min_counts=500,
        max_counts=90_000,
        max_pct_mito=20,
        max_pct_ribo=50,
        max_pct_haemo=5,
        max_doublet_score=0.4,
        score_doublets=True,
        sample_column="donor",
    )
    assert clustering_of(options, None) == ClusteringParams(
        resolution=None, n_top_genes=2000, batch_column="donor", batch_method="none", embedding="new", seed=7
    )
    assert markers_of(options) == MarkerParams(method="t-test", min_log2fc=0.5)


def test_a_batch_column_means_harmony_and_a_given_limit_takes_the_place_of_a_suggested_one():
    options = options_of("--batch-column", "lane", "--max-mito", "30")
    assert clustering_of(options, "type") == ClusteringParams(
        cluster_column="type", batch_column="lane", batch_method="harmony"
    )
    suggested = QCParams(min_genes=300, max_pct_mito=7.5)
    assert quality_of(options, suggested) == QCParams(min_genes=300, max_pct_mito=30, sample_column="lane")
    contradicted = quality_of(
        options_of("--min-genes", "5000"), QCParams(min_genes=300, max_genes=4000, max_counts=9000)
    )
    assert contradicted == QCParams(min_genes=5000, max_counts=9000)


def test_limits_that_contradict_each_other_are_refused_in_plain_words():
    with pytest.raises(ConfigError, match="max_genes"):
        quality_of(options_of("--min-genes", "500", "--max-genes", "100"))
    with pytest.raises(ConfigError, match="percentage"):
        quality_of(options_of("--max-mito", "120"))


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory, command_line) -> tuple[Path, str]:
    """A run with limits, doublets per sample, a t test and a new map, and what was said."""
    folder = tmp_path_factory.mktemp("options")
    typed_cells(folder / "cells.h5ad", n_poor=12, n_double=20)
    done = command_line(
        "cluster",
        folder / "cells.h5ad",
        *NEEDED[1:],
        "--suggest-qc",
        "--max-mito",
        "60",
        "--doublets",
        "--sample-column",
        "donor",
        "--test-method",
        "t-test",
        "--n-top-genes",
        "200",
        "--output-dir",
        folder / "runs",
        "--quiet",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return next((folder / "runs").glob("run_*")), done.stderr


def test_suggested_limits_are_said_and_are_in_the_record_of_the_run(clustered):
    run_dir, said = clustered
    assert "cells.h5ad: limits min_genes" in said
    spec = json.loads((run_dir / ".cassia" / "run.json").read_text())["config"]["datasets"][0]
    assert spec["qc"]["min_genes"] > 0 and spec["qc"]["max_pct_mito"] == 60
    assert (
        spec["qc"]["score_doublets"]
        and spec["qc"]["sample_column"] == spec["clustering"]["batch_column"] == "donor"
    )
    assert spec["markers"]["method"] == "t-test" and spec["clustering"]["n_top_genes"] == 200


def test_cells_that_were_set_aside_are_named_with_reasons_in_the_h5ad_and_as_a_table(clustered):
    run_dir, _ = clustered
    cells = ad.read_h5ad(run_dir / "blood" / "cells" / "cells_annotated.h5ad")
    gone = pd.DataFrame(dict(cells.uns["cassia_removed_cells"]))
    assert {f"cell{i}" for i in range(12)} <= set(gone["cell"])
    assert len(gone) + cells.n_obs == 600
    assert not set(gone["cell"]) & set(cells.obs_names)
    table = removed_cells(run_dir.name, "cells", run_dir.parent)
    assert table.to_dict("list") == gone.to_dict("list")
    assert removed_cells_csv(run_dir.name, "cells", run_dir.parent).decode().startswith("cell,reason")


def test_doublet_scores_and_quality_reach_the_h5ad_and_the_view(clustered):
    run_dir, _ = clustered
    columns = {
        "n_genes",
        "n_counts",
        "pct_mito",
        "pct_ribo",
        "pct_haemo",
        "doublet_score",
        "predicted_doublet",
    }
    assert columns <= set(ad.read_h5ad(run_dir / "blood" / "cells" / "cells_annotated.h5ad").obs)
    view = load_results(run_dir.name, "cells", run_dir.parent).view
    assert columns <= {c.name for c in view.columns()}
    rows = cluster_quality(view)
    assert sum(r.n_cells for r in rows) == view.n_cells
    assert all(
        r.doublet_score and r.doublet_share is not None and r.pct_mito and r.n_counts.median > 0 for r in rows
    )


def test_suggested_limits_for_a_file_without_counts_are_refused_before_a_run_is_made(command_line, tmp_path):
    cells = typed_cells(tmp_path / "counts.h5ad", n_cells=120)
    cells.X.data = __import__("numpy").log1p(cells.X.data * 7.3)
    cells.write_h5ad(tmp_path / "logs.h5ad")
    done = command_line(
        "cluster", tmp_path / "logs.h5ad", *NEEDED[1:], "--suggest-qc", "--output-dir", tmp_path / "runs"
    )
    assert done.returncode == 1 and "no counts" in done.stderr and "What to do" in done.stderr
    assert not (tmp_path / "runs").exists()
