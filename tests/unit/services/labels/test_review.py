"""Corrections: rename, merge, split, undo, history; exports agree with the screen and the run's files stay as
they were.
"""

from __future__ import annotations

import json
import re
import zipfile

import anndata as ad
import numpy as np
import openpyxl
import pandas as pd
import pytest

from cassia_core.data.view.view_store import open_view
from cassia_core.domain.annotation import deserves_a_look
from cassia_core.errors import ConfigError, RunError
from cassia_core.runs.store import find_dataset
from cassia_core.services.labels import edited_exports, review
from cassia_core.services.runs.results import load_results, output_files, zip_run
from cassia_core.services.runs.runs import find_run

EDITED = ("_edited_annotated.h5ad", "_edited_labels.csv", "_edited_tables.xlsx", "_edited_report.html")


@pytest.fixture
def run(own_run):
    """Run id, root, paths and view."""
    run_id, root = own_run
    paths = find_dataset(find_run(run_id, root), "pbmc")[1]
    return run_id, root, paths, open_view(paths.view)


def cells_of(view, cluster: str, n: int) -> np.ndarray:
    column = view.column(view.cluster_key)
    return np.flatnonzero(column.codes == column.categories.index(cluster))[:n]


def labels_of(run_id, root) -> dict[str, str]:
    return {r.cluster: r.label for r in review.labels(run_id, "pbmc", root)}


def screen(run_id, root) -> list[str | None]:
    codes, names = review.cell_labels(run_id, "pbmc", root)
    return [names[c] if c >= 0 else None for c in codes]


def test_a_renamed_cluster_is_renamed_everywhere_and_the_run_itself_is_not_touched(run):
    run_id, root, paths, _ = run
    before = {p.name: p.read_bytes() for p in paths.folder.iterdir()}
    original = labels_of(run_id, root)
    cluster = next(iter(original))
    edit = review.apply_edit(
        run_id, "pbmc", (cluster,), "rename", label="memory B cell", reason="CD27", by="Ada", root=root
    )
    assert edit.cl_id == "CL:0000787", "looked up in the ontology"
    assert {p.name for p in edited_exports.make(run_id, "pbmc", root)} == {
        f"pbmc{ending}" for ending in EDITED
    }

    table = pd.read_csv(paths.edited_labels_csv, dtype={"cluster": str}).set_index("cluster")
    cells = ad.read_h5ad(paths.edited_h5ad)
    assert labels_of(run_id, root) == {**original, cluster: "memory B cell"} == table["cell_type"].to_dict()
    here = cells.obs["leiden"].astype(str) == cluster
    assert set(cells.obs.loc[here, "cell_type"]) == {"memory B cell"}
    assert set(cells.obs.loc[here, "cell_type_before_edit"].astype(str)) == {original[cluster]}
    assert (
        cells.obs.loc[here, "cell_type_edited"].all() and not cells.obs.loc[~here, "cell_type_edited"].any()
    )
    assert (
        cells.obs.loc[here, "cassia_score"].isna().all()
        and cells.obs.loc[~here, "cassia_score"].notna().any()
    )
    step = json.loads(cells.uns["cassia"]["edits"])[0]
    assert (cells.uns["cassia"]["edited"], step["by"], step["reason"]) == ("yes", "Ada", "CD27")
    assert {name: (paths.folder / name).read_bytes() for name in before} == before


def test_one_step_over_several_clusters_is_undone_as_one_and_history_keeps_both(run):
    run_id, root, *_ = run
    original = labels_of(run_id, root)
    two = tuple(original)[:2]
    review.apply_edit(run_id, "pbmc", two, "rename", label="leukocyte", root=root)
    review.apply_edit(run_id, "pbmc", two[:1], "unknown", root=root)
    assert labels_of(run_id, root)[two[0]] == "Unknown"
    review.undo(run_id, "pbmc", root)
    assert {r.label for r in review.labels(run_id, "pbmc", root) if r.cluster in two} == {"leukocyte"}
    review.undo(run_id, "pbmc", root)
    assert labels_of(run_id, root) == original
    assert review.undo(run_id, "pbmc", root) is None
    assert [e.action for e in review.history(run_id, "pbmc", root)] == ["rename", "unknown", "undo", "undo"]
    assert edited_exports.make(run_id, "pbmc", root) == ()


