"""Corrections: rename, undo, history; exports agree with the screen and the run's own files stay as they were."""

from __future__ import annotations

import anndata as ad
import pandas as pd
import pytest

from cassia_core.errors import ConfigError
from cassia_core.services import edited_exports, review
from cassia_core.services.runs import find_run


def test_a_renamed_cluster_is_renamed_everywhere_and_the_run_itself_is_not_touched(own_run):
    run_id, root = own_run
    folder = find_run(run_id, root).root / "blood" / "pbmc"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    original = {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)}
    cluster = next(iter(original))
    edit = review.apply_edit(run_id, "pbmc", (cluster,), "rename", label="memory B cell", reason="CD27", root=root)
    assert edit.cl_id == "CL:0000787", "looked up in the ontology"
    edited_exports.rebuild(run_id, "pbmc", root)

    table = pd.read_csv(folder / "pbmc_edited_labels.csv", dtype={"cluster": str}).set_index("cluster")
    cells = ad.read_h5ad(folder / "pbmc_edited_annotated.h5ad")
    shown = {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)}
    assert shown == {**original, cluster: "memory B cell"} == table["cell_type"].to_dict()
    here = cells.obs["leiden"].astype(str) == cluster
    assert set(cells.obs.loc[here, "cell_type"]) == {"memory B cell"}
    assert set(cells.obs.loc[here, "cell_type_before_edit"].astype(str)) == {original[cluster]}
    assert cells.obs.loc[here, "cell_type_edited"].all() and not cells.obs.loc[~here, "cell_type_edited"].any()
    assert cells.uns["cassia"]["edited"] == "yes"
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_one_step_over_several_clusters_is_undone_as_one_and_history_keeps_both(own_run):
    run_id, root = own_run
    original = {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)}
    two = tuple(original)[:2]
    review.apply_edit(run_id, "pbmc", two, "rename", label="leukocyte", root=root)
    review.apply_edit(run_id, "pbmc", two[:1], "unknown", root=root)
    assert {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)}[two[0]] == "Unknown"
    review.undo(run_id, "pbmc", root)
    assert {r.label for r in review.labels(run_id, "pbmc", root) if r.cluster in two} == {"leukocyte"}
    review.undo(run_id, "pbmc", root)
    assert {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)} == original
    assert review.undo(run_id, "pbmc", root) is None
    assert [e.action for e in review.history(run_id, "pbmc", root)] == ["rename", "unknown", "undo", "undo"]
    assert edited_exports.rebuild(run_id, "pbmc", root) == ()


def test_an_accepted_label_is_noted_and_stays_what_it_was(own_run):
    run_id, root = own_run
    first = review.labels(run_id, "pbmc", root)[0]
    review.apply_edit(run_id, "pbmc", (first.cluster,), "accept", reason="looks right", root=root)
    after = review.labels(run_id, "pbmc", root)[0]
    assert (after.label, after.edited, after.edit.reason) == (first.label, False, "looks right")


@pytest.mark.parametrize(("clusters", "action", "label"), [
    (("no such",), "unknown", ""), ((), "unknown", ""), (("0",), "rename", "  ")])
def test_a_step_that_makes_no_sense_is_refused(own_run, clusters, action, label):
    run_id, root = own_run
    with pytest.raises(ConfigError):
        review.apply_edit(run_id, "pbmc", clusters, action, label=label, root=root)


def test_an_own_word_gets_no_invented_ontology_id(own_run):
    run_id, root = own_run
    edit = review.apply_edit(run_id, "pbmc", ("0",), "rename", label="my very own cell", root=root)
    assert edit.cl_id == ""
