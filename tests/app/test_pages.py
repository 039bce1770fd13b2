"""Every page, from app.py, as a person meets it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.services.runs import runs
from tests.model_server import ModelServer

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("start", "data", "setup", "run", "results", "conversations", "runs", "knowledge", "settings")
FAULT = "This page could not be drawn"


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90).run()


def text_of(at: AppTest) -> str:
    return "\n".join(
        str(getattr(e, "value", ""))
        for kind in ("markdown", "title", "subheader", "caption", "code", "text")
        for e in getattr(at, kind)
    ).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert FAULT not in text_of(at), text_of(at)
    return at


def button(at: AppTest, label: str):
    found = [b for b in at.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return found[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_a_run_and_says_what_it_is_for(app, page):
    at = healthy(app.switch_page(f"pages/{page}.py").run())
    assert at.title[0].value


def test_an_upload_of_a_marker_table_shows_what_was_found_and_goes_on_to_the_set_up(app):
    table = b'cluster,marker_genes\n0,"MS4A1,CD79A,CD79B"\nT/NK,"CD3D,NKG7,GNLY"\n'
    at = app.switch_page("pages/data.py").run()
    at.file_uploader[0].upload("my_markers.csv", table, "text/csv").run()
    healthy(at)
    assert "What we found" in text_of(at)
    at.switch_page("pages/setup.py").run()
    healthy(at)
    assert any(b.label == "Start" for b in at.button)
    assert "Nothing leaves this machine" in text_of(at)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("cells.h5ad", b"this is plain text, not HDF5\n" * 50, "cells.h5ad"),
        ("cells.h5ad", b"hello, I am text\n", "plain text"),
        (
            "cells.h5ad",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 157286400\n",
            "pointer",
        ),
        ("empty.h5ad", b"", "empty"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_card_with_cause_and_remedy_and_no_traceback(
    app, name, content, word
):
    at = app.switch_page("pages/data.py").run()
    at.file_uploader[0].upload(name, content, "application/octet-stream").run()
    healthy(at)
    text = text_of(at)
    assert ":material/error:" in text and "What to do" in text and word in text
    assert "Traceback" not in text


def test_an_unrecognised_table_opens_a_column_mapper_that_reads_it(app):
    at = app.switch_page("pages/data.py").run()
    at.file_uploader[0].upload(
        "table.csv", b"alpha,beta,gamma\nB,CD79A,MS4A1\nB,MS4A1,CD19\nT,CD3D,CD3E\nT,CD3E,CD2\n", "text/csv"
    ).run()
    healthy(at)
    assert "Which column is what?" in text_of(at)
    at.selectbox(key="draft_map_cluster").set_value("alpha").run()
    at.selectbox(key="draft_map_gene").set_value("beta").run()
    button(at, "Read it this way").click().run()
    healthy(at)
    assert "Which column is what?" not in text_of(at)
    assert "2" in " ".join(str(t.value) for t in at.table)


def test_raw_counts_get_histograms_with_limits_that_can_be_suggested_and_are_kept_for_the_run(app, tmp_path):
    import anndata
    import numpy as np
    from scipy import sparse

    counts = np.random.default_rng(0).poisson(0.6, (120, 400)).astype(np.float32)
    counts[:5] *= np.random.default_rng(1).random((5, 400)) < 0.05
    names = ["MT-CO1", "MT-ND1", *[f"GENE{i}" for i in range(398)]]
    anndata.AnnData(sparse.csr_matrix(counts), var={"gene": names}).write_h5ad(tmp_path / "counts.h5ad")
    adata = anndata.read_h5ad(tmp_path / "counts.h5ad")
    adata.var_names = names
    adata.write_h5ad(tmp_path / "counts.h5ad")
    at = app.switch_page("pages/data.py").run()
    at.file_uploader[0].upload(
        "counts.h5ad", (tmp_path / "counts.h5ad").read_bytes(), "application/x-hdf5"
    ).run()
    healthy(at)
    assert "120 of 120 cells stay" in text_of(at)
    button(at, "Use suggested limits").click().run()
    healthy(at)
    stay = int(re.search(r"(\d+) of 120 cells stay", text_of(at)).group(1))
    assert 100 < stay <= 115, "the five nearly empty cells go"
    healthy(at.switch_page("pages/setup.py").run())
    assert at.session_state["draft"].qc.min_genes > 0


def test_an_h5ad_of_three_cells_gets_a_card(app, tmp_path):
    import anndata
    import numpy as np

    anndata.AnnData(np.ones((3, 4), dtype=np.float32)).write_h5ad(tmp_path / "three.h5ad")
    at = app.switch_page("pages/data.py").run()
    at.file_uploader[0].upload(
        "three.h5ad", (tmp_path / "three.h5ad").read_bytes(), "application/x-hdf5"
    ).run()
    healthy(at)
    assert "too small" in text_of(at)


def test_the_demo_runs_from_one_click_to_results_and_conversations(app):
    button(app, "Start the demo").click().run()
    run_id = runs.list_runs()[0].run_id
    deadline = time.monotonic() + 240
    while runs.view_run(run_id).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.3)
    assert runs.view_run(run_id).state == "success"
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    healthy(at.run())
    assert any("Demo" in str(t.value) for t in at.table)
    healthy(at.switch_page("pages/run.py").run())
    assert "No cost, nothing sent" in text_of(at) and any(b.label == "See the results" for b in at.button)
    healthy(at.switch_page("pages/results.py").run())
    assert "not a language model" in text_of(at)
    assert len(at.dataframe) >= 1
    healthy(at.switch_page("pages/conversations.py").run())
    assert any("Annotator" in m.value for m in at.markdown)
    healthy(at.switch_page("pages/runs.py").run())
    assert any(b.label == "Open" for b in at.button)


def test_a_run_that_does_not_exist_is_said_in_plain_words(app):
    app.query_params["run"] = "run_that_never_was"
    at = healthy(app.switch_page("pages/run.py").run())
    assert "There is no run called run_that_never_was" in text_of(at)


def test_a_key_typed_on_the_set_up_page_is_in_no_file(app, home):
    at = app.switch_page("pages/settings.py").run()
    at.selectbox(key="engine_provider").set_value("openai").run()
    at.text_input(key="engine_key_openai").set_value("sk-canary-0123456789").run()
    healthy(at)
    assert not [p for p in home.rglob("*") if p.is_file() and b"sk-canary" in p.read_bytes()]


def test_the_models_of_a_server_are_read_from_it(app):
    with ModelServer(models=("model-of-the-lab",)) as server:
        at = app.switch_page("pages/settings.py").run()
        at.selectbox(key="engine_provider").set_value("custom").run()
        at.text_input(key="engine_url_custom").set_value(server.url).run()
        healthy(button(at, "Read the list of models").click().run())
    assert "model-of-the-lab" in at.selectbox(key="engine_model_custom").options