def test_an_accepted_label_is_noted_and_stays_what_it_was_also_after_a_correction(run):
    run_id, root, *_ = run
    first = review.labels(run_id, "pbmc", root)[0]
    review.apply_edit(run_id, "pbmc", (first.cluster,), "accept", reason="looks right", root=root)
    after = review.labels(run_id, "pbmc", root)[0]
    assert (after.label, after.edited, after.accepted, after.reason) == (
        first.label,
        False,
        True,
        "looks right",
    )
    review.apply_edit(run_id, "pbmc", (first.cluster,), "rename", label="memory B cell", root=root)
    review.apply_edit(run_id, "pbmc", (first.cluster,), "accept", root=root)
    after = review.labels(run_id, "pbmc", root)[0]
    assert (after.label, after.edited, after.accepted) == ("memory B cell", True, True)


def test_a_label_that_came_back_by_an_undo_was_not_accepted_by_anybody(run):
    run_id, root, *_ = run
    first = review.labels(run_id, "pbmc", root)[0]
    step = review.apply_edit(run_id, "pbmc", (first.cluster,), "rename", label="memory B cell", root=root)
    review.apply_edit(run_id, "pbmc", (first.cluster,), "accept", root=root)
    review.undo(run_id, "pbmc", root, seq=step.seq)
    after = review.labels(run_id, "pbmc", root)[0]
    assert (after.label, after.edited, after.accepted) == (first.label, False, False)


def test_the_edited_report_gives_no_reading_of_the_run_for_a_corrected_label_and_doubts_no_accepted_one(run):
    run_id, root, paths, view = run
    rows = load_results(run_id, "pbmc", root).rows
    doubtful = [r.cluster for r in rows if deserves_a_look(r)]
    agreed = doubtful[0]
    renamed = next(r.cluster for r in rows if r.score and r.evidence and r.cluster not in doubtful)
    review.apply_edit(run_id, "pbmc", (renamed,), "rename", label="my own cell", root=root)
    for cluster in doubtful:
        review.apply_edit(run_id, "pbmc", (cluster,), "accept", root=root)
    review.set_aside(run_id, "pbmc", cells_of(view, agreed, 9), label="doublet", root=root)
    edited_exports.make(run_id, "pbmc", root)
    page = paths.edited_report_html.read_text(encoding="utf-8")
    lines = {re.search(r"<bdi>(.*?)</bdi>", line)[1]: line for line in page.split("<tr data-light")[1:]}
    assert re.findall(r'class="n" data-value="(.*?)"', lines[renamed])[:1] == [""], "no evidence"
    assert "" not in re.findall(r'class="n" data-value="(.*?)"', lines[agreed])[:2]
    assert "none stands out as doubtful" in page
    assert f"in {len(rows)} clusters and 1 group of cells set aside by hand" in page
    aside = next(
        p
        for p in page.split('<details class="cluster"')
        if f"{agreed} (set aside 1)</bdi>" in p and "<h3>" in p
    )
    assert "knowledge base does not know this label" not in aside and "Also possible" not in aside


@pytest.mark.parametrize(
    ("clusters", "action", "label"),
    [(("no such",), "unknown", ""), ((), "unknown", ""), (("0",), "rename", "  ")],
)
def test_a_step_that_makes_no_sense_is_refused(own_run, clusters, action, label):
    run_id, root = own_run
    with pytest.raises(ConfigError):
        review.apply_edit(run_id, "pbmc", clusters, action, label=label, root=root)


def test_an_own_word_gets_no_invented_ontology_id(own_run):
    run_id, root = own_run
    edit = review.apply_edit(run_id, "pbmc", ("0",), "rename", label="my very own cell", root=root)
    assert edit.cl_id == ""


def test_cells_set_aside_get_their_label_and_their_clusters_keep_theirs(run):
    run_id, root, paths, view = run
    original, was = labels_of(run_id, root), screen(run_id, root)
    chosen = np.concatenate([cells_of(view, "0", 30), cells_of(view, "1", 12)])
    step = review.set_aside(run_id, "pbmc", chosen, reason="between two types", by="Ada", root=root)
    assert (step.clusters, step.n_cells, step.label, step.cl_id) == (("0", "1"), (30, 12), "Unknown", "")
    assert labels_of(run_id, root) == original
    now = screen(run_id, root)
    assert [now[i] for i in chosen] == ["Unknown"] * 42
    assert [n for i, n in enumerate(now) if i not in set(chosen)] == [
        w for i, w in enumerate(was) if i not in set(chosen)
    ]
    sizes = {g.id: g.n_cells for g in review.groups(run_id, "pbmc", root)}
    assert sizes["0 (set aside 1)"] == 30 and sizes["1 (set aside 1)"] == 12
    assert sizes["0"] == len(cells_of(view, "0", 10**6)) - 30 and sum(sizes.values()) == view.n_cells

    edited_exports.make(run_id, "pbmc", root)
    cells = ad.read_h5ad(paths.edited_h5ad)
    names = cells.obs["cell_type"].astype(object)
    assert names.where(names.notna(), None).tolist() == now
    assert cells.obs["cell_type_before_edit"].astype(object).tolist() == was
    assert cells.obs["cell_type_edited"].sum() == 42
    table = pd.read_csv(paths.edited_labels_csv, dtype=str).set_index("cluster")
    assert table.loc["0 (set aside 1)", ["part_of", "n_cells", "cell_type"]].tolist() == [
        "0",
        "30",
        "Unknown",
    ]
    groups = cells.obs["cassia_edit_group"].astype(str)
    assert groups.value_counts().to_dict() == {c: int(n) for c, n in table["n_cells"].items()}
    book = openpyxl.load_workbook(paths.edited_tables_xlsx)
    assert book["Labels"]["A2"].value == "0" and book["Corrections"].max_row == 2
    assert "set aside by hand" in paths.edited_report_html.read_text(encoding="utf-8")


