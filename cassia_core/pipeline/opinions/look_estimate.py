"""What comparing, looking closer and asking a question are expected to cost, before they start."""

from __future__ import annotations

from dataclasses import replace

from cassia_core.domain.config import OFFLINE, AgentModel, DatasetSpec, RunConfig
from cassia_core.domain.conversation import AgentRole
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.tasks import AgentTask, CompareTask, ConsultTask, Setting
from cassia_core.domain.usage import Estimate, known_sum
from cassia_core.llm.catalogue import cost_of
from cassia_core.llm.usage_fields import TokenUsage
from cassia_core.pipeline.estimate import (
    REPLY_TOKENS,
    THINKING_TOKENS,
    request_tokens,
    typical_tasks,
    what_is_sent,
)
from cassia_core.pipeline.opinions.consulting import MOST_LOOKS
from cassia_core.pipeline.opinions.opinion_job import params_for

Calls = dict[AgentRole, tuple[int, int]]
"""Fewest and most calls of each role, for one cluster and one model."""


def estimate_looks(config: RunConfig, spec: DatasetSpec, request: OpinionRequest) -> Estimate:
    """Calls, tokens and price range of a comparison, a closer look or a question over its clusters.

    The low end is that of first replies that settle it, the high end that of every round used and every reply
    asked for twice. Prices are None as soon as one model's price is not known.
    """
    parts = [_of_model(config, spec, request, model) for model in request.models]
    n = len(request.clusters)
    low, high = ([part[end] for part in parts] for end in (0, 1))
    sent = [line for model in request.models for line in _sent(config, spec, request, model)]
    return Estimate(
        clusters=n,
        calls_low=n * sum(part.calls for part in low),
        calls_high=n * sum(part.calls for part in high),
        input_tokens_low=n * sum(part.tokens.input for part in low),
        input_tokens_high=n * sum(part.tokens.input for part in high),
        output_tokens_low=n * sum(part.tokens.output for part in low),
        output_tokens_high=n * sum(part.tokens.output for part in high),
        cost_low_usd=known_sum(None if p.cost is None else n * p.cost for p in low),
        cost_high_usd=known_sum(None if p.cost is None else n * p.cost for p in high),
        sent=tuple(dict.fromkeys(sent)),
    )


class _Part:
    """What one model is asked about one cluster, at one end of the range."""

    def __init__(self, model: AgentModel, calls: int, tokens: TokenUsage) -> None:
        self.calls, self.tokens = calls, tokens
        self.cost = cost_of(model, tokens)


def calls_per_cluster(request: OpinionRequest) -> Calls:
    """How often each role of one model is asked about one cluster."""
    if request.kind == "comparison":
        rounds = request.rounds if request.discuss and len(request.models) > 1 else 0
        return {"comparator": (1, 2 * (1 + rounds))}
    if request.kind == "question":
        return {"consultant": (1, 2 * (1 + MOST_LOOKS))}
    return {"booster": (1, 2 * max(request.rounds, 1)), "validator": (1, 2), "scorer": (0, 2)}


def _of_model(
    config: RunConfig, spec: DatasetSpec, request: OpinionRequest, model: AgentModel
) -> tuple[_Part, _Part]:
    tasks = dict(_tasks(config, spec, request))
    ends = []
    for end in (0, 1):
        calls = {role: times[end] for role, times in calls_per_cluster(request).items()}
        offline = model.provider == OFFLINE
        sent = sum(n * request_tokens(role, tasks[role]) for role, n in calls.items())
        thinking = THINKING_TOKENS[model.reasoning][end]
        said = sum(n * (REPLY_TOKENS[role][end] + thinking) for role, n in calls.items())
        tokens = TokenUsage(input=0 if offline else sent, output=0 if offline else said)
        ends.append(_Part(model, sum(calls.values()), tokens))
    return ends[0], ends[1]


def _tasks(
    config: RunConfig, spec: DatasetSpec, request: OpinionRequest
) -> tuple[tuple[AgentRole, AgentTask], ...]:
    """A task of the usual size for every role."""
    setting = Setting(species=spec.species, tissue=spec.tissue, context=spec.context)
    n_genes = spec.markers.n_genes
    genes = tuple(MarkerGene(gene=f"GENE{i % 10}", rank=i + 1) for i in range(n_genes))
    markers = ClusterMarkers(cluster="0", genes=genes)
    measured = tuple(
        GeneMeasurement(gene=f"GENE{i}", status="measured_here", pct_in=0.5, pct_out=0.1, log2fc=1.0)
        for i in range(20)
    )
    compare = CompareTask(
        setting=setting, markers=markers, candidates=request.candidates, measured=measured, n_genes=n_genes
    )
    consult = ConsultTask(
        setting=setting, markers=markers, question=request.question, measured=measured, n_genes=n_genes
    )
    own = replace(config, datasets=(spec,))
    return (*typical_tasks(own), ("comparator", compare), ("consultant", consult))


def _sent(
    config: RunConfig, spec: DatasetSpec, request: OpinionRequest, model: AgentModel
) -> tuple[str, ...]:
    """What leaves this machine for one model, a line each."""
    params = params_for(config, request, model)
    lines = what_is_sent(replace(config, datasets=(spec,), annotation=params))
    if not lines:
        return ()
    own = {
        "comparison": "the candidates that you chose, with values measured of single genes",
        "closer_look": "your question, the label, and values measured of single genes",
        "question": "your question, the label, and values measured of single genes",
    }
    return (*lines[:-1], own[request.kind], lines[-1])
