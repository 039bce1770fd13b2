"""`again RUN_DIR`: ask again, or ask several models, about clusters of a finished run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cassia_core.cli_commands.running import dataset_of_run
from cassia_core.domain.config import AgentModel, RunConfig
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionJob, OpinionRequest
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.engine.models import default_model, providers
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.opinions import opinions
from cassia_core.services.opinions.estimating import estimate_opinions
from cassia_core.services.runs import runs

POLL_S = 0.3
EXIT_OF_STATE = {"done": 0, "failed": 1}


def again(options: argparse.Namespace) -> int:
    """Ask, follow to the end, and print what the answers agree on."""
    folder = options.run_dir.expanduser().resolve()
    config = runs.load_config(folder.name, folder.parent)
    request = OpinionRequest(
        dataset=dataset_of_run(options.dataset, config, folder),
        clusters=tuple(options.clusters),
        kind="several" if len(options.models) > 1 else "repeat",
        models=tuple(model_named(text, config, options.base_url) for text in options.models),
        times=options.times,
        discuss=not options.no_discussion,
        max_workers=options.max_workers,
        max_cost_usd=options.max_cost,
        max_tokens_total=options.max_tokens,
    )
    if options.estimate:
        return _print_estimate(folder, request)
    asked = {model.provider for model in (*request.models, *config.models())}
    job = opinions.start(folder.name, request, known_keys(tuple(asked)), folder.parent)
    ended = follow_job(folder, job, quiet=options.quiet)
    for opinion in opinions.list_opinions(folder.name, request.dataset, root=folder.parent):
        if opinion.job == job:
            print(_in_words(opinion))
    if ended.progress.problem:
        print(ended.progress.problem, file=sys.stderr)
    return EXIT_OF_STATE.get(ended.progress.state, 2)


def model_named(text: str, config: RunConfig, base_url: str | None) -> AgentModel:
    """Of "PROVIDER/MODEL" with a provider of ours, of a provider alone, or of the run's own provider."""
    known = {facts.name for facts in providers()}
    provider, _, model = text.partition("/")
    if provider in known:
        return AgentModel(provider=provider, model=model or default_model(provider), base_url=base_url)
    if base_url:
        return AgentModel(provider="custom", model=text, base_url=base_url)
    return replace(config.annotator, model=text)


def _print_estimate(folder: Path, request: OpinionRequest) -> int:
    estimate = estimate_opinions(folder.name, request, folder.parent)
    cost = "price not known"
    if estimate.cost_low_usd is not None and estimate.cost_high_usd is not None:
        cost = f"${estimate.cost_low_usd:.4f} to ${estimate.cost_high_usd:.4f}"
    print(f"{estimate.clusters} clusters, {estimate.calls_low} to {estimate.calls_high} calls, {cost}")
    for line in estimate.sent:
        print(f"  {line}")
    return 0


def follow_job(folder: Path, job: str, *, quiet: bool) -> OpinionJob:
    """Wait for the end; Ctrl-C asks the job to stop, and waits for that."""
    told: set[str] = set()
    while True:
        try:
            job_view = opinions.view_job(folder.name, job, folder.parent)
            for notice in job_view.progress.notices:
                if notice not in told and not quiet:
                    print(notice, file=sys.stderr)
                told.add(notice)
            if job_view.progress.state != "running":
                return job_view
            time.sleep(POLL_S)
        except KeyboardInterrupt:
            print("Stopping; what is done is kept.", file=sys.stderr)
            opinions.cancel(folder.name, job, folder.parent)


def _in_words(opinion: Opinion) -> str:
    """A line per cluster: what is agreed on, by how many, and who says otherwise."""
    cluster, consensus = ", ".join(opinion.clusters), opinion.consensus
    if opinion.status != "done" or consensus is None:
        return f"{cluster}: no opinion. {opinion.reason}"
    agreed = everyday_name(consensus.label) if consensus.label else "no type shared by two thirds"
    named = ", ".join(_counted(opinion))
    missing = consensus.asked - consensus.answered
    lost = f", {missing} missing" if missing > 0 else ""
    return f"{cluster}: {agreed} ({consensus.votes} of {consensus.answered} answers{lost}). Said: {named}"


def _counted(opinion: Opinion) -> Sequence[str]:
    labels = [everyday_name(a.label) for a in opinion.answers if a.status == "answered"]
    return [f"{labels.count(label)} x {label}" for label in dict.fromkeys(labels)]
