"""Look inside a cluster on the page Results: ask, start, come back, use the labels."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.services.labels import review
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.runs import results, runs
from cassia_core.services.subclusters import child_runs
from tests.contract.test_resume import ended, wait

ROOT = Path(__file__).resolve().parents[2]
FAULT = "This page could not be drawn"


@pytest.fixture
def parent(demo_run, home) -> str:
    shutil.copytree(demo_run, settings.runs_root() / demo_run.name)
    return demo_run.name


def opened(run_id: str, page: str, cluster: str = "") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    at.session_state["chosen_cluster"] = cluster
    at.run().switch_page(f"pages/{page}.py").run()
    assert not at.exception and FAULT not in text_of(at), (at.exception, text_of(at))
    return at


def text_of(at: AppTest) -> str:
    return "\n".join(str(m.value) for m in at.markdown).replace("\\", "")


def button(at: AppTest, label: str):
    found = [b for b in at.button if b.label.replace("\\", "") == label]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return found[0]


def form(run_id: str, cluster: str) -> None:
    """What the dialog asks, alone on a page: the test driver cannot keep a dialog open."""
    from cassia_core.services.runs import results
    from cassia_ui.results import looking_inside

    data = results.load_results(run_id, "pbmc")
    looking_inside.draw_form(data, data.row(cluster))


def asked(run_id: str, cluster: str) -> AppTest:
    return AppTest.from_function(
        form, kwargs={"run_id": run_id, "cluster": cluster}, default_timeout=90
    ).run()


def test_a_cluster_is_looked_into_from_its_card_and_its_parts_come_back_to_it(parent):
    row = max(results.load_results(parent, "pbmc").rows, key=lambda r: r.n_cells)
    at = opened(parent, "results", row.cluster)
    button(at, "Look inside").click().run()
    assert at.multiselect(key=f"inside_clusters_{row.cluster}").value == [row.cluster], "the dialog is open"
    at = asked(parent, row.cluster)
    assert f"{row.n_cells:,} cells" in text_of(at) and "Nothing leaves this machine" in text_of(at)
    at.toggle(key="inside_suggest").set_value(False).run()
    at.button(key="inside_start").click().run()
    assert not at.exception
    (child,) = child_runs.children_of(parent, "pbmc")
    assert child.clusters == (row.cluster,)
    assert runs.load_config(child.run_id).datasets[0].clustering.resolution == 0.4
    assert wait(child.run_id, settings.runs_root(), ended, 400).state == "success"

    at = opened(child.run_id, "results")
    back = next(b.label for b in at.button if b.key == "part_of").replace("\\", "")
    assert (
        back.startswith("Part of") and f"cluster {row.cluster}" in back and everyday_name(row.label) in back
    )
    at = opened(child.run_id, "run")
    stages = runs.view_run(child.run_id).datasets[0].stages
    n_file = sum(r.n_cells for r in results.load_results(parent, "pbmc").rows)
    assert text_of(at).count(f"{row.n_cells:,} of {n_file:,} cells") == len(stages), "in every stage"

    at = opened(parent, "results", row.cluster)
    (child,) = child_runs.children_of(parent, "pbmc")
    assert f"Looked inside: {child.n_clusters} part" in text_of(at)
    assert all(f"{everyday_name(p.label)} ({p.n_cells:,})" in text_of(at) for p in child.parts)
    button(at, "Use these labels here").click().run()
    assert not at.exception and FAULT not in text_of(at)
    codes, names = review.cell_labels(parent, "pbmc")
    assert {p.label for p in child.parts} <= set(names)

    runs.delete_run(parent)
    at = opened(child.run_id, "results")
    assert "That run is not there any more" in text_of(at)


def test_too_few_cells_are_refused_in_the_dialog_before_anything_starts(parent, monkeypatch):
    from cassia_core.services.subclusters import subclustering

    monkeypatch.setattr(subclustering, "FEWEST_CELLS", 10_000)
    row = results.load_results(parent, "pbmc").rows[0]
    at = asked(parent, row.cluster)
    assert "cannot be divided" in text_of(at) and "What to do" in text_of(at)
    assert not [b for b in at.button if b.key == "inside_start"]