def test_splits_overlay_in_order_renaming_a_cluster_leaves_them_and_each_can_be_taken_back(run):
    run_id, root, _, view = run
    first, was = cells_of(view, "0", 20), screen(run_id, root)
    review.set_aside(run_id, "pbmc", first, label="platelet", root=root)
    review.set_aside(run_id, "pbmc", first[10:], root=root)
    review.apply_edit(run_id, "pbmc", ("0",), "rename", label="monocyte", root=root)
    assert [screen(run_id, root)[i] for i in (first[0], first[15])] == ["platelet", "Unknown"]
    assert review.history(run_id, "pbmc", root)[1].before == ("platelet",)
    review.undo(run_id, "pbmc", root, seq=2)
    assert [screen(run_id, root)[i] for i in (first[0], first[15])] == ["platelet", "platelet"]
    review.undo(run_id, "pbmc", root)
    assert labels_of(run_id, root)["0"] == was[first[0]]
    review.undo(run_id, "pbmc", root)
    assert screen(run_id, root) == was
    with pytest.raises(ConfigError, match="cannot be taken back"):
        review.undo(run_id, "pbmc", root, seq=2)


def test_cells_of_another_dataset_are_refused(run):
    run_id, root, paths, view = run
    review.set_aside(run_id, "pbmc", cells_of(view, "0", 5), root=root)
    ids = (paths.view / "cell_ids.txt").read_text(encoding="utf-8").split("\n")
    (paths.view / "cell_ids.txt").write_text("\n".join([ids[1], ids[0], *ids[2:]]), encoding="utf-8")
    review._codes.cache_clear()
    with pytest.raises(RunError, match="not those of this dataset"):
        review.cell_labels(run_id, "pbmc", root)
    review.undo(run_id, "pbmc", root)
    assert screen(run_id, root)


def test_no_cells_and_cells_that_do_not_exist_are_refused(run):
    run_id, root, _, view = run
    for cells in ([], [view.n_cells], [-1]):
        with pytest.raises(ConfigError):
            review.set_aside(run_id, "pbmc", cells, root=root)
    assert review.history(run_id, "pbmc", root) == ()


def test_a_further_correction_removes_the_edited_files_and_the_zip_follows(run):
    run_id, root, paths, _ = run
    review.apply_edit(run_id, "pbmc", ("0",), "rename", label="monocyte", root=root)
    assert edited_exports.to_make(run_id, root) == ("pbmc",)
    edited_exports.make(run_id, "pbmc", root)
    assert edited_exports.to_make(run_id, root) == ()
    files = output_files(run_id, root)
    assert [f.edited for f in files[:5]] == [True, True, True, True, False], "they come first"
    with zipfile.ZipFile(zip_run(run_id, root)) as packed:
        assert any(name.endswith("_edited_labels.csv") for name in packed.namelist())
    review.undo(run_id, "pbmc", root)
    assert not any(f.edited for f in output_files(run_id, root)) and not paths.edited_h5ad.exists()
    assert edited_exports.to_make(run_id, root) == ()
    with zipfile.ZipFile(zip_run(run_id, root)) as packed:
        assert not any("_edited_" in name for name in packed.namelist())


def test_what_the_run_measured_for_its_own_label_does_not_stand_beside_a_persons(run):
    run_id, root, *_ = run
    review.apply_edit(run_id, "pbmc", ("0",), "rename", label="monocyte", root=root)
    rows = edited_exports.edited_rows(
        load_results(run_id, "pbmc", root).rows, review.groups(run_id, "pbmc", root)
    )
    changed = next(r for r in rows if r.cluster == "0")
    assert (changed.label, changed.score, changed.evidence, changed.light) == ("monocyte", None, None, None)
    assert all(r.evidence for r in rows if r.cluster != "0" and r.status == "done")
