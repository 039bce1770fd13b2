"""CASSIA's own names: parameters and defaults as in its package 1.4.0, and what they write.

The signatures are facts of that package; where ours has more parameters, they stand behind.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import anndata as ad
import pandas as pd
import pytest

import cassia_core as CASSIA
from cassia_core.api import MODEL_VARIABLE, PROVIDER_VARIABLE, URL_VARIABLE
from cassia_core.errors import ConfigError, InputError
from cassia_core.services.intake.intake import demo_path
from cassia_core.services.opinions.similarity_tables import agreement_table, listed_types
from tests.model_server import Answer, Asked, ModelServer

SIGNATURES = {
    "runCASSIA": (
        "model=None, temperature=None, marker_list=None, tissue='lung', species='human', "
        "additional_info=None, provider='openrouter', validator_involvement='v1', reasoning=None, "
        "use_reference=False, reference_provider=None, reference_model=None, "
        "reference_cell_type_hint=None, verbose=False, proxy=None"
    ),
    "runCASSIA_batch": (
        "marker, output_name='cell_type_analysis_results.json', n_genes=50, model=None, temperature=None, "
        "tissue='lung', species='human', additional_info=None, celltype_column=None, "
        "gene_column_name=None, max_workers=10, provider='openrouter', max_retries=1, "
        "ranking_method='avg_log2FC', ascending=None, validator_involvement='v1', reasoning=None, "
        "use_reference=False, reference_model=None, reference_cell_type_hint=None, verbose=True, "
        "validate_api_key_before_start=True, auto_convert_ids=True, proxy=None"
    ),
    "runCASSIA_pipeline": (
        "output_file_name, tissue, species, marker, max_workers=4, overall_provider='openrouter', "
        "annotation_model=None, annotation_provider=None, score_model=None, score_provider=None, "
        "annotationboost_model=None, annotationboost_provider=None, score_threshold=75, "
        "additional_info='None', max_retries=1, merge_annotations=True, merge_model=None, "
        "merge_provider=None, conversation_history_mode='final', ranking_method='avg_log2FC', "
        "ascending=None, report_style='per_iteration', validator_involvement='v1', output_dir=None, "
        "validate_api_keys_before_start=True, auto_convert_ids=True, n_genes=50, overall_reasoning=None, "
        "annotation_reasoning=None, score_reasoning=None, annotationboost_reasoning=None, "
        "merge_reasoning=None"
    ),
    "runCASSIA_score_batch": (
        "input_file, output_file=None, max_workers=4, model=None, temperature=None, "
        "provider='openrouter', max_retries=1, generate_report=True, conversations_json_path=None, "
        "reasoning=None"
    ),
    "merge_annotations": (
        "csv_path, output_path=None, provider='openrouter', model=None, temperature=None, api_key=None, "
        "additional_context=None, batch_size=20, detail_level='broad', reasoning=None"
    ),
    "merge_annotations_all": (
        "csv_path, output_path=None, provider='openrouter', model=None, temperature=None, api_key=None, "
        "additional_context=None, batch_size=20, reasoning=None"
    ),
    "runCASSIA_n_times": (
        "n, tissue, species, additional_info, temperature, marker_list, model, max_workers=10, "
        "provider='openrouter', validator_involvement='v1', use_reference=False"
    ),
    "runCASSIA_batch_n_times": (
        "n, marker, output_name='cell_type_analysis_results', model=None, temperature=None, "
        "tissue='lung', species='human', additional_info=None, celltype_column=None, "
        "gene_column_name=None, max_workers=10, batch_max_workers=5, provider='openrouter', "
        "max_retries=1, validator_involvement='v1'"
    ),
    "runCASSIA_similarity_score_batch": (
        "marker, file_pattern, output_name, celltype_column=None, max_workers=10, model=None, "
        "provider='openrouter', main_weight=0.5, sub_weight=0.5, temperature=None, generate_report=True, "
        "report_output_path=None"
    ),
    "runCASSIA_n_times_similarity_score": (
        "tissue, species, additional_info, temperature, marker_list, model=None, max_workers=10, n=3, "
        "provider='openrouter', main_weight=0.5, sub_weight=0.5, validator_involvement='v1', "
        "use_reference=False, generate_report=True, report_output_path=None"
    ),
    "runCASSIA_subclusters": (
        "marker, major_cluster_info, output_name, model=None, temperature=None, provider='openrouter', "
        "n_genes=50, tissue=None, species=None, additional_context=None, use_reference=False, "
        "reference_provider=None, reference_model=None, reference_cell_type_hint=None, "
        "reference_depth='detailed', reference_max_content_length=5000, "
        "reference_max_context_length=12000"
    ),
    "runCASSIA_n_subcluster": (
        "n, marker, major_cluster_info, base_output_name, model=None, temperature=None, "
        "provider='openrouter', max_workers=5, n_genes=50, tissue=None, species=None, "
        "additional_context=None, use_reference=False, reference_provider=None, reference_model=None, "
        "reference_cell_type_hint=None, reference_depth='detailed', reference_max_content_length=5000, "
        "reference_max_context_length=12000"
    ),
    "runCASSIA_subclusters_auto_split": (
        "marker, major_cluster_info, output_name, *, model=None, temperature=None, provider='openrouter', "
        "n_genes=50, tissue=None, species=None, additional_context=None, use_reference=True, "
        "reference_provider=None, reference_model=None, reference_cell_type_hint=None, "
        "reference_depth='detailed', reference_max_content_length=5000, "
        "reference_max_context_length=12000, split_provider=None, split_model=None, split_temperature=0, "
        "max_group_size=None, force_split=True, retry_missing=True"
    ),
    "add_cassia_to_anndata": (
        "adata, cassia_results, cluster_col=None, cassia_cluster_col='Cluster ID', prefix='CASSIA_', "
        "replace_existing=False, fuzzy_match=True, columns_to_include=2, inplace=True"
    ),
    "enhance_scanpy_markers": (
        "adata, cluster_col=None, n_genes=None, min_expression=0.0, include_stats=True, "
        "key='rank_genes_groups'"
    ),
    "compute_subcluster_marker_sets": (
        "data, parent_col, parent_label, subcluster_col, "
        "modes=('local', 'global_relabel', 'target_vs_background'), n_genes=50, method='wilcoxon', "
        "output_dir=None, use_raw=None, layer=None, rankby_abs=False, tie_correct=False, "
        "expression_threshold=0.0, min_log2fc=0.25, max_p_val_adj=None, "
        "key_prefix='cassia_subcluster_marker_sets'"
    ),
    "loadmarker": ("marker_type='processed'"),
    "set_api_key": ("api_key, provider='openai'"),
    "runCASSIA_generate_score_report": ("csv_path, index_name='CASSIA_reports_summary'"),
    "list_available_markers": (""),
}
LISTS = {"parts": ["a", "b"], "genes": ["CD3D,CD3E,IL7R,TRAC,CD2", "MS4A1,CD79A,CD79B,CD19,BANK1"]}


def parameters(signature: inspect.Signature) -> list[tuple[str, object]]:
    return [(p.name, p.default) for p in signature.parameters.values()]


def expected(text: str) -> list[tuple[str, object]]:
    names: dict = {}
    exec(f"def wanted({text}): ...", names)
    return parameters(inspect.signature(names["wanted"]))


@pytest.mark.parametrize("name", SIGNATURES)
def test_names_parameters_and_defaults_are_those_of_the_original(name: str):
    wanted = expected(SIGNATURES[name])
    ours = parameters(inspect.signature(getattr(CASSIA, name)))
    assert ours[: len(wanted)] == wanted
    assert all(default is not inspect.Parameter.empty for _, default in ours[len(wanted) :])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROVIDER_VARIABLE, "offline")


def to_server(monkeypatch: pytest.MonkeyPatch, server: ModelServer) -> None:
    monkeypatch.setenv(PROVIDER_VARIABLE, "custom")
    monkeypatch.setenv(URL_VARIABLE, server.url)
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)


def markers() -> pd.DataFrame:
    return pd.DataFrame({"cluster": LISTS["parts"], "marker_genes": LISTS["genes"]})


def first_fails_once(asked: Asked, good: str) -> Answer | None:
    """All answers to the second question about cluster b are unreadable."""
    about_b = "MS4A1" in str(asked.data)
    if asked.agent == "annotator" and about_b and asked.times == 2:
        return Answer(text="I would rather not say.")
    return None


def test_n_answers_are_n_tables_and_a_missing_one_is_nobody_elses(folder, monkeypatch):
    """A cluster that is missing from one repetition is a failed row there, never another cluster's answer."""
    with ModelServer(fault=first_fails_once, latency_s=0.01, models=()) as server:
        to_server(monkeypatch, server)
        found = CASSIA.runCASSIA_batch_n_times(3, markers(), "again", tissue="blood")
        tables = [pd.read_csv(f"again_{number}_summary.csv") for number in (1, 2, 3)]
        assert [len(table) for table in tables] == [2, 2, 2] and len(found.repetitions) == 3
        assert all(Path(f"again_{number}_conversations.json").exists() for number in (1, 2, 3))
        for table in tables:
            said = table.set_index("Cluster ID")["Predicted General Cell Type"].dropna()
            assert said["a"] == "T cell" and said.get("b", "B cell") == "B cell"
        scores = CASSIA.runCASSIA_similarity_score_batch(markers(), "again_*_summary.csv", "scores")
    scores = scores.set_index("Cluster ID")
    assert (
        scores.loc["a", "Similarity Score"] == 1.0
        and scores.loc["b", "Consensus Cell Type"] == "naive B cell"
    )
    assert Path("scores.csv").exists() and Path("scores_report.html").exists()


