"""Correcting labels on the page Results, from app.py, and the exports afterwards."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.runs.store import find_dataset
from cassia_core.services.labels import edited_exports, review
from cassia_core.services.runs.results import load_results
from cassia_core.services.runs.runs import find_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_id(demo_run: Path, home: Path) -> str:
    """A finished demo run in the app's own folder."""
    shutil.copytree(demo_run, settings.runs_root() / demo_run.name)
    return demo_run.name


@pytest.fixture
def page(run_id: str) -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    return healthy(at.run().switch_page("pages/results.py").run())


def text_of(at: AppTest) -> str:
    return "\n".join(
        str(e.value) for kind in ("markdown", "subheader", "caption") for e in getattr(at, kind)
    ).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "could not be drawn" not in text_of(at), text_of(at)
    return at


def button(at: AppTest, label: str):
    found = [b for b in at.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return found[0]


def table_of(at: AppTest) -> pd.DataFrame:
    """The table of clusters, by cluster."""
    return next(d.value for d in at.dataframe if "Cluster" in d.value.columns).set_index("Cluster")


def counts_of_types(run_id: str) -> dict[str, int]:
    """What the legend of the map counts when cells are coloured by type."""
    codes, names = review.cell_labels(run_id, "pbmc")
    return dict(Counter(names[c] for c in codes if c >= 0))


def form(run_id: str, dialog: str, cluster: str) -> None:
    """What a dialog asks, alone on a page: the test driver cannot keep a dialog open."""
    from cassia_core.services.labels import review
    from cassia_ui.results import correcting

    labels = {label.cluster: label for label in review.labels(run_id, "pbmc")}
    if dialog == "merge":
        correcting.merge.__wrapped__(run_id, "pbmc", labels[cluster], list(labels))
    else:
        correcting.correct.__wrapped__(run_id, "pbmc", labels[cluster])


def form_for_cells(run_id: str) -> None:
    """The same for 25 cells of cluster 0 and 5 of cluster 1."""
    import numpy as np

    from cassia_core.services.runs import results
    from cassia_ui.results import correcting

    view = results.load_results(run_id, "pbmc").view
    codes = view.column(view.cluster_key).codes
    cells = np.sort(np.concatenate([np.flatnonzero(codes == 0)[:25], np.flatnonzero(codes == 1)[:5]]))
    correcting.set_aside.__wrapped__(run_id, "pbmc", cells, [("0", 25), ("1", 5)])


def asked(what, **arguments: str) -> AppTest:
    return healthy(AppTest.from_function(what, kwargs=arguments, default_timeout=60).run())


def test_a_label_is_renamed_shown_in_the_history_and_taken_back(page, run_id):
    before = table_of(page)["Cell type"].to_dict()
    cluster = review.labels(run_id, "pbmc")[0].cluster
    page.session_state["chosen_cluster"] = cluster
    healthy(button(page.run(), "Correct").click().run())
    assert f"Cluster **{cluster}** is called **{before[cluster]}**" in text_of(page), "the dialog is open"
    dialog = asked(form, run_id=run_id, dialog="correct", cluster=cluster)
    dialog.text_input(key="correct_text").set_value("memory B").run()
    assert dialog.selectbox[0].options[0] == "memory B cell (CL:0000787)"
    dialog.text_input(key="correct_reason").set_value("CD27 is high").run()
    dialog.text_input(key="correct_name").set_value("Ada").run()
    healthy(button(dialog, "Rename").click().run())
    at = healthy(page.run())
    assert table_of(at).loc[cluster, "Cell type"] == "memory B cell ✎"
    assert "CL:0000787" in table_of(at).loc[cluster, "CL id"]
    shown = table_of(at).loc[cluster]
    assert shown["Confidence"] == "✎ Yours" and pd.isna(shown["Evidence"]), (
        "the run's readings are of another label"
    )
    text = text_of(at)
    assert "Corrected by you" in text and "CD27 is high" in text and f"was {before[cluster]}" in text
    assert "Ada" in text and f"{before[cluster]} → **memory B cell**" in text
    healthy(at.button(key="undo_last").click().run())
    at = healthy(at.run())
    assert table_of(at)["Cell type"].to_dict() == before
    assert "taken back" in text_of(at) and "Corrected by you" not in text_of(at)


def test_an_accepted_label_is_marked_on_card_and_table_and_merged_clusters_say_so(page, run_id):
    clusters = [r.cluster for r in review.labels(run_id, "pbmc")]
    page.session_state["chosen_cluster"] = clusters[0]
    at = healthy(page.run().button(key="card_accept").click().run())
    at = healthy(at.run())
    assert "Accepted by you" in text_of(at) and table_of(at).loc[clusters[0], "Cell type"].endswith("✓")
    dialog = asked(form, run_id=run_id, dialog="merge", cluster=clusters[0])
    assert button(dialog, "Give them one label").disabled, "one cluster is no merge"
    dialog.multiselect(key="correct_also").set_value([clusters[1]]).run()
    dialog.text_input(key="correct_text").set_value("leukocyte").run()
    healthy(button(dialog, "Give them one label").click().run())
    at = healthy(at.run())
    assert set(table_of(at).loc[clusters[:2], "Cell type"]) == {"leukocyte ✎"}
    assert f"The same label as cluster {clusters[1]}" in text_of(at)


def test_chosen_cells_are_set_aside_and_legend_page_and_exports_agree(page, run_id):
    was = counts_of_types(run_id)
    dialog = asked(form_for_cells, run_id=run_id)
    assert "25 of cluster 0, 5 of cluster 1" in text_of(dialog)
    dialog.text_input(key="correct_reason").set_value("between two types").run()
    healthy(button(dialog, "Call them Unknown").click().run())

    now = counts_of_types(run_id)
    assert now["Unknown"] == was.get("Unknown", 0) + 30 and sum(now.values()) == sum(was.values())
    page.session_state["chosen_cluster"] = "0"
    at = healthy(page.run())
    text = text_of(at)
    assert "Set aside by you" in text and "25 cells" in text and "between two types" in text
    sizes = {g.id: g.n_cells for g in review.groups(run_id, "pbmc")}
    assert table_of(at)["Cells"].to_dict() == {c: sizes[c] for c in table_of(at).index}

    healthy(at.button(key="make_edited").click().run())
    assert edited_exports.to_make(run_id) == ()
    paths = find_dataset(find_run(run_id), "pbmc")[1]
    cells = ad.read_h5ad(paths.edited_h5ad).obs
    assert cells["cell_type"].value_counts().to_dict() == now
    table = pd.read_csv(paths.edited_labels_csv)
    assert table.groupby("cell_type")["n_cells"].sum().to_dict() == now
    assert np.array_equal(
        cells["cell_type_edited"], cells["cassia_edit_group"].astype(str).str.contains("set aside")
    )
    assert load_results(run_id, "pbmc").row("0").n_cells == sizes["0"] + 25, (
        "the run's own record is as it was"
    )


def test_the_same_cells_set_aside_again_after_an_undo_are_drawn_in_the_plots(page, run_id):
    view = load_results(run_id, "pbmc").view
    cells = np.flatnonzero(view.column(view.cluster_key).codes == 0)[:25]
    for number in (1, 2):
        review.set_aside(run_id, "pbmc", cells)
        page.toggle(key="plots_numbers").set_value(True).run()
        numbers = next(d.value for d in healthy(page).dataframe if "share_of_cells" in d.value.columns)
        assert f"0 (set aside {number})" in set(numbers["cluster"])
        review.undo(run_id, "pbmc")


def test_a_correction_whose_cells_cannot_be_read_can_be_taken_back(page, run_id):
    step = review.set_aside(run_id, "pbmc", np.arange(20))
    find_dataset(find_run(run_id), "pbmc")[1].chosen_cells(step.cells).write_bytes(b"damaged")
    at = page.run()
    assert "The cells of a correction cannot be read" in text_of(at)
    healthy(at.button(key="undo_last").click().run())
    assert len(table_of(healthy(at.run()))) == len(load_results(run_id, "pbmc").rows)


def colours_of_types(at: AppTest) -> dict[str, str]:
    """The colour of the dot of each cluster in the table."""
    table = next(d for d in at.dataframe if "Cluster" in d.value.columns)
    styles = re.findall(r"([^{}]*)\{\s*color: (#\w+)", table.proto.arrow_data.styler.styles)
    return {
        table.value["Cluster"].iloc[int(row)]: colour
        for cells, colour in styles
        for row in re.findall(r"_row(\d+)_col0\b", cells)
    }


def test_a_type_keeps_its_colour_whatever_the_table_is_filtered_by(page, run_id):
    every = colours_of_types(page)
    assert len(every) == len(table_of(page))
    for row in load_results(run_id, "pbmc").rows:
        page.text_input(key="table_search").set_value(row.markers[0]).run()
        left = colours_of_types(healthy(page))
        assert left and left == {c: every[c] for c in left}


def test_the_conversations_say_what_a_person_said_and_count_the_same_doubtful_clusters(page, run_id):
    rows = load_results(run_id, "pbmc").rows
    doubtful = [r.cluster for r in rows if r.light != "high"]
    review.apply_edit(run_id, "pbmc", (doubtful[0],), "rename", label="my own cell")
    shown = [p.options for p in healthy(page.run()).pills if p.key == "results_show"][0]
    assert f"Look at these first {len(doubtful) - 1}" in shown
    at = healthy(page.switch_page("pages/conversations.py").run())
    assert any("You: my own cell" in e.label for e in at.expander)
    there = [p.options for p in at.pills if str(p.key).startswith("talk_show")][0]
    assert [o for o in there if o.startswith("Look at these first")] == [
        o for o in shown if o.startswith("Look at these first") and len(doubtful) > 1
    ]


def test_the_table_is_searched_and_filtered_and_the_card_goes_from_cluster_to_cluster(page, run_id):
    rows = load_results(run_id, "pbmc").rows
    gene = rows[0].markers[0]
    page.text_input(key="table_search").set_value(gene).run()
    at = healthy(page)
    assert set(table_of(at).index) == {
        r.cluster for r in rows if any(g.upper().startswith(gene) for g in r.markers)
    }
    at.text_input(key="table_search").set_value("no such thing").run()
    assert "No cluster fits" in text_of(healthy(at))
    at.text_input(key="table_search").set_value("").run()
    first = at.subheader[0].value
    healthy(at.button(key="card_next").click().run())
    second = at.session_state["chosen_cluster"]
    healthy(at.button(key="card_previous").click().run())
    assert at.session_state["chosen_cluster"] not in ("", second) and at.subheader[0].value == first
    healthy(at.segmented_control(key="card_shows").set_value("Other types").run())
    assert any("Named by" in d.value.columns for d in at.dataframe)
    healthy(at.segmented_control(key="card_shows").set_value("Top markers").run())
