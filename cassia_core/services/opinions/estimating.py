"""What a job of further opinions is expected to cost, before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.usage import Estimate
from cassia_core.knowledge.naming.consensus import fewest_to_settle
from cassia_core.pipeline.estimate import estimate
from cassia_core.pipeline.opinions.asking_again import Place, places_of
from cassia_core.pipeline.opinions.look_estimate import estimate_looks
from cassia_core.pipeline.opinions.opinion_job import params_for
from cassia_core.runs.store import find_dataset
from cassia_core.services.opinions.opinions import prepared
from cassia_core.services.runs import runs

_ANY_TYPE = "T cell"
"""Stands for whatever answers agree on."""


def estimate_opinions(run_id: str, request: OpinionRequest, root: Path | None = None) -> Estimate:
    """Calls, tokens and price range of a request.

    For votes, the low end is that of answers that agree and are settled early; the high end that of answers
    that all have to be asked for, each after all its rounds, and of a discussion between several models. The
    answer that the run holds already costs nothing. For other kinds see
    `pipeline.opinions.look_estimate.estimate_looks`.

    Raises
    ------
    ConfigError
        When the request cannot be fulfilled.
    """
    ready = prepared(run_id, request, root)
    config = runs.load_config(run_id, root)
    spec, _ = find_dataset(runs.find_run(run_id, root), request.dataset)
    if ready.kind not in ("repeat", "several"):
        return estimate_looks(config, spec, ready)
    places = places_of(ready, config.annotator)
    own = Place(model=config.annotator, repetition=1)
    left = [place.model for place in places if place != own]
    had = [_ANY_TYPE] * (len(places) - len(left))
    fewest = max(fewest_to_settle(had, len(left)), min(len(ready.models) - len(had), len(left)))
    talk = len(ready.models) > 1 and ready.discuss
    n, sums = len(ready.clusters), []
    for model in ready.models:
        low, high = left[:fewest].count(model), left.count(model) + talk
        one = replace(config, datasets=(spec,), annotation=params_for(config, ready, model), replay_from="")
        # Answers that agree are validated once, and those that agree with the run not at all.
        first = 0 if had and model == config.annotator else 1
        sums.append((estimate(one, n * low, validated=n * min(low, first)), estimate(one, n * high)))
    return _added(sums, n)


def _added(parts: list[tuple[Estimate, Estimate]], n_clusters: int) -> Estimate:
    low, high = [part[0] for part in parts], [part[1] for part in parts]
    costs = [[e.cost_low_usd for e in low], [e.cost_high_usd for e in high]]
    cheap, dear = (None if None in side else sum(cost for cost in side if cost is not None) for side in costs)
    sent = tuple(dict.fromkeys(line for e in high for line in e.sent))
    return Estimate(
        clusters=n_clusters,
        calls_low=sum(e.calls_low for e in low),
        calls_high=sum(e.calls_high for e in high),
        input_tokens_low=sum(e.input_tokens_low for e in low),
        input_tokens_high=sum(e.input_tokens_high for e in high),
        output_tokens_low=sum(e.output_tokens_low for e in low),
        output_tokens_high=sum(e.output_tokens_high for e in high),
        cost_low_usd=cheap,
        cost_high_usd=dear,
        sent=sent,
    )