def test_the_offline_engine_runs_all_of_it_and_gives_the_same_answer(folder, offline):
    found = CASSIA.runCASSIA_n_times_similarity_score(
        "blood", "human", None, None, LISTS["genes"][0].split(","), n=3
    )
    assert len({rows[0].label for rows in found.repetitions}) == 1 and len(found.repetitions) == 3
    assert "always gives the same answer" in found.opinions[0].reason
    assert found.agreement is not None and found.agreement["Similarity Score"].tolist() == [1.0]
    parts = CASSIA.runCASSIA_subclusters(markers(), "lymphocytes", "parts", tissue="blood")
    assert parts["Result ID"].tolist() == ["a", "b"] and Path("parts.html").exists()
    assert pd.read_csv("parts.csv").columns.tolist() == [
        "Result ID",
        "main_cell_type",
        "sub_cell_type",
        "key_markers",
        "reason",
    ]
    CASSIA.runCASSIA_n_subcluster(2, markers(), "lymphocytes", "twice")
    assert Path("twice_1.csv").exists() and Path("twice_2.csv").exists()


def test_a_table_of_the_original_is_scored_and_grouped_by_cluster(folder, offline):
    table = pd.DataFrame(
        {
            "True Cell Type": ["9", "10", "11"],
            "Predicted Main Cell Type": ["T cell", "B cell", ""],
            "Predicted Sub Cell Types": ["CD4-positive, alpha-beta T cell, naive T cell", "naive B cell", ""],
            "Marker List": [*LISTS["genes"], "ACTB,GAPDH"],
        }
    )
    table.to_csv("old_full.csv", index=False)
    scored = CASSIA.runCASSIA_score_batch("old_full.csv")
    assert scored["True Cell Type"].tolist() == ["9", "10", "11"] and Path("old_scored.csv").exists()
    assert scored["Score"].notna().tolist() == [True, True, False]
    assert scored["Scoring_Reasoning"].iloc[2] == "It has no label."
    merged = CASSIA.merge_annotations_all("old_full.csv", "old_merged.csv")
    assert {"Merged_Grouping_1", "Merged_Grouping_2", "Merged_Grouping_3"} <= set(merged)
    assert merged["Merged_Grouping_1"].iloc[2] == "" and merged["Merged_Grouping_1"].iloc[0]
    assert CASSIA.runCASSIA_generate_score_report("old_scored.csv", "index") == folder / "index.html"
    with pytest.raises(ConfigError, match="`detail_level` cannot be 'fine'"):
        CASSIA.merge_annotations("old_full.csv", detail_level="fine")


