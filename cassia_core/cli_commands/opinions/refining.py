"""`candidates`, `look` and `ask`: a further opinion on one cluster of a finished run."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from cassia_core.cli_commands.opinions.asking_again import EXIT_OF_STATE, follow_job, model_named
from cassia_core.cli_commands.running import dataset_of_run
from cassia_core.domain.annotation import Evidence
from cassia_core.domain.opinions.closer_look import CloserLook
from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.opinions import opinions
from cassia_core.services.runs import runs


def candidates(options: argparse.Namespace) -> int:
    """Compare types for a cluster; print the scores, the evidence and what is agreed on."""
    return _asked(options, kind="comparison", candidates=tuple(options.types), rounds=options.rounds)


def look(options: argparse.Namespace) -> int:
    """Look closer at a cluster; print the labels before and after."""
    return _asked(
        options,
        kind="closer_look",
        question=options.question,
        strategy=options.strategy,
        rounds=options.rounds,
    )


def ask(options: argparse.Namespace) -> int:
    """Put a question; print the answer and what was looked up for it."""
    return _asked(options, kind="question", question=options.question)


def _asked(options: argparse.Namespace, **what: Any) -> int:
    folder = options.run_dir.expanduser().resolve()
    config = runs.load_config(folder.name, folder.parent)
    request = OpinionRequest(
        dataset=dataset_of_run(options.dataset, config, folder),
        clusters=(options.cluster,),
        models=tuple(model_named(text, config, options.base_url) for text in options.models),
        max_cost_usd=options.max_cost,
        max_tokens_total=options.max_tokens,
        **what,
    )
    asked = {model.provider for model in (*request.models, *config.models())}
    job = opinions.start(folder.name, request, known_keys(tuple(asked)), folder.parent)
    ended = follow_job(folder, job, quiet=options.quiet)
    given = [
        opinion
        for opinion in opinions.list_opinions(folder.name, request.dataset, root=folder.parent)
        if opinion.job == job
    ]
    for opinion in given:
        print(_in_words(opinion))
    if ended.progress.problem:
        print(ended.progress.problem, file=sys.stderr)
    done = bool(given) and all(opinion.status == "done" for opinion in given)
    return EXIT_OF_STATE.get(ended.progress.state, 2) if done else 1


def _in_words(opinion: Opinion) -> str:
    if opinion.status != "done":
        return f"{opinion.clusters[0]}: no opinion. {opinion.reason}"
    if opinion.comparison is not None:
        return _scores(opinion.comparison)
    if opinion.closer_look is not None:
        return _before_and_after(opinion.closer_look)
    return opinion.consultation.answer if opinion.consultation is not None else opinion.reason


def _scores(comparison: Comparison) -> str:
    """A line per type with the score of each model and of the data, then what is agreed on."""
    lines = []
    evidence = {entry.label: entry for entry in comparison.evidence}
    for candidate in comparison.candidates:
        given = [
            f"{row.model} {score.score:.0f}"
            for row in comparison.standing()
            for score in row.scores
            if score.type == candidate and score.score is not None
        ]
        lines.append(
            f"{candidate}: {', '.join(given) or 'no score'}; data {_points(evidence.get(candidate))}"
        )
    verdict = comparison.verdict()
    if verdict.type and verdict.answered == 1:
        lines.append(f"Scores highest: {verdict.type}. One model alone is no agreement.")
    else:
        agreed = f"Agreed on: {verdict.type} ({verdict.votes} of {verdict.answered})"
        lines.append(agreed if verdict.type else "No agreement.")
    return "\n".join(lines)


def _points(evidence: Evidence | None) -> str:
    return f"{evidence.score:.0f}" if evidence is not None and evidence.score is not None else "not known"


def _before_and_after(look_taken: CloserLook) -> str:
    lines = [
        f"before: {look_taken.before.label}",
        f"after: {look_taken.after.label}",
        look_taken.boost.reason,
    ]
    return "\n".join(line for line in (*lines, look_taken.answer) if line)
