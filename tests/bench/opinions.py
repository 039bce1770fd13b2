"""Asking again about 40 clusters against the stand-in server: wall time, and what stopping early saves.

    python -m tests.bench.opinions

A stand-in answers 60 % one type, 30 % a kind of it, 10 % another type; one reply in ten cannot be read. The
counted votes are compared with a count by hand, and the result of stopping early with that of all answers.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from cassia_core.data.tables.marker_expression import MarkerExpression
from cassia_core.domain.annotation import ClusterResult, Proposal, Verdict
from cassia_core.domain.config import AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.markers import ClusterMarkers, MarkerTable
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.llm.registry import open_providers
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.pipeline.asking import sending
from cassia_core.pipeline.opinions.asking_again import ask_again
from cassia_core.pipeline.opinions.opinion_job import JobContext, JobProgress, ask_all, params_for
from cassia_core.pipeline.opinions.reopening import Reopened
from cassia_core.runs.call_log import CallLog
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.opinion_log import read_opinions
from tests.annotating import HUMAN_BLOOD, cluster_of, server_model
from tests.model_server import Answer, Asked, ModelServer

CLUSTERS, LATENCY_S, WORKERS = 40, 0.2, 10
BROAD, KIND, OTHER = "T cell", "CD4-positive, alpha-beta T cell", "B cell"
COLUMNS = ["cluster", "gene", "log2fc", "pval_adj", "pct_in", "pct_out"]
T_GENES = ("CD3D", "CD3E", "CD3G", "TRAC", "IL7R", "CD4", "LTB", "LEF1", "TCF7", "CCR7")
"""Genes that bear the most frequent answers out, so that these go through the whole protocol."""
SHARES, BROKEN = (0.6, 0.3, 0.1), 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What asking all clusters again took and gave."""

    opinions: dict[str, Opinion]
    calls: int
    wall_s: float


def drawn(cluster: str, time_asked: int, broken: float) -> str:
    """The answer of the stand-in to one repetition, always the same; "" for one that cannot be read."""
    draw = random.Random(f"{cluster} {time_asked}")
    if draw.random() < broken:
        return ""
    return draw.choices((BROAD, KIND, OTHER), SHARES)[0]


def replies(broken: float):
    def fault(asked: Asked, good: str) -> Answer | None:
        if asked.agent != "annotator":
            return None
        label = drawn(asked.markers[0], asked.times, broken)
        if not label:
            return Answer(text="I would rather not say.")
        block = {"reasoning": "", "general": label, "subtypes": [], "key_genes": list(asked.markers[:4])}
        return Answer(text=json.dumps(block))

    return fault


def markers_of(cluster: str) -> ClusterMarkers:
    """Markers of T cells behind a gene that no other cluster has."""
    return cluster_of(cluster, (f"C{cluster}G0", *T_GENES))


def first(cluster: str) -> ClusterResult:
    genes = markers_of(cluster).symbols(50)
    label = drawn(genes[0], 0, 0.0)
    return ClusterResult(
        cluster=cluster,
        status="done",
        proposal=Proposal(general=label),
        verdict=Verdict(passed=True),
        markers=genes,
    )


def ask(times: int, *, early: bool, broken: float, latency_s: float = LATENCY_S) -> Asking:
    ids = [str(number) for number in range(CLUSTERS)]
    with (
        tempfile.TemporaryDirectory() as folder,
        ModelServer(fault=replies(broken), latency_s=latency_s, keep=False) as server,
        ThreadPoolExecutor(WORKERS) as pool,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sending, "NEAR_AT_ONCE", None)  # as a provider far away: all workers at once
        model = server_model(server)
        params = AnnotationParams(annotator=model, max_workers=WORKERS, max_attempts=1)
        spec = DatasetSpec(name="bench", path="/none")
        config = RunConfig(datasets=(spec,), annotation=params)
        layout = RunLayout(root=Path(folder))
        request = OpinionRequest(
            dataset="bench",
            clusters=tuple(ids),
            id="job",
            models=(model,),
            times=times,
            stop_early=early,
            max_workers=WORKERS,
        )
        asked = params_for(config, request, model)
        log = CallLog(layout.calls)
        asker = Asker(open_providers((model,), {}), asked, log, lambda call: None, lambda: False)
        context = JobContext(
            layout=layout,
            config=config,
            spec=spec,
            paths=layout.dataset(0, spec),
            request=request,
            data=Reopened(
                setting=HUMAN_BLOOD,
                table=MarkerTable(clusters=tuple(markers_of(name) for name in ids)),
                expression=MarkerExpression(pd.DataFrame(columns=COLUMNS)),
                contrasts={},
                results={name: first(name) for name in ids},
            ),
            asker=asker,
            askers={model: asker.asking(asked)},
            pool=pool,
            progress=JobProgress(layout, request),
        )
        begun = time.perf_counter()
        ask_all(context, ask_again)
        wall = time.perf_counter() - begun
        log.close()
        found = {opinion.clusters[0]: opinion for opinion in read_opinions(context.paths)}
        return Asking(opinions=found, calls=server.stats.calls, wall_s=wall)


def by_hand(opinion: Opinion) -> tuple[int, int, int, int]:
    """Answers that came; of these, those for the broad type, its kind, the other type."""
    labels = [answer.label for answer in opinion.answers if answer.status == "answered"]
    return (
        len(labels),
        sum(label in (BROAD, KIND) for label in labels),
        labels.count(KIND),
        labels.count(OTHER),
    )


def counted(opinion: Opinion) -> tuple[int, int, int, int]:
    found = opinion.consensus
    votes = {level.name: level.votes for level in found.levels} if found else {}
    answered = found.answered if found else 0
    return (answered, votes.get(BROAD, 0), votes.get(KIND, 0), votes.get(OTHER, 0))


def agreed(asking: Asking) -> dict[str, str]:
    return {name: o.consensus.label if o.consensus else "" for name, o in asking.opinions.items()}


def main() -> None:
    ask(2, early=False, broken=0.0)  # loads the knowledge base
    for broken, title in ((BROKEN, "one reply in ten broken"), (0.0, "none broken")):
        for times in (5, 10):
            whole = ask(times, early=False, broken=broken)
            stopped = ask(times, early=True, broken=broken)
            ideal = whole.calls * LATENCY_S / WORKERS
            right = sum(by_hand(o) == counted(o) for o in whole.opinions.values())
            new = sum(len(o.answers) - 1 for o in whole.opinions.values())
            kept = sum(len(o.answers) - 1 for o in stopped.opinions.values())
            same = sum(agreed(whole)[name] == label for name, label in agreed(stopped).items())
            print(f"{times} answers, {title}: {right} of {CLUSTERS} clusters counted as by hand")
            print(f"  wall {whole.wall_s:.2f} s, {whole.wall_s / ideal:.2f} times the ideal of {ideal:.2f} s")
            calls = stopped.calls, whole.calls
            print(
                f"  stopping early asks for {kept} of {new} new answers with {calls[0]} of {calls[1]} calls:"
            )
            print(
                f"  {1 - calls[0] / calls[1]:.0%} of the calls saved; {same} of {CLUSTERS} results the same"
            )


if __name__ == "__main__":
    main()
