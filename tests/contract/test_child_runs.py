"""Looking inside clusters of a run: exactly their cells, computed anew, in a run that knows where it comes
from.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

from cassia_core.domain.config import (
    AgentModel,
    AnnotationParams,
    ClusteringParams,
    DatasetSpec,
    PartOf,
    RunConfig,
)
from cassia_core.errors import ConfigError, InputError, RunError, RunLocked
from cassia_core.pipeline.annotation.part_context import part_context
from cassia_core.pipeline.estimate import what_is_sent
from cassia_core.runs.layout import RunLayout
from cassia_core.services.labels import review
from cassia_core.services.runs import results, runs
from cassia_core.services.subclusters import child_runs
from cassia_core.services.subclusters.subclustering import start_child
from tests.contract.test_resume import ended, wait
from tests.model_server import ModelServer

N_CELLS = 500
PATIENCE_S = 400


def annotated(run_id: str, root: Path) -> ad.AnnData:
    name = runs.load_config(run_id, root).datasets[0].name
    return ad.read_h5ad(
        next(
            f.path
            for f in results.output_files(run_id, root)
            if f.label.startswith("Annotated") and f.dataset == name
        )
    )


def finished(run_id: str, root: Path, state: str = "success") -> str:
    view = wait(run_id, root, ended, PATIENCE_S)
    assert view.state == state, (view.error, view.datasets)
    return run_id


def name_of(run_id: str, root: Path) -> str:
    return runs.load_config(run_id, root).datasets[0].name


@pytest.fixture(scope="module")
def family(shared, tmp_path_factory) -> SimpleNamespace:
    """500 sorted blood cells with counts, their own clusters kept; T cells looked into, and a part of these
    again.
    """
    root = tmp_path_factory.mktemp("family")
    cells = ad.read_h5ad(shared / "data" / "h5ad" / "pbmc_facs_zheng2017.h5ad")
    cells = cells[np.random.default_rng(0).permutation(cells.n_obs)[:N_CELLS]]
    cells = cells[:, np.asarray((cells.X > 0).sum(axis=0)).ravel() >= 10].copy()
    cells.write_h5ad(root / "blood.h5ad")
    spec = DatasetSpec(
        name="blood",
        path=str(root / "blood.h5ad"),
        tissue="blood",
        context="Sorted by beads.",
        clustering=ClusteringParams(cluster_column="subpop"),
    )
    parent = finished(runs.start_run(RunConfig(datasets=(spec,), title="Blood"), {}, root), root)
    child = finished(
        start_child(parent, "blood", ("T cell",), clustering={"resolution": 0.8}, root=root), root
    )
    largest = max(
        results.load_results(child, name_of(child, root), root).rows, key=lambda r: r.n_cells
    ).cluster
    grandchild = finished(
        start_child(
            child, name_of(child, root), (largest,), clustering={"markers_against": "subset"}, root=root
        ),
        root,
    )
    return SimpleNamespace(root=root, parent=parent, child=child, largest=largest, grandchild=grandchild)


def test_a_child_has_exactly_the_cells_of_the_clusters_with_their_counts_and_values(family):
    parent, child = annotated(family.parent, family.root), annotated(family.child, family.root)
    chosen = parent[parent.obs["subpop"] == "T cell"]
    assert list(child.obs_names) == list(chosen.obs_names)
    assert list(child.var_names) == list(parent.var_names)
    assert (child.layers["counts"] != chosen.layers["counts"]).nnz == 0
    assert (child.X != chosen.X).nnz == 0
    assert list(child.obs["parent_cell_type"]) == list(chosen.obs["cell_type"])
    assert child.obsm["X_umap"].shape == (child.n_obs, 2) and np.isfinite(child.obsm["X_umap"]).all()
    np.testing.assert_array_equal(child.obsm["X_umap_original"], chosen.obsm["X_umap"])


def test_variable_genes_of_a_child_are_those_of_its_cells_alone(family):
    child = annotated(family.child, family.root)
    alone = ad.AnnData(child.X.copy(), obs=child.obs[[]], var=child.var[[]])
    sc.pp.highly_variable_genes(alone, min_mean=0.0125, max_mean=3, min_disp=0.5)
    seen_in_three = np.asarray((child.X > 0).sum(axis=0)).ravel() >= 3
    assert (
        child.var["highly_variable"].to_numpy() == (alone.var["highly_variable"].to_numpy() & seen_in_three)
    ).all()


@pytest.mark.parametrize("against", ["both", "subset"])
def test_markers_of_a_child_are_scanpys_against_the_cells_it_says(family, against):
    run_id, parent_id = (
        (family.child, family.parent) if against == "both" else (family.grandchild, family.child)
    )
    assert runs.load_config(run_id, family.root).datasets[0].clustering.markers_against == against
    found = results.load_results(run_id, name_of(run_id, family.root), family.root)
    child = annotated(run_id, family.root)
    compared = annotated(parent_id, family.root) if against == "both" else child.copy()
    compared.uns.pop("log1p", None)
    compared.obs["group"] = (
        child.obs["leiden"].astype(str).reindex(compared.obs_names).fillna("outside").astype("category")
    )
    groups = list(found.view.clusters())
    sc.tl.rank_genes_groups(compared, "group", groups=groups, method="wilcoxon", pts=True)
    for cluster in groups:
        theirs = sc.get.rank_genes_groups_df(compared, cluster).set_index("names")
        ours = found.view.cluster_statistics(cluster).set_index("gene").loc[theirs.index]
        np.testing.assert_allclose(ours["score"], theirs["scores"], atol=2e-4)
        np.testing.assert_allclose(ours["pct_in"], theirs["pct_nz_group"], atol=1e-6)
        np.testing.assert_allclose(ours["pct_out"], theirs["pct_nz_reference"], atol=1e-6)


def test_a_child_and_its_child_name_their_parent_and_keep_every_level_of_clusters(family):
    child, grandchild = (runs.load_config(r, family.root) for r in (family.child, family.grandchild))
    label = review.labels(family.parent, "blood", family.root)
    expected = next(item.label for item in label if item.cluster == "T cell")
    assert child.part_of == PartOf(
        run=family.parent, dataset="blood", clusters=("T cell",), labels=(expected,), title="Blood"
    )
    assert grandchild.part_of.run == family.child and grandchild.part_of.clusters == (family.largest,)
    cells = annotated(family.grandchild, family.root)
    assert set(cells.obs["leiden_original"]) == {family.largest} and set(cells.obs["subpop"]) == {"T cell"}
    assert cells.n_obs == int((annotated(family.child, family.root).obs["leiden"] == family.largest).sum())
    written = results.output_files(family.child, family.root)
    report = next(f.path for f in written if f.path.name.endswith("_report.html")).read_text(encoding="utf-8")
    for words in ("all other cells of the file", "the other clusters taken", f"from the run {family.parent}"):
        assert words in report
    log = next(f.path for f in written if f.dataset and f.path.name.endswith("_summary.txt")).read_text(
        encoding="utf-8"
    )
    assert f"of {N_CELLS} cells of cluster T cell of the column subpop are clustered" in log


def test_the_parent_lists_its_children_with_what_they_found(family):
    (found,) = child_runs.children_of(family.parent, "blood", family.root)
    assert found.run_id == family.child and found.clusters == ("T cell",) and found.state == "success"
    rows = results.load_results(family.child, name_of(family.child, family.root), family.root).rows
    assert found.n_clusters == len(rows) > 1
    assert sum(p.n_cells for p in found.parts) == sum(
        r.n_cells for r in rows if r.label and r.label != "Unknown"
    )
    assert child_runs.parent_of(family.child, family.root).there
    assert child_runs.parent_of(family.parent, family.root) is None


def test_the_agents_hear_of_the_parents_label_as_an_opinion(family):
    config = runs.load_config(family.child, family.root)
    row = results.load_results(family.child, name_of(family.child, family.root), family.root).rows[0]
    heard = " ".join(
        message.content for turn in row.turns if turn.role == "annotator" for message in turn.sent
    )
    assert "Sorted by beads. These cells are one cluster of a larger data set" in heard
    assert f"called them {config.part_of.labels[0]}: an opinion to check" in heard
    assert "all other cells of that data set" in part_context(config, config.datasets[0])
    blind = replace(config, annotation=AnnotationParams(blind=True))
    assert config.part_of.labels[0] not in part_context(blind, config.datasets[0])
    assert part_context(runs.load_config(family.parent, family.root), config.datasets[0]) == ""


def test_what_leaves_the_machine_names_the_parents_label_unless_the_run_is_blind(family):
    config = runs.load_config(family.child, family.root)
    model = AgentModel(provider="custom", model="m", base_url="http://models.example/v1")
    assert any(
        "its label for them" in line
        for line in what_is_sent(replace(config, annotation=AnnotationParams(annotator=model)))
    )
    blind = what_is_sent(replace(config, annotation=AnnotationParams(annotator=model, blind=True)))
    assert any("part of a larger data set" in line for line in blind)
    assert not any("its label for them" in line for line in blind)


def test_labels_of_a_child_can_be_used_in_the_parent_and_taken_back(family, tmp_path):
    root = tmp_path / "runs"
    shutil.copytree(family.root, root)
    before = review.cell_labels(family.parent, "blood", root)
    edits = child_runs.use_labels(family.child, root=root)
    assert edits and child_runs.use_labels(family.child, root=root) == (), "a second time changes nothing"
    codes, names = review.cell_labels(family.parent, "blood", root)
    view = results.load_results(family.parent, "blood", root).view
    parent_labels = dict(zip(view.cell_ids(), np.array([*names, ""], dtype=object)[codes], strict=True))
    child_name = name_of(family.child, root)
    child_codes, child_names = review.cell_labels(family.child, child_name, root)
    child_view = results.load_results(family.child, child_name, root).view
    for cell, code in zip(child_view.cell_ids(), child_codes, strict=True):
        if code >= 0 and child_names[code] != "Unknown":
            assert parent_labels[cell] == child_names[code]
    changed = set(child_view.cell_ids())
    was = dict(zip(view.cell_ids(), np.array([*before[1], ""], dtype=object)[before[0]], strict=True))
    assert all(parent_labels[c] == was[c] for c in view.cell_ids() if c not in changed)
    for _ in edits:
        review.undo(family.parent, "blood", root)
    codes, names = review.cell_labels(family.parent, "blood", root)
    assert [("", *names)[c + 1] for c in codes] == [("", *before[1])[c + 1] for c in before[0]]
    with pytest.raises(RunError, match="no other run"):
        child_runs.use_labels(family.parent, root=root)


def test_a_corrected_label_of_the_parent_is_the_one_a_child_hears(family, tmp_path):
    from cassia_core.services.subclusters.subclustering import child_config

    root = tmp_path / "runs"
    shutil.copytree(family.root, root)
    review.apply_edit(family.parent, "blood", ("T cell",), "rename", label="regulatory T cell", root=root)
    assert child_config(family.parent, "blood", ("T cell",), root=root).part_of.labels == (
        "regulatory T cell",
    )


def test_results_of_a_child_stay_when_the_parent_is_deleted(family, tmp_path):
    root = tmp_path / "runs"
    shutil.copytree(family.root, root)
    runs.delete_run(family.parent, root)
    parent = child_runs.parent_of(family.child, root)
    assert not parent.there and parent.part.title == "Blood"
    found = results.load_results(family.child, name_of(family.child, root), root)
    assert found.rows and found.view.n_cells == sum(r.n_cells for r in found.rows)
    again = start_child(family.child, name_of(family.child, root), (family.largest,), root=root)
    runs.cancel_run(again, root)
    wait(again, root, ended, PATIENCE_S)


def test_a_cancelled_child_goes_on_and_ends_as_if_nothing_had_happened(family):
    options = {"clustering": {"resolution": 0.8}, "root": family.root}
    run_id = start_child(family.parent, "blood", ("T cell",), **options)
    runs.cancel_run(run_id, family.root)
    assert wait(run_id, family.root, ended, PATIENCE_S).state in ("cancelled", "success")
    runs.resume_run(run_id, root=family.root)
    finished(run_id, family.root)
    labels = [
        {
            r.cluster: (r.label, r.n_cells)
            for r in results.load_results(r_id, name_of(r_id, family.root), family.root).rows
        }
        for r_id in (run_id, family.child)
    ]
    assert labels[0] == labels[1]
    runs.delete_run(run_id, family.root)


def test_what_cannot_be_looked_into_is_refused_in_plain_words(family, tmp_path):
    with pytest.raises(ConfigError, match="no cluster T cells.*NK cell.*T cell"):
        start_child(family.parent, "blood", ("T cells",), root=family.root)
    with pytest.raises(ConfigError, match="No cluster is chosen"):
        start_child(family.parent, "blood", (), root=family.root)
    with pytest.raises(ConfigError, match="cannot set subset_clusters"):
        start_child(
            family.parent, "blood", ("T cell",), clustering={"subset_clusters": ("B cell",)}, root=family.root
        )
    layout = RunLayout(root=family.root / family.parent)
    root = tmp_path / "runs"
    shutil.copytree(layout.root, root / family.parent)
    markers = root / family.parent / ".cassia" / "datasets" / "1" / "markers.json"
    table = json.loads(markers.read_text(encoding="utf-8"))
    table["clusters"][0]["n_cells"] = 9
    markers.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(InputError, match="at least 10"):
        start_child(family.parent, "blood", (table["clusters"][0]["cluster"],), root=root)
    next((root / family.parent).rglob("*_annotated.h5ad")).unlink()
    with pytest.raises(RunError, match="cells of blood are not there"):
        start_child(family.parent, "blood", ("T cell",), root=root)


def test_a_marker_table_and_a_run_at_work_have_nothing_to_look_into(tmp_path):
    table = tmp_path / "lists.csv"
    pd.DataFrame({"cluster": ["0"], "marker_genes": [",".join(f"C0G{g}" for g in range(20))]}).to_csv(
        table, index=False
    )
    with ModelServer(latency_s=1.0) as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        config = RunConfig(
            datasets=(DatasetSpec(name="lists", path=str(table), tissue="blood"),),
            annotation=AnnotationParams(annotator=model, boost="off", merge=False),
        )
        run_id = runs.start_run(config, {}, tmp_path)
        with pytest.raises(RunLocked, match="still being worked on"):
            start_child(run_id, "lists", ("0",), root=tmp_path)
        wait(run_id, tmp_path, ended, PATIENCE_S)
    with pytest.raises(InputError, match="no cells to look into"):
        start_child(run_id, "lists", ("0",), root=tmp_path)


def test_records_of_runs_made_before_there_were_children_still_load(demo_run, tmp_path):
    shutil.copytree(demo_run, tmp_path / demo_run.name)
    record = RunLayout(root=tmp_path / demo_run.name).config
    content = json.loads(record.read_text(encoding="utf-8"))
    del content["config"]["part_of"], content["config"]["datasets"][0]["clustering"]["markers_against"]
    record.write_text(json.dumps(content), encoding="utf-8")
    config = runs.load_config(demo_run.name, tmp_path)
    assert config.part_of is None and config.datasets[0].clustering.markers_against == "subset"


def test_the_command_line_looks_into_computed_clusters_of_cells_without_counts(
    demo_run, command_line, tmp_path
):
    shutil.copytree(demo_run, tmp_path / demo_run.name)
    rows = results.load_results(demo_run.name, "pbmc", tmp_path).rows
    first, second = sorted(rows, key=lambda r: -r.n_cells)[:2]
    done = command_line(
        "subcluster",
        tmp_path / demo_run.name,
        "--clusters",
        first.cluster,
        second.cluster,
        "--resolution",
        "auto",
        "--no-merge",
        "--quiet",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    child = next(r for r in runs.list_runs(tmp_path) if r.run_id != demo_run.name).run_id
    config = runs.load_config(child, tmp_path)
    assert config.part_of.clusters == (first.cluster, second.cluster)
    assert config.datasets[0].clustering.resolution is None and not config.annotation.merge
    assert annotated(child, tmp_path).n_obs == first.n_cells + second.n_cells
    wrong = command_line("subcluster", tmp_path / demo_run.name, "--clusters", "no such", "--quiet")
    assert (
        wrong.returncode == 1
        and "There is no cluster no such" in wrong.stderr
        and "What to do" in wrong.stderr
    )
