"""Calls, tokens, connections and wall time of the agents against the stand-in server.

    python -m tests.bench.agents                        speed and thrift
    python -m tests.bench.agents --original PYTHON      the same of the package CASSIA, installed for that
    PYTHON
    python -m tests.bench.agents --faults               the table of docs/FAULTS.md

No assertion on time is made here or in any test: the machine decides.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.annotating import Bench, cluster_of, quick
from tests.contract.test_faults import outcome_table
from tests.model_server import Answer, Asked, ModelServer
from tests.model_server.replies import annotation

LATENCY_S, WORKERS = 0.2, 10
ORIGINAL = {"calls": 3.0, "prompt tokens": 1560.0, "wall": 3.6, "ideal": 2.4, "connections": 120}
"""Figures of the package CASSIA on a stand-in server (40 clusters that pass)."""


def fails_once(asked: Asked, good: str) -> Answer | None:
    if asked.agent == "validator" and asked.times == 1:
        return Answer(text="Go deeper into the subtype: the first markers settle it.\nVALIDATION FAILED")
    return None


def measure(title: str, n_clusters: int, fault: Callable[[Asked, str], Answer | None] | None = None) -> None:
    process = psutil.Process(os.getpid())
    clusters = [cluster_of(str(number)) for number in range(n_clusters)]
    with (
        tempfile.TemporaryDirectory() as folder,
        ModelServer(fault=fault, latency_s=LATENCY_S, keep=False) as server,
        Bench(quick(server, max_workers=WORKERS), Path(folder)) as bench,
    ):
        bench.one(cluster_of("warm-up"))
        server.reset_stats()
        before, begun = process.memory_info().rss, time.perf_counter()
        results = bench.all(clusters)
        wall, grown = time.perf_counter() - begun, process.memory_info().rss - before
        stats = server.stats
    ideal = stats.calls * LATENCY_S / WORKERS
    labelled = sum(r.status == "done" for r in results)
    print(
        f"{title}: {labelled} of {n_clusters} done; {stats.calls / n_clusters:.2f} calls, "
        f"{stats.input_tokens / n_clusters:.0f} prompt and {stats.output_tokens / n_clusters:.0f} reply "
        "tokens "
        "a cluster; "
        f"{wall:.2f} s where {ideal:.2f} s is ideal for these calls (+{wall / ideal - 1:.1%}); "
        f"{stats.connections} new connections; {grown / 1e6:+.1f} MB"
    )


def speed() -> None:
    print(f"{LATENCY_S:.1f} s per call, {WORKERS} workers; a token is four characters.")
    measure("40 clusters that pass", 40)
    measure("200 clusters that pass", 200)
    measure("40 clusters that fail validation once", 40, fails_once)
    print(
        f"The original, 40 clusters that pass: {ORIGINAL['calls']:.2f} calls, "
        f"{ORIGINAL['prompt tokens']:.0f} prompt "
        f"tokens a cluster; {ORIGINAL['wall']} s where {ORIGINAL['ideal']} s is ideal; "
        f"{ORIGINAL['connections']} connections."
    )


ORIGINAL_RUN = """
import sys, time
import pandas as pd
import CASSIA
url, n_clusters, n_genes, workers = sys.argv[1], *map(int, sys.argv[2:])
rows = [(f"c{c}", ",".join(f"C{c}G{g}" for g in range(n_genes))) for c in range(n_clusters)]
CASSIA.set_api_key("none", provider=url)
begun = time.perf_counter()
CASSIA.runCASSIA_batch(marker=pd.DataFrame(rows, columns=["cluster", "marker_genes"]), output_name="original",
                       model="stand-in", tissue="blood", species="human", max_workers=workers,
                       n_genes=n_genes, provider=url, temperature=0)
print("seconds", time.perf_counter() - begun)
"""


def original_reply(asked: Asked) -> str:
    """Replies of the same length as ours, in the form that the original's prompts ask for."""
    user = next(text for role, text in asked.messages if role == "user")
    genes = user.partition("marker list:\n")[2].split(", ")[:5]
    if user.startswith("Please validate"):
        return "The markers carry the answer.\nValidation result: VALIDATION PASSED"
    if genes and genes[0]:
        body = annotation(tuple(genes)).split("```")[0]
        return f"{body}{genes[0]} lineage cell; {genes[0]} cell.\nFINAL ANNOTATION COMPLETED"
    block = {
        "main_cell_type": "some lineage cell",
        "sub_cell_types": ["some cell"],
        "possible_mixed_cell_types": [],
    }
    return f"```json\n{json.dumps(block)}\n```"


def original(python: str) -> None:
    """Run the original on the same clusters, from its own environment."""
    n_clusters = 40
    with (
        tempfile.TemporaryDirectory() as folder,
        ModelServer(original_reply, latency_s=LATENCY_S, keep=False) as server,
    ):
        done = subprocess.run(
            [python, "-c", ORIGINAL_RUN, server.url, str(n_clusters), "50", str(WORKERS)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        stats, ideal = server.stats, server.stats.calls * LATENCY_S / WORKERS
    wall = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("seconds ")]
    if not wall:
        raise SystemExit(f"The original did not run:\n{done.stderr[-2000:]}")
    print(
        f"the original, {n_clusters} clusters that pass: {stats.calls / n_clusters:.2f} calls, "
        f"{stats.input_tokens / n_clusters:.0f} prompt and {stats.output_tokens / n_clusters:.0f} reply "
        "tokens "
        f"a cluster; {float(wall[0]):.2f} s where {ideal:.2f} s is ideal for these calls; "
        f"{stats.connections} connections"
    )


def faults() -> None:
    print("| fault | strikes | format | requests | paid | done | needs review | failed |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for fault, when, wire, requests, paid, statuses in outcome_table(Path(folder)):
            print(
                f"| `{fault}` | {when.replace('_', ' ')} | {wire} | {requests} | {paid} | "
                f"{statuses['done']} | "
                f"{statuses['needs_review']} | {statuses['failed']} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.agents", description=__doc__.splitlines()[0])
    parser.add_argument("--faults", action="store_true", help="print the table of faults and outcomes")
    parser.add_argument(
        "--original", metavar="PYTHON", help="measure the package CASSIA installed for this Python"
    )
    options = parser.parse_args()
    if options.faults:
        faults()
    elif options.original:
        original(options.original)
    else:
        speed()
