"""Every label on the pages of a run and in its figures by its everyday name; files keep both."""

from __future__ import annotations

import shutil
from pathlib import Path

import anndata as ad
import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.services.labels import review
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.plots.plot_numbers import group_names, load_subject
from cassia_core.services.runs.results import load_results

ROOT = Path(__file__).resolve().parents[2]
LONG = "effector CD8-positive, alpha-beta T cell"


@pytest.fixture
def run_id(demo_run: Path, home: Path) -> str:
    """A finished demo run; a person gave one cluster a long name of the ontology, and one their own."""
    shutil.copytree(demo_run, settings.runs_root() / demo_run.name)
    first, second, *_ = review.labels(demo_run.name, "pbmc")
    review.apply_edit(demo_run.name, "pbmc", (first.cluster,), "rename", label=LONG)
    review.apply_edit(demo_run.name, "pbmc", (second.cluster,), "rename", label="my odd CD8+ T cells")
    return demo_run.name


def page_of(run_id: str, name: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    at = at.run().switch_page(f"pages/{name}.py").run()
    assert not at.exception, at.exception
    return at


def test_table_and_card_say_the_everyday_name_and_the_label_in_full(run_id: str):
    at = page_of(run_id, "results")
    table = next(d.value for d in at.dataframe if "Cluster" in d.value.columns).set_index("Cluster")
    for item in review.labels(run_id, "pbmc"):
        shown, full = table.loc[item.cluster, ["Cell type", "Label in full"]]
        assert shown.removesuffix(" ✎") == item.short
        assert full.startswith(item.label)
    names = set(table["Cell type"])
    assert {"CD8 effector T cell ✎", "my odd CD8+ T cells ✎"} <= names and not any(LONG in n for n in names)


def test_tiles_and_heads_of_conversations_say_the_everyday_name(run_id: str):
    labels = {row.label for row in load_results(run_id, "pbmc").rows}
    tiles = "\n".join(str(m.value) for m in page_of(run_id, "run").markdown).replace("\\", "")
    heads = "\n".join(e.label for e in page_of(run_id, "conversations").expander).replace("\\", "")
    for label in labels:
        assert f"**{everyday_name(label)}**" in tiles
        assert f"**{everyday_name(label)}**" in heads
    assert "You: CD8 effector T cell" in heads and "You: my odd CD8+ T cells" in heads


def test_figures_say_the_everyday_name_and_files_keep_both(run_id: str):
    subject = load_subject(run_id, "pbmc")
    names = group_names(subject.cells)
    assert set(names.values()) == {f"{g.short} ({g.id})" for g in subject.cells.groups}
    (path,) = settings.runs_root().joinpath(run_id).rglob("*_annotated.h5ad")
    cells = ad.read_h5ad(path, backed="r").obs.drop_duplicates("cell_type")
    assert len(cells) > 3
    for label, short in zip(cells["cell_type"], cells["cell_type_short"], strict=True):
        assert short == everyday_name(label)
    assert set(cells["cell_type_ontology_match"]) <= {"exact", "nearest"}
    assert cells["cell_type_ontology_term_id"].notna().all()
