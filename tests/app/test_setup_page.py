"""Set-up: every choice reaches the draft, nothing is more than the data allow, and a preview comes when asked
for.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.data.cells import load_cells as cells_module
from cassia_ui.frame.session import RunDraft
from tests.corpus.material import symbols
from tests.typed_cells import typed_cells

ROOT = Path(__file__).resolve().parents[2]


def text_of(at: AppTest) -> str:
    return "\n".join(
        str(e.value) for kind in ("markdown", "title", "subheader", "caption") for e in getattr(at, kind)
    ).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "This page could not be drawn" not in text_of(at), text_of(at)
    return at


def opened(path: Path, page: str = "setup") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90).run()
    at.session_state["draft"] = RunDraft(path=str(path), name="cells")
    return healthy(at.switch_page(f"pages/{page}.py").run())


def draft(at: AppTest) -> RunDraft:
    return at.session_state["draft"]


def button(at: AppTest, label: str):
    found = [b for b in at.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return found[0]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("setup") / "cells.h5ad"
    typed_cells(path, n_cells=90)
    return path


def test_what_is_changed_on_the_page_is_in_the_draft(cells):
    at = opened(cells)
    at.segmented_control(key="draft_how").set_value("A fixed resolution").run()
    at.slider(key="draft_resolution").set_value(1.2)
    at.number_input(key="draft_neighbors").set_value(15)
    at.number_input(key="draft_pcs").set_value(12)
    at.number_input(key="draft_top_genes").set_value(300)
    at.number_input(key="draft_max_value").set_value(8.0)
    at.number_input(key="draft_min_cells").set_value(5)
    at.number_input(key="draft_seed").set_value(3)
    at.selectbox(key="draft_batch").set_value("donor")
    at.number_input(key="draft_min_pct").set_value(0.2)
    at.segmented_control(key="draft_method").set_value("t-test")
    healthy(at.run())
    now = draft(at).clustering
    assert (now.resolution, now.n_neighbors, now.n_pcs, now.n_top_genes) == (1.2, 15, 12, 300)
    assert (now.max_value, now.min_cells_per_cluster, now.seed) == (8.0, 5, 3)
    assert (now.batch_column, now.batch_method, draft(at).qc.sample_column) == ("donor", "none", "donor")
    assert (draft(at).markers.method, draft(at).markers.min_pct) == ("t-test", 0.2)
    at.toggle(key="draft_harmony").set_value(True)
    at.segmented_control(key="draft_how").set_value("Suggest the resolution")
    healthy(at.run())
    assert draft(at).clustering.batch_method == "harmony" and draft(at).clustering.resolution is None
    assert "Leave it out when samples differ in what you study" in text_of(at)


def test_the_settings_outlive_a_look_at_the_clusters_of_the_file(cells):
    at = opened(cells)
    at.number_input(key="draft_neighbors").set_value(15).run()
    at.segmented_control(key="draft_way").set_value("Keep clusters of the file").run()
    healthy(at)
    assert draft(at).clustering.cluster_column in ("type", "donor")
    at.segmented_control(key="draft_way").set_value("Compute clusters (Leiden)").run()
    healthy(at)
    assert draft(at).clustering.cluster_column is None and draft(at).clustering.n_neighbors == 15


def test_neighbours_and_components_are_capped_to_what_the_data_allow(tmp_path):
    typed_cells(tmp_path / "few.h5ad", n_cells=15, n_genes=300)
    at = opened(tmp_path / "few.h5ad")
    assert at.number_input(key="draft_neighbors").max == at.number_input(key="draft_pcs").max == 14
    assert draft(at).clustering.n_pcs == 14, "25 is the default"
    assert "14 components: the most that 15 cells" in text_of(at)


def test_every_setting_of_the_clustering_says_what_it_does_and_what_higher_and_lower_mean(cells):
    at = opened(cells)
    keys = (
        "draft_neighbors",
        "draft_pcs",
        "draft_top_genes",
        "draft_min_mean",
        "draft_max_mean",
        "draft_min_disp",
        "draft_max_value",
        "draft_min_cells",
        "draft_seed",
        "draft_n_genes",
        "draft_fold",
        "draft_p",
        "draft_min_pct",
    )
    helps = [at.number_input(key=key).help for key in keys] + [at.slider(key="draft_resolution").help]
    for text in helps:
        assert "igher" in text or "More" in text, text
        assert "ower" in text or "Fewer" in text, text
        assert "Default" in text or "default" in text, text


def test_a_preview_is_made_when_asked_for_and_is_kept_for_the_same_settings(cells):
    at = opened(cells)
    assert "A preview on" not in text_of(at), "nothing is computed unasked"
    healthy(button(at, "Preview these clusters").click().run())
    deadline = time.monotonic() + 240
    while "A preview on" not in text_of(at) and time.monotonic() < deadline:
        time.sleep(0.3)
        healthy(at.run())
    assert "A preview on all 90 cells." in text_of(at)
    assert at.metric[0].value.startswith("about ") and "From the preview" in at.metric[0].help
    at.segmented_control(key="draft_how").set_value("A fixed resolution").run()
    at.slider(key="draft_resolution").set_value(2.0).run()
    assert "A preview on" not in text_of(healthy(at))
    at.segmented_control(key="draft_how").set_value("As fine as the cells carry").run()
    assert "A preview on all 90 cells." in text_of(healthy(at))


def test_a_preview_under_way_ends_when_a_setting_changes(cells):
    at = opened(cells)
    at.segmented_control(key="draft_how").set_value("A fixed resolution").run()
    at.slider(key="draft_resolution").set_value(0.7).run()
    healthy(button(at, "Preview these clusters").click().run())
    job = at.session_state["preview_job"]
    at.slider(key="draft_resolution").set_value(0.9).run()
    healthy(at)
    assert not job.running()
    assert "the preview under way was ended" in text_of(at)
    assert any(b.label == "Preview these clusters" for b in at.button)


@pytest.mark.parametrize("page", ["data", "setup"])
def test_cells_that_do_not_fit_into_memory_get_an_offer_with_figures(tmp_path, monkeypatch, page):
    values = np.random.default_rng(0).poisson(2.0, (4000, 1000)).astype(np.float32) + 1
    ad.AnnData(values, var=pd.DataFrame(index=symbols(n=1000))).write_h5ad(tmp_path / "large.h5ad")
    whole = cells_module.inspect_cells(tmp_path / "large.h5ad")[0].memory_bytes
    base = 1000 * 1000
    free = (whole - 15 * base) / 0.8
    monkeypatch.setattr(
        cells_module, "psutil", SimpleNamespace(virtual_memory=lambda: SimpleNamespace(available=free))
    )
    at = opened(tmp_path / "large.h5ad", page)
    assert "do not fit into the memory of this machine" in text_of(at)
    assert f"about {whole / 1e9:.1f} GB" in text_of(at)
    offer = next(b for b in at.button if b.label.startswith("Use a random sample of"))
    healthy(offer.click().run())
    assert 1000 <= draft(at).read.max_cells < 4000
    assert "do not fit" not in text_of(at)


def test_a_sketch_that_is_asked_for_is_told_with_both_figures(tmp_path):
    typed_cells(tmp_path / "cells.h5ad", n_cells=200)
    at = opened(tmp_path / "cells.h5ad", "data")
    healthy(at.selectbox(key="draft_cells").select("sketch").run())
    assert draft(at).read.cells == "sketch"
    told = text_of(at)
    assert "The counts of these cells stay on disk." in told
    assert "All values in memory: 0." in told and "GB may be used" in told
    assert "200 of 200 cells stay" in told, "limits of quality can be set all the same"


def test_limits_of_quality_are_counted_per_rule(tmp_path):
    typed_cells(tmp_path / "poor.h5ad", n_cells=200, n_poor=10)
    at = opened(tmp_path / "poor.h5ad", "data")
    assert "200 of 200 cells stay" in text_of(at)
    low, high = at.slider(key="draft_qc_n_genes").value
    at.slider(key="draft_qc_n_genes").set_range(150.0, high).run()
    healthy(at)
    assert draft(at).qc.min_genes == 150 and draft(at).qc.max_genes is None
    assert "190 of 200 cells stay" in text_of(at)
    assert "Set aside by number of genes: 10" in text_of(at)
    assert any(s.key == "draft_qc_pct_ribo" for s in at.slider)


def test_the_tissue_is_asked_for_with_a_guess_from_the_name_and_taken_by_one_click(cells, tmp_path):
    path = tmp_path / "mouse_kidney_2024.h5ad"
    path.write_bytes(cells.read_bytes())
    at = opened(path)
    assert "Kidney?" in text_of(at) and draft(at).tissue == "unknown", "a question, never an answer"
    button(at, "Yes, kidney").click().run()
    assert draft(at).tissue == at.selectbox(key="draft_tissue").value == "kidney"
    assert "Kidney?" not in text_of(healthy(at))


def test_a_column_that_looks_like_samples_is_offered_and_taken_by_one_click(cells, tmp_path):
    adata = ad.read_h5ad(cells)
    adata.obs["donor"] = pd.Categorical(["a", "b", "c"] * (adata.n_obs // 3))
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    at = opened(path)
    assert "donor looks like the sample of each cell" in text_of(at).replace("**", "")
    assert draft(at).clustering.batch_column is None
    button(at, "Use donor").click().run()
    assert draft(at).clustering.batch_column == draft(at).qc.sample_column == "donor"
    assert at.selectbox(key="draft_batch").value == "donor"
    assert draft(at).clustering.batch_method == "none"
