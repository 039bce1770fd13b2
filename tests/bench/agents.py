"""Calls, tokens, connections and wall time of the agents against the stand-in server.

    python -m tests.bench.agents             speed and thrift
    python -m tests.bench.agents --faults    the table of docs/FAULTS.md

No assertion on time is made here or in any test: the machine decides.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.annotating import Bench, cluster_of, quick
from tests.contract.test_faults import outcome_table
from tests.model_server import Answer, Asked, ModelServer

LATENCY_S, WORKERS = 0.2, 10
ORIGINAL = {"calls": 3.0, "prompt tokens": 1560.0, "wall": 3.6, "ideal": 2.4, "connections": 120}
"""Figures of the package CASSIA on a stand-in server (40 clusters that pass): CONTRACT, section 5."""


def fails_once(asked: Asked, good: str) -> Answer | None:
    if asked.agent == "validator" and asked.times == 1:
        return Answer(text="Go deeper into the subtype: the first markers settle it.\nVALIDATION FAILED")
    return None


def measure(title: str, n_clusters: int, fault: Callable[[Asked, str], Answer | None] | None = None) -> None:
    process = psutil.Process(os.getpid())
    clusters = [cluster_of(str(number)) for number in range(n_clusters)]
    with tempfile.TemporaryDirectory() as folder, \
            ModelServer(fault=fault, latency_s=LATENCY_S, keep=False) as server, \
            Bench(quick(server, max_workers=WORKERS), Path(folder)) as bench:
        bench.one(cluster_of("warm-up"))
        server.reset_stats()
        before, begun = process.memory_info().rss, time.perf_counter()
        results = bench.all(clusters)
        wall, grown = time.perf_counter() - begun, process.memory_info().rss - before
        stats = server.stats
    ideal = stats.calls * LATENCY_S / WORKERS
    labelled = sum(r.status == "done" for r in results)
    print(f"{title}: {labelled} of {n_clusters} done; {stats.calls / n_clusters:.2f} calls, "
          f"{stats.input_tokens / n_clusters:.0f} prompt and {stats.output_tokens / n_clusters:.0f} reply tokens "
          "a cluster; "
          f"{wall:.2f} s where {ideal:.2f} s is ideal for these calls (+{wall / ideal - 1:.1%}); "
          f"{stats.connections} new connections; {grown / 1e6:+.1f} MB")


def speed() -> None:
    print(f"{LATENCY_S:.1f} s per call, {WORKERS} workers; a token is four characters.")
    measure("40 clusters that pass", 40)
    measure("200 clusters that pass", 200)
    measure("40 clusters that fail validation once", 40, fails_once)
    print(f"The original, 40 clusters that pass: {ORIGINAL['calls']:.2f} calls, {ORIGINAL['prompt tokens']:.0f} prompt "
          f"tokens a cluster; {ORIGINAL['wall']} s where {ORIGINAL['ideal']} s is ideal; "
          f"{ORIGINAL['connections']} connections.")


def faults() -> None:
    print("| fault | strikes | format | requests | paid | done | needs review | failed |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for fault, when, wire, requests, paid, statuses in outcome_table(Path(folder)):
            print(f"| `{fault}` | {when.replace('_', ' ')} | {wire} | {requests} | {paid} | {statuses['done']} | "
                  f"{statuses['needs_review']} | {statuses['failed']} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.agents", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", action="store_true", help="print the table of faults and outcomes")
    faults() if parser.parse_args().faults else speed()
