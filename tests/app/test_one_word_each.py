"""One word for one thing on all pages: a cluster's light, how many have a label, what there is to look at."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.look.wording import LIGHT_NAMES, LIGHT_WORDS
from cassia_core.services.runs import results, runs
from cassia_core.settings import runs_root


@pytest.fixture
def app(demo_run, home) -> AppTest:
    """The app with the finished demo run as its only one."""
    shutil.copytree(demo_run, runs_root() / demo_run.name)
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = demo_run.name
    return at.run()


def words(at: AppTest, page: str) -> str:
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception, at.exception
    return "\n".join(str(m.value) for m in at.markdown).replace("\\", "")


def test_a_cluster_has_one_light_on_its_tile_and_in_the_table(app, demo_run):
    tiles = words(app, "run")
    rows = results.load_results(demo_run.name, "pbmc").rows
    for row in rows:
        tile = next(t for t in tiles.split("Cluster ") if t.startswith(f"{row.cluster} ("))
        assert LIGHT_WORDS[row.light] in tile
    app.switch_page("pages/results.py").run()
    table = app.dataframe[0].value.set_index("Cluster")
    assert all(LIGHT_NAMES[r.light] in table.loc[r.cluster, "Confidence"] for r in rows)
    assert "Evidence" in table and "Score" not in table, "the offline engine's score is the evidence again"


def test_run_runs_and_results_say_the_same_of_what_is_labelled_and_to_look_at(app, demo_run):
    view = runs.view_run(demo_run.name).datasets[0]
    labelled = f"{view.labelled_clusters} of {len(view.tiles)} clusters have a label"
    doubtful = f"Done, {view.to_look_at} to look at"
    for page in ("run", "runs"):
        text = words(app, page)
        assert labelled in text and doubtful in text, page
    app.switch_page("pages/results.py").run()
    assert f"Look at these first {view.to_look_at}" in app.button_group(key="results_show").options


@pytest.mark.parametrize("page", ["results", "conversations", "run"])
def test_a_page_of_a_run_opens_the_last_one_where_the_address_names_none(demo_run, home, page):
    shutil.copytree(demo_run, runs_root() / demo_run.name)
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90).run()
    assert "yet" not in words(at, page)
    assert at.query_params["run"] in (demo_run.name, [demo_run.name])


def test_a_search_whose_hit_is_not_the_open_card_moves_the_card_to_it(app, demo_run):
    app.switch_page("pages/results.py").run()
    first, *others = results.look_first(results.load_results(demo_run.name, "pbmc").rows)
    wanted = next(r for r in reversed(others) if r.label != first.label)
    app.text_input(key="table_search").set_value(wanted.label).run()
    hits = list(app.dataframe[0].value["Cluster"])
    assert first.cluster not in hits
    assert any(f"Cluster {hits[0]}," in str(m.value) for m in app.markdown), "the card of the first hit"


def test_the_table_begins_with_type_light_cells_and_the_clusters_own_name(app):
    app.switch_page("pages/results.py").run()
    assert list(app.dataframe[0].value)[1:5] == ["Cell type", "Confidence", "Cells", "Cluster"]


def test_composition_never_opens_on_labels_and_says_that_there_is_no_sample(app):
    app.session_state["plots_tab"] = "Composition by sample"
    text = words(app, "results")
    assert "No sample column" in text
    assert app.selectbox(key="plots_split_pbmc").value is None


def test_knowledge_opens_on_a_tree_and_a_type_shows_siblings_and_its_genes_in_the_run(app):
    app.switch_page("pages/knowledge.py").run()
    assert any(b.key == "type_any_regulatory T cell" for b in app.button), "types to browse"
    app.button(key="type_any_regulatory T cell").click().run()
    heads = [h.value for h in app.subheader]
    assert "What tells its siblings and finer types from it" in heads
    assert "Its place in the Cell Ontology" in heads
    assert any(h.startswith("Its genes in") for h in heads)
    assert any("Dot plot of" in c.proto.alt for c in app.get("plotly_chart"))
