"""Runs clusters through the agents against the stand-in server, the way a worker does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult, Evidence
from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.domain.events import Event
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene
from cassia_core.domain.tasks import Setting
from cassia_core.domain.usage import CallFault, CallRecord
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, Provider, unheard
from cassia_core.llm.registry import open_providers
from cassia_core.pipeline.annotation.cluster import annotate_cluster
from cassia_core.pipeline.annotation.cluster_case import Checks
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.pipeline.asking.sending import CallReports
from cassia_core.runs.call_log import CallLog
from tests.model_server import ModelServer

HUMAN_BLOOD = Setting(species="human", tissue="blood")
MODEL = "stand-in"


def cluster_of(name: str, genes: Iterable[str] | None = None, n_genes: int = 50) -> ClusterMarkers:
    """Markers of a cluster: the genes given, else genes that no other cluster has."""
    symbols = tuple(genes) if genes else tuple(f"C{name}G{i}" for i in range(n_genes))
    return ClusterMarkers(
        cluster=name,
        n_cells=100,
        genes=tuple(
            MarkerGene(gene=gene, rank=rank, log2fc=3.0, pct_in=0.9, pct_out=0.1)
            for rank, gene in enumerate(symbols, 1)
        ),
    )


def own_label(markers: ClusterMarkers) -> str:
    """The label that the stand-in server gives to a cluster of made-up genes."""
    return f"{markers.genes[0].gene} cell"


class NothingMeasured:
    """An expression source that knows the listed genes only."""

    basis = "markers"

    def __init__(self, known: Iterable[GeneMeasurement] = ()) -> None:
        self._known = {value.gene: value for value in known}

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        return tuple(self._known.get(g) or GeneMeasurement(gene=g, status="not_in_table") for g in genes)

    def has_gene(self, gene: str) -> bool:
        return gene in self._known


def no_objection(label: str, *_: object, **__: object) -> Evidence:
    return Evidence(label=label, basis="markers", score=80.0)


LENIENT = Checks(weigh=no_objection, sibling_markers=lambda *_: (), identify=lambda _: None)
"""Checks that find nothing: for tests of the asking, on genes that do not exist."""


def server_model(server: ModelServer, wire: str = "openai", **changes: object) -> AgentModel:
    provider, url = ("anthropic", server.anthropic_url) if wire == "anthropic" else ("custom", server.url)
    return AgentModel(provider=provider, model=MODEL, base_url=url, **changes)


def quick(server: ModelServer, wire: str = "openai", **changes: object) -> AnnotationParams:
    settings = {"max_workers": 10, "first_word_timeout_s": 5.0, **changes}
    return AnnotationParams(annotator=server_model(server, wire), **settings)


@dataclass
class Bench:
    """One run's asker with everything it reports. Closes its clients at the end of the `with` block."""

    params: AnnotationParams
    folder: Path
    providers: dict[AgentModel, Provider] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    checks: Checks = LENIENT
    wait_s: float = 0.01
    stopped: Callable[[], bool] = lambda: False
    earlier: tuple[Path, ...] = ()
    events: list[Event] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    faults: list[CallFault] = field(default_factory=list)
    pauses: list[tuple[str, str]] = field(default_factory=list)
    words: list[tuple[str, str, bool]] = field(default_factory=list)

    def __enter__(self) -> Bench:
        models = [self.params.model_of(r) for r in ("annotator", "validator", "scorer", "booster", "merger")]
        self.providers = self.providers or open_providers(models, self.keys)
        self.log = CallLog(self.folder / "calls.jsonl", earlier=self.earlier)
        self.asker = Asker(
            self.providers,
            self.params,
            self.log,
            self.calls.append,
            self.stopped,
            notice=self.notices.append,
            reports=CallReports(
                words=lambda request, words, thinking: self.words.append((request.cluster, words, thinking)),
                failed=self.faults.append,
                paused=lambda until, why: self.pauses.append((until, why)),
            ),
            wait_s=self.wait_s,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for provider in self.providers.values():
            provider.close()
        self.log.close()

    def one(
        self, markers: ClusterMarkers, setting: Setting = HUMAN_BLOOD, **changes: object
    ) -> ClusterResult:
        arguments = {"expression": NothingMeasured(), **changes}
        return annotate_cluster(
            markers,
            setting=setting,
            params=self.params,
            asker=self.asker,
            dataset="data",
            emit=self.events.append,
            checks=self.checks,
            **arguments,
        )

    def all(self, clusters: Iterable[ClusterMarkers]) -> tuple[ClusterResult, ...]:
        with ThreadPoolExecutor(self.params.max_workers) as pool:
            return tuple(pool.map(self.one, clusters))


class Scripted:
    """A provider without a network that gives prepared replies by role, the last one again and again."""

    def __init__(self, **replies: object) -> None:
        self.replies = {role: list(r) if isinstance(r, list | tuple) else [r] for role, r in replies.items()}
        self.requests: list[ChatRequest] = []

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        self.requests.append(request)
        waiting = self.replies[request.agent]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, ChatResponse):
            return reply
        text = reply(request) if callable(reply) else reply
        return ChatResponse(text=text, input_tokens=100, output_tokens=50, model=request.model)

    def close(self) -> None:
        pass

    def of(self, role: str) -> list[ChatRequest]:
        return [r for r in self.requests if r.agent == role]


def scripted_bench(folder: Path, provider: Scripted, **changes: object) -> Bench:
    """A bench whose every role is answered by `provider`."""
    bench_changes = {k: changes.pop(k) for k in ("checks", "stopped", "earlier") if k in changes}
    model = changes.pop(
        "annotator", AgentModel(provider="custom", model="scripted", base_url="http://localhost:9/v1")
    )
    params = AnnotationParams(annotator=model, **{"max_workers": 1, **changes})
    models = {params.model_of(r) for r in ("annotator", "validator", "scorer", "booster", "merger")}
    return Bench(params, folder, providers=dict.fromkeys(models, provider), **bench_changes)


def timed(work: Callable[[], object]) -> tuple[object, float]:
    begun = time.monotonic()
    return work(), time.monotonic() - begun


def with_state(markers: ClusterMarkers, **changes: object) -> ClusterMarkers:
    return replace(markers, **changes)
