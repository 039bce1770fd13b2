"""A server that answers one question at a time: are clusters lost, and how long does it take?

`python -m tests.bench.real_model.one_at_a_time [--seconds 40] [--clusters 8] [--workers 10]`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.annotating import Bench, cluster_of, quick
from tests.model_server import ModelServer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="that each answer takes")
    parser.add_argument("--clusters", type=int, default=8)
    parser.add_argument("--workers", type=int, default=10)
    options = parser.parse_args()
    clusters = [cluster_of(str(number)) for number in range(options.clusters)]
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        ModelServer(latency_s=options.seconds, at_a_time=1) as server,
        Bench(
            quick(server, boost="off", max_workers=options.workers, first_word_timeout_s=None),
            Path(folder),
            wait_s=1.0,
        ) as bench,
    ):
        results = bench.all(clusters)
    wall, total = time.monotonic() - begun, server.stats.calls * options.seconds
    print(f"{server.stats.calls} calls of {options.seconds:g} s, one at a time: {total:.0f} s in all")
    states = dict(Counter(r.status for r in results))
    print(f"wall time {wall:.0f} s, {wall / total:.3f} times the sum; states {states}")
    print(
        f"calls that failed: {len(bench.faults)}; at most {server.stats.most_at_once} at the server at once"
    )


if __name__ == "__main__":
    main()