def summary_of(answers: dict[str, tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Cluster ID": list(answers),
            "Predicted General Cell Type": [general for general, _ in answers.values()],
            "Predicted Detailed Cell Type": [sub for _, sub in answers.values()],
        }
    )


def test_repeats_are_joined_by_cluster_and_failed_is_no_vote():
    first = summary_of({"0": ("Failed", ""), "1": ("B cell", "naive B cell")})
    second = summary_of({"1": ("B cells", "naive B cells"), "0": ("T cell", "CD4+ T cells")})
    third = summary_of({"1": ("b cell", "B cell, naive")})
    table = agreement_table([first, second, third], clusters=["0", "1", "2"]).set_index("Cluster ID")
    assert table.loc["0", ["Consensus Cell Type", "Votes", "Answers", "Missing"]].tolist() == [
        "CD4-positive, alpha-beta T cell",
        1,
        1,
        2,
    ]
    assert table.loc["1", ["Consensus Cell Type", "Votes", "Answers"]].tolist() == ["naive B cell", 2, 3]
    assert table.loc["2", "Answers"] == 0 and table.loc["2", "Similarity Score"] is None
    assert table.loc["0", "Result 1"] == "" and table.loc["0", "Result 3"] == ""


def test_names_of_types_with_commas_are_one_type():
    assert listed_types("CD4-positive, alpha-beta T cell, naive T cell") == (
        "CD4-positive, alpha-beta T cell",
        "naive T cell",
    )


