"""A file that cannot be saved takes no other with it, and costs no second answer."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from cassia_core.data.h5ad.h5ad_safe import make_writable
from cassia_core.data.h5ad.saving import save_cells
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.pipeline import exporting, preparing_cells
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import read_json
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.store import create_run
from tests.corpus.material import cells
from tests.small_runs import fill
from tests.typed_cells import typed_cells

WRITERS = ("write_csv", "write_text", "write_xlsx", "write_report")


def exports(files: DatasetLayout) -> dict[str, Path]:
    named = (
        "summary_csv",
        "scored_csv",
        "full_csv",
        "markers_csv",
        "conversations_json",
        "annotation_txt",
        "summary_txt",
        "annotated_h5ad",
        "report_html",
    )
    return {name: getattr(files, name) for name in named} | {"tables": files.output("_tables.xlsx")}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    typed_cells(path, n_cells=150, n_genes=300)
    return path


def begun(tmp_path: Path, source: Path) -> tuple[RunLayout, RunConfig, DatasetLayout]:
    spec = DatasetSpec(name="cells", path=str(source), tissue="blood", species="human")
    config = RunConfig(datasets=(spec,))
    layout = create_run(config, tmp_path / "runs", {})
    return layout, config, layout.dataset(0, spec)


def failing(*_: object, **__: object) -> None:
    raise ValueError("made to fail")


def break_writing_of(target: Path, patch: pytest.MonkeyPatch) -> None:
    """Let whatever writes `target` fail, and nothing else."""

    def broken(write):
        def guarded(path: Path, *rest: object, **named: object) -> object:
            return failing() if path == target else write(path, *rest, **named)

        return guarded

    for name in WRITERS:
        patch.setattr(exporting, name, broken(getattr(exporting, name)))
    if target.suffix == ".h5ad":
        patch.setattr(exporting, "save_cells", failing)


def test_each_export_may_fail_by_itself_and_resume_makes_it_good(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
):
    layout, config, files = begun(tmp_path, source)
    paid = None
    for missing, target in exports(files).items():
        for path in exports(files).values():
            path.unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            break_writing_of(target, patch)
            assert fill(layout, config) == "partial"
        there = {name for name, path in exports(files).items() if path.exists()}
        assert there == set(exports(files)) - {missing}
        outcome = read_json(files.outcome, DatasetOutcome)
        assert target.name in outcome.error and "made to fail" in outcome.error
        calls = len(list(read_calls(layout.calls)))
        assert calls == (paid or calls)
        paid = calls
    assert fill(layout, config) == "success"
    assert all(path.exists() for path in exports(files).values())
    assert len(list(read_calls(layout.calls))) == paid


def test_cells_that_cannot_be_kept_between_cost_no_answer(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
):
    layout, config, files = begun(tmp_path, source)
    monkeypatch.setattr(preparing_cells, "save_cells", failing)
    assert fill(layout, config) == "success"
    assert files.annotated_h5ad.exists()
    assert "could not be kept" in layout.events.read_text()


def reserved() -> pd.DataFrame:
    return pd.DataFrame({"_index": ["x", "y"], "a/b": [1, 2]})


def with_reserved_names() -> ad.AnnData:
    made = cells()[:2].copy()
    table = reserved().set_axis(made.obs_names, axis=0)
    raw = made.copy()
    raw.var["_index"] = np.arange(raw.n_vars)
    made.raw = raw
    made.obsm["table"] = table
    made.varm["table"] = pd.DataFrame({"_index": np.arange(made.n_vars)}, index=made.var_names)
    made.uns["table"] = reserved()
    made.uns["deep"] = {"table": reserved(), "nothing": None}
    made.obsm["objects"] = np.array([[object()], [object()]])
    return made


def test_one_cleaner_serves_every_table_wherever_it_hangs(tmp_path: Path):
    made = with_reserved_names()
    done = make_writable(made)
    made.write_h5ad(tmp_path / "cells.h5ad")
    back = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert list(back.obsm["table"].columns) == ["index_column", "a_b"]
    assert list(back.uns["deep"]["table"].columns) == ["index_column", "a_b"]
    assert "index_column" in back.raw.var and "index_column" in back.varm["table"]
    assert any("obsm/objects was left out" in sentence for sentence in done)
    assert np.array_equal(back.raw.X.toarray(), made.X.toarray())


def test_what_no_cleaner_foresees_is_left_out_and_named(tmp_path: Path):
    made = cells()
    made.uns["a/b"] = {"odd": lambda: None}
    made.obsm["odd"] = np.array([[object()]] * made.n_obs)
    made.obs["fine"] = 1
    left_out = save_cells(made, tmp_path / "cells.h5ad")
    assert any("obsm/odd" in sentence for sentence in left_out)
    assert list(ad.read_h5ad(tmp_path / "cells.h5ad").obs["fine"].unique()) == [1]


def test_a_full_disk_is_no_reason_to_take_anything_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = cells()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ad.AnnData, "write_h5ad", full)
    with pytest.raises(OSError, match="No space left"):
        save_cells(made, tmp_path / "cells.h5ad")
    assert (
        exporting.with_problems(DatasetOutcome(dataset="d", tissue="", file_path=""), ()).status == "success"
    )
