"""The plots below the map on the page Results, from app.py, as a person meets them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.settings import runs_root

ROOT = Path(__file__).resolve().parents[2]
TABS = ("Markers behind the labels", "Composition by sample", "Compare with labels of the file")


@pytest.fixture
def page(demo_run, home) -> AppTest:
    """The page Results of the finished demo run."""
    shutil.copytree(demo_run, runs_root() / demo_run.name)
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = demo_run.name
    at.run()
    return healthy(at.switch_page("pages/results.py").run())


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "could not be drawn" not in words(at), words(at)
    return at


def words(at: AppTest) -> str:
    return "\n".join(str(m.value) for m in at.markdown).replace("\\", "")


def charts(at: AppTest) -> list[str]:
    return [e.proto.alt for e in at.get("plotly_chart")]


def open_tab(at: AppTest, name: str) -> AppTest:
    at.session_state["plots_tab"] = name
    return healthy(at.run())


def test_the_markers_behind_the_labels_come_first_and_say_where_they_are_highest(page):
    assert any(alt.startswith("Dot plot of") and "Highest:" in alt for alt in charts(page))
    assert "Figures for papers" not in [t.label for t in page.tabs]


@pytest.mark.parametrize(
    ("kind", "alt"), [("Heat map", "Heat map of the means of"), ("Violins", "Violins of")]
)
def test_the_same_genes_are_shown_as_another_plot(page, kind, alt):
    page.segmented_control(key="plots_kind").set_value(kind).run()
    assert any(found.startswith(alt) for found in charts(healthy(page)))


def test_typed_genes_are_understood_in_any_spelling_and_absent_ones_are_named(page):
    page.text_area(key="plots_genes").set_value("ms4a1, NOSUCHGENE\nCD20;ENSG00000167286 cd79a").run()
    text = words(healthy(page))
    assert "Not in your data:] *NOSUCHGENE*" in text
    assert "ENSG00000167286 is *CD3D* here" in text
    assert any(alt.startswith("Dot plot of 3 genes") for alt in charts(page))


def test_only_absent_genes_leave_words_and_no_chart(page):
    page.text_area(key="plots_genes").set_value("NOSUCHGENE").run()
    assert "None of these genes is in your data" in words(healthy(page))
    assert not [alt for alt in charts(page) if alt.startswith("Dot plot")]


def test_composition_counts_cells_or_shares_and_warns_of_small_groups(page):
    at = open_tab(page, TABS[1])
    at.selectbox(key="plots_split_pbmc").set_value("bulk_labels").run()
    assert any(alt.startswith("Stacked bars: cell types within the groups of") for alt in charts(at))
    assert "Fewer than 50 cells:" in words(healthy(at))
    at.segmented_control(key="plots_unit").set_value("Cells").run()
    at.toggle(key="plots_composition_numbers").set_value(True).run()
    table = healthy(at).dataframe[-1].value
    assert table["cells"].sum() == 700


def test_labels_of_the_file_are_compared_at_three_levels_with_tables_per_label_and_cluster(page):
    at = open_tab(page, TABS[2])
    assert at.selectbox(key="plots_reference_pbmc").value == "bulk_labels", (
        "the column that names cell types comes first"
    )
    assert [m.label for m in at.metric][-3:] == ["Same label", "Parent level", "Same lineage"]
    per_label, per_cluster = (d.value for d in at.dataframe[-2:])
    assert per_label["Cells"].sum() == 700
    assert set(per_cluster["Agrees"]) <= {
        "● Same label",
        "◐ Parent level",
        "◔ Lineage",
        "▲ No",
        "– Cannot be judged",
    }
    assert any(alt.startswith("Confusion matrix:") for alt in charts(at))


@pytest.mark.parametrize(
    ("tab", "kind"), [(TABS[0], "dots"), (TABS[1], "composition"), (TABS[2], "confusion"), (TABS[0], "map")]
)
def test_each_plot_can_be_taken_home_as_figure_and_table(page, tab, kind):
    page.session_state[f"home_{kind}"] = True
    page.session_state["plots_split_pbmc"] = "phase"
    at = open_tab(page, tab)
    labels = [b.label for b in at.get("download_button")] if at.get("download_button") else []
    assert {"PNG", "SVG", "PDF", "CSV", "Excel"} <= set(labels), labels
    assert at.number_input(key=f"home_{kind}_width").value == 170