@pytest.mark.parametrize(
    ("call", "parameter"),
    [
        (lambda: CASSIA.runCASSIA_batch_n_times(0, markers()), "n"),
        (lambda: CASSIA.runCASSIA_n_times(1, "blood", "human", None, None, [], None), "marker_list"),
        (lambda: CASSIA.runCASSIA_subclusters(markers(), " ", "x"), "major_cluster_info"),
        (lambda: CASSIA.loadmarker("all"), "marker_type"),
        (lambda: agreement_table([], main_weight=2), "main_weight"),
    ],
)
def test_a_wrong_value_says_what_was_expected(folder, offline, call, parameter):
    with pytest.raises(ConfigError, match=f"`{parameter}` cannot be .* Expected: "):
        call()


def test_scanpys_markers_get_the_shares_of_cells_that_express_them():
    import scanpy as sc

    cells = ad.read_h5ad(demo_path()).raw.to_adata()
    sc.tl.rank_genes_groups(cells, "louvain", method="wilcoxon", n_genes=5)
    found = CASSIA.enhance_scanpy_markers(cells, n_genes=3)
    row = found[found["cluster"] == "0"].iloc[0]
    inside = (cells.obs["louvain"] == "0").to_numpy()
    values = cells[:, row["gene"]].X.toarray().ravel() > 0
    assert row["pct.1"] == pytest.approx(values[inside].mean())
    assert row["pct.2"] == pytest.approx(values[~inside].mean())
    assert found.groupby("cluster").size().tolist() == [3] * cells.obs["louvain"].nunique()
    with pytest.raises(InputError, match="no ranked genes"):
        CASSIA.enhance_scanpy_markers(cells, key="other")


def test_labels_go_onto_cells_under_names_of_ones_choice():
    cells = ad.read_h5ad(demo_path())[:20].copy()
    cells.obs["group"] = ["x", "y"] * 10
    table = pd.DataFrame({"Cluster ID": ["x", "y"], "cell_type": ["B cell", "T cell"]})
    out = CASSIA.add_cassia_to_anndata(cells, table, prefix="my_", inplace=False)
    assert "my_celltype_1" not in cells.obs and out.obs["my_celltype_1"].tolist() == ["B cell", "T cell"] * 10
    out.obs["my_celltype_1"] = "mine"
    with pytest.raises(InputError, match="already"):
        CASSIA.add_cassia_to_anndata(out, table, "group", prefix="my_")
