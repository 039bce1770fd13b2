"""CASSIA's names for looking closer at one cluster."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cassia_core.api.calling import SEED_PROVIDER, Markers, asked_model, run_markers, stem_of
from cassia_core.domain.annotation import Boost, ClusterResult
from cassia_core.domain.config import AgentModel, AnnotationParams, MarkerParams, ValidatorStrictness, check
from cassia_core.domain.opinions.closer_look import CloserLook
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import ConfigError, RunError
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.opinions import look_files, opinions
from cassia_core.services.runs import runs

Strategy = Literal["breadth", "depth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedCloser:
    """A closer look at one cluster: the label before and after, the answer to the question, and the files."""

    cluster: str
    first: ClusterResult
    look: CloserLook
    summary_report_path: Path
    raw_text_path: Path
    execution_time: float
    run_dir: Path

    @property
    def label(self) -> str:
        """The label after the closer look."""
        return self.look.after.label

    @property
    def boost(self) -> Boost:
        """The labels before and after, and what was measured."""
        return self.look.boost

    def as_dict(self) -> dict[str, Any]:
        """The same under the keys of CASSIA's own functions."""
        return {
            "status": "success",
            "raw_text_path": str(self.raw_text_path),
            "summary_report_path": str(self.summary_report_path),
            "execution_time": self.execution_time,
            "analysis_text": self.look.answer or self.look.boost.after.reasoning,
        }


def runCASSIA_annotationboost(
    full_result_path: str | os.PathLike,
    marker: Markers,
    cluster_name: str,
    major_cluster_info: str,
    output_name: str,
    num_iterations: int = 10,
    model: str | None = None,
    provider: str = SEED_PROVIDER,
    temperature: float = 0,
    conversation_history_mode: str = "full",
    search_strategy: Strategy = "breadth",
    report_style: str = "per_iteration",
    validator_involvement: ValidatorStrictness = "v1",
    conversations_json_path: str = "auto",
    species: str = "human",
    auto_convert_ids: bool = True,
    reasoning: str | None = None,
) -> LookedCloser:
    """Look again at one cluster, with genes measured in that very cluster.

    Parameters
    ----------
    full_result_path
        The `_full.csv` of the run that labelled it; the tissue is read from its `_summary.csv`, and the
        species, unless `species` names another one than human.
    marker
        The marker table of that run. A cluster without markers is refused; no genes are put in their place.
    cluster_name
        Exact id of the cluster.
    major_cluster_info
        What is known of the sample, told to the agents.
    output_name
        Files are written as `{output_name}_summary.html` and `{output_name}_raw_conversation.txt`.
    num_iterations
        Most rounds of asking for genes.
    model, provider, temperature, reasoning
        Whom to ask, as in `runCASSIA_batch`.
    search_strategy
        "breadth" tests several hypotheses at once, "depth" follows one.
    validator_involvement
        "v1" standard, "v0" strict.
    conversation_history_mode, report_style, conversations_json_path, auto_convert_ids
        Without effect.

    Returns
    -------
    LookedCloser
        The label before and after; `as_dict` has the keys of the original.

    Raises
    ------
    ConfigError
        Says parameter, received and expected; the table has no such cluster.
    RunError
        When the cluster has no markers, or the model gave no answer that could be read.
    """
    return _looked(
        full_result_path,
        marker,
        str(cluster_name),
        major_cluster_info,
        output_name,
        num_iterations,
        asked_model(provider, model, temperature, reasoning),
        validator_involvement,
        search_strategy,
        species,
        "",
    )


def runCASSIA_annotationboost_additional_task(
    full_result_path: str | os.PathLike,
    marker: Markers,
    cluster_name: str,
    major_cluster_info: str,
    output_name: str,
    num_iterations: int = 5,
    model: str | None = None,
    provider: str = SEED_PROVIDER,
    additional_task: str = "check if this is a cancer cluster",
    temperature: float = 0,
    conversation_history_mode: str = "full",
    search_strategy: Strategy = "breadth",
    report_style: str = "per_iteration",
    validator_involvement: ValidatorStrictness = "v1",
    conversations_json_path: str = "auto",
    species: str = "human",
    auto_convert_ids: bool = True,
    reasoning: str | None = None,
) -> LookedCloser:
    """Look again at one cluster and answer `additional_task` along the way, a question in plain words.

    Other parameters, returns and errors are those of `runCASSIA_annotationboost`.
    """
    return _looked(
        full_result_path,
        marker,
        str(cluster_name),
        major_cluster_info,
        output_name,
        num_iterations,
        asked_model(provider, model, temperature, reasoning),
        validator_involvement,
        search_strategy,
        species,
        additional_task,
    )


def _looked(
    full_result_path: str | os.PathLike,
    marker: Markers,
    cluster: str,
    context: str,
    output_name: str,
    rounds: int,
    model: AgentModel,
    validator: ValidatorStrictness,
    strategy: Strategy,
    species: str,
    question: str,
) -> LookedCloser:
    """A run over the one cluster, and a closer look at what it found."""
    begun = time.monotonic()
    check(rounds >= 1, "num_iterations", rounds, "a whole number from 1")
    check(strategy in ("breadth", "depth"), "search_strategy", strategy, "breadth or depth")
    tissue, told = _sample_of(Path(full_result_path))
    params = AnnotationParams(annotator=model, merge=False, boost="off", validator_involvement=validator)
    run = run_markers(
        marker,
        output_name,
        params,
        tissue,
        told if species == "human" else species,
        context,
        MarkerParams(),
        None,
        None,
        only_cluster=cluster,
    )
    first = next((row for row in run.clusters if row.cluster == cluster), None)
    if first is None:
        raise ConfigError(
            f"The marker table has no cluster {cluster}.",
            "Cluster names are matched exactly.",
            "Use one of: " + ", ".join(row.cluster for row in run.clusters) + ".",
        )
    run_id, root, dataset = run.run_dir.name, run.run_dir.parent, run.datasets[0]
    request = OpinionRequest(
        dataset=dataset,
        clusters=(cluster,),
        kind="closer_look",
        rounds=rounds,
        strategy=strategy,
        question=question,
    )
    job = opinions.start(run_id, request, known_keys((model.provider,)), root)
    opinions.wait_for(run_id, job, root)
    opinion = opinions.list_opinions(run_id, dataset, root=root)[-1]
    if opinion.closer_look is None:
        raise RunError(f"Cluster {cluster} could not be looked at.", opinion.reason, f"See {run.run_dir}.")
    page, text = look_files.write_closer_look_files(run_id, dataset, opinion, stem_of(output_name), root)
    return LookedCloser(
        cluster=cluster,
        first=first,
        look=opinion.closer_look,
        summary_report_path=page,
        raw_text_path=text,
        execution_time=time.monotonic() - begun,
        run_dir=run.run_dir,
    )


def _sample_of(full_csv: Path) -> tuple[str, str]:
    """Tissue and species of the run that wrote `full_csv`, from the summary beside it."""
    import pandas as pd

    runs.check_input(full_csv)
    summary = full_csv.with_name(full_csv.name.replace("_full.csv", "_summary.csv"))
    runs.check_input(summary)
    first = pd.read_csv(summary, nrows=1)
    return str(first["Tissue"].iloc[0]), str(first["Species"].iloc[0])
