"""What a run is expected to cost, and what of it leaves this machine, before it starts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from cassia_core.domain.annotation import Evidence, EvidenceItem, Proposal, names_a_type
from cassia_core.domain.config import OFFLINE, AgentModel, AnnotationParams, RunConfig
from cassia_core.domain.conversation import AgentRole
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene
from cassia_core.domain.tasks import (
    AgentTask,
    AnnotateTask,
    BoostTask,
    MergeTask,
    ReferenceType,
    ScoreTask,
    Setting,
    ValidateTask,
)
from cassia_core.domain.usage import Estimate, known_sum
from cassia_core.llm.catalogue import cost_of, provider_facts
from cassia_core.llm.usage_fields import TokenUsage
from cassia_core.pipeline.annotation.model_calls import PROMPT_OF
from cassia_core.pipeline.annotation.part_context import part_context

CHARACTERS_PER_TOKEN = 3.2
"""Between plain English (about 4) and lists of gene symbols (about 2.5)."""
REPLY_TOKENS: dict[AgentRole, tuple[int, int]] = {
    "annotator": (180, 450),
    "validator": (90, 250),
    "scorer": (60, 150),
    "formatter": (80, 150),
    "booster": (200, 500),
    "merger": (20, 40),
    "comparator": (200, 500),
    "consultant": (60, 300),
    "parts_annotator": (60, 200),
}
"""Fewest and most tokens of a reply of the length that the prompts ask for; of the merger, per cluster."""
THINKING_TOKENS = {None: (0, 0), "low": (100, 1500), "medium": (300, 4000), "high": (1000, 12000)}
"""Hidden reasoning that is billed as output, per call: a rough span, it differs much between models."""
_TYPICAL_REFERENCE = tuple(
    ReferenceType(
        name=f"CD4-positive, alpha-beta T cell {number}",
        kind_of="T cell",
        marked_by=tuple(f"GENE{i}" for i in range(8)),
        against=("GENE8", "GENE9"),
    )
    for number in range(5)
)
"""As many types as a reference has at most."""
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calls:
    """How often a role is asked over the whole run, at least and at most, and the tokens of one request."""

    role: AgentRole
    low: int
    high: int
    input_tokens: int
    per_reply: int = 1


def estimate(config: RunConfig, n_clusters: int, validated: int | None = None) -> Estimate:
    """Calls, tokens and price of `config` over `n_clusters` clusters: if all pass at once, and if none does.

    `validated` is how many of them need the validator at least; None: all. Prices are None as soon as one
    model's price is not known.
    """
    params = config.annotation
    if params is None or n_clusters == 0:
        return Estimate(
            clusters=n_clusters,
            calls_low=0,
            calls_high=0,
            input_tokens_low=0,
            input_tokens_high=0,
            output_tokens_low=0,
            output_tokens_high=0,
            cost_low_usd=0.0,
            cost_high_usd=0.0,
        )
    planned = tuple(
        replace(calls, low=min(calls.low, validated))
        if calls.role == "validator" and validated is not None
        else calls
        for calls in _planned(config, params, n_clusters)
    )
    sums = [[_tokens(params, calls, end) for calls in planned] for end in (0, 1)]
    costs = [[_cost(params, c, t) for c, t in zip(planned, s, strict=True)] for s in sums]
    (in_low, out_low), (in_high, out_high) = (tuple(map(sum, zip(*s, strict=True))) for s in sums)
    low, high = map(known_sum, costs)
    return Estimate(
        clusters=n_clusters,
        calls_low=sum(c.low for c in planned),
        calls_high=sum(c.high for c in planned),
        input_tokens_low=in_low,
        input_tokens_high=in_high,
        output_tokens_low=out_low,
        output_tokens_high=out_high,
        cost_low_usd=low,
        cost_high_usd=high,
        sent=what_is_sent(config),
    )


def _planned(config: RunConfig, params: AnnotationParams, n: int) -> Iterator[_Calls]:
    size = {role: request_tokens(role, task) for role, task in typical_tasks(config)}
    tries, format_ = params.max_attempts, int(params.always_format)
    boost = params.boost == "selective"
    looks = params.boost_rounds if params.boost == "fused" else 0
    own_scorer = params.model_of("scorer") != params.model_of("validator")
    yield _Calls(role="annotator", low=n, high=n * (tries + looks), input_tokens=size["annotator"])
    yield _Calls(role="validator", low=n, high=n * (tries + boost), input_tokens=size["validator"])
    if params.score:  # else it comes with the verdict, unless that reply lacks it
        yield _Calls(role="scorer", low=n * own_scorer, high=n * (1 + boost), input_tokens=size["scorer"])
    if format_:
        yield _Calls(role="formatter", low=n, high=n * tries, input_tokens=400)
    if boost:
        yield _Calls(role="booster", low=0, high=n * params.boost_rounds, input_tokens=size["booster"])
    if params.merge:
        datasets = len(config.datasets)
        per_dataset = math.ceil(n / datasets)
        yield _Calls(
            role="merger",
            low=datasets,
            high=datasets,
            per_reply=per_dataset,
            input_tokens=size["merger"] + 12 * per_dataset,
        )


def _model(params: AnnotationParams, calls: _Calls) -> AgentModel:
    return params.model_of(calls.role)


def _cost(params: AnnotationParams, calls: _Calls, tokens: tuple[int, int]) -> float | None:
    return cost_of(_model(params, calls), TokenUsage(input=tokens[0], output=tokens[1]))


def _tokens(params: AnnotationParams, calls: _Calls, end: int) -> tuple[int, int]:
    if _model(params, calls).provider == OFFLINE:
        return 0, 0
    times = (calls.low, calls.high)[end]
    reply = (
        REPLY_TOKENS[calls.role][end] * calls.per_reply
        + THINKING_TOKENS[_model(params, calls).reasoning][end]
    )
    return times * calls.input_tokens, times * reply


def request_tokens(role: AgentRole, task: AgentTask) -> int:
    """Tokens of the request that a task is rendered to, about."""
    return math.ceil(sum(len(m.content) for m in PROMPT_OF[role](task).messages) / CHARACTERS_PER_TOKEN)


def typical_tasks(config: RunConfig) -> Iterator[tuple[AgentRole, AgentTask]]:
    """Role and task of the usual size, from which the prompts are rendered just as in the run."""
    spec, params = config.datasets[0], config.annotation or AnnotationParams()
    n_genes = max(d.markers.n_genes for d in config.datasets)
    context = max((d.context + part_context(config, d) for d in config.datasets), key=len)
    setting = Setting(species=spec.species, tissue=spec.tissue, context=context)
    genes = tuple(MarkerGene(gene=f"GENE{i % 10}", rank=i + 1) for i in range(n_genes))
    markers = ClusterMarkers(cluster="0", genes=genes)
    proposal = Proposal(
        general="T cell", subtypes=("CD4-positive, alpha-beta T cell",) * 3, key_genes=("GENE1",) * 6
    )
    evidence = Evidence(
        label=proposal.label,
        basis="cells",
        items=tuple(EvidenceItem(gene=f"GENE{i}", kind="supporting") for i in range(8)),
    )
    measured = tuple(
        GeneMeasurement(gene=f"GENE{i}", status="measured_here", pct_in=0.5, pct_out=0.1, log2fc=1.0)
        for i in range(30)
    )
    score = params.score and params.model_of("scorer") == params.model_of("validator")
    common: dict[str, Any] = {"setting": setting, "markers": markers, "n_genes": n_genes}
    judged: dict[str, Any] = {**common, "proposal": proposal, "evidence": evidence}
    grounded = params.use_reference and not params.blind
    shown: dict[str, Any] = {"reference": _TYPICAL_REFERENCE, "measured": measured[:20]} if grounded else {}
    yield "annotator", AnnotateTask(**common, may_ask=params.boost == "fused", **shown)
    yield "validator", ValidateTask(**judged, with_score=score, strictness=params.validator_involvement)
    yield "scorer", ScoreTask(**judged)
    yield "booster", BoostTask(**judged, measured=measured)
    yield "merger", MergeTask(setting=setting, labels=())


def what_is_sent(config: RunConfig) -> tuple[str, ...]:
    """What leaves this machine, a line each; empty when nothing does."""
    params = config.annotation
    if params is None:
        return ()
    roles: tuple[AgentRole, ...] = ("annotator", "validator", "scorer", "booster", "merger")
    receivers = tuple(dict.fromkeys(r for r in (_receiver(params.model_of(role)) for role in roles) if r))
    if not receivers:
        return ()
    most = max(d.markers.n_genes for d in config.datasets)
    lines = [
        f"To {' and '.join(receivers)}:",
        f"names of up to {most} marker genes per cluster",
        "species and tissue as you typed them",
    ]
    if any(d.context for d in config.datasets):
        lines.append("your notes on the experiment, word for word")
    if config.part_of is not None:
        lines.append(
            "that the cells are part of a larger data set"
            + (
                ""
                if params.blind or not any(map(names_a_type, config.part_of.labels))
                else ", and its label for them"
            )
        )
    if params.boost != "off":
        lines.append("for doubtful clusters: share of expressing cells and fold changes of single genes")
    if params.use_reference and not params.blind:
        lines.append("what the marker knowledge base holds on types left open, with values of single genes")
    if params.merge:
        lines.append("the labels found" + ("" if params.blind else ", with the clusters' names"))
    lines.append("Never sent: cells, the expression matrix, file names, metadata columns.")
    return tuple(lines)


def _receiver(model: AgentModel) -> str:
    """Who reads the requests, or "" when they stay on this machine."""
    if model.provider == OFFLINE:
        return ""
    facts = provider_facts(model.provider)
    host = urlsplit(model.base_url or facts.base_url).hostname or ""
    if host in LOCAL_HOSTS:
        return ""
    return f"{facts.title} ({host})" if model.base_url else facts.title
