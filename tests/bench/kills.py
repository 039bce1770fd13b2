"""Kill the worker at random moments and go on: `python -m tests.bench.kills --times 20`.

Each trial runs 8 clusters against the stand-in server, kills the worker with SIGKILL at a random moment,
resumes, and
compares tables and calls with an unbroken run.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import pandas as pd

from cassia_core.services.runs import runs
from tests.contract.test_resume import LISTS, WORKERS, config, ended, kill_worker, tables, wait
from tests.model_server import ModelServer

LATENCY_S = 0.15


def unbroken(folder: Path, table: Path) -> tuple[pd.DataFrame, int, float]:
    """Tables, calls and seconds of a run that nobody disturbs."""
    with ModelServer(latency_s=LATENCY_S) as server:
        begun = time.monotonic()
        run_id = runs.start_run(config(table, server.url), {}, folder)
        wait(run_id, folder, ended)
        return tables(run_id, folder), server.stats.calls, time.monotonic() - begun


def broken(folder: Path, table: Path, after_calls: int, plus_s: float) -> tuple[pd.DataFrame, int, str]:
    """Tables and calls of a run whose worker is killed `plus_s` seconds after its call number `after_calls`,
    and what
    it was at."""
    with ModelServer(latency_s=LATENCY_S) as server:
        run_id = runs.start_run(config(table, server.url), {}, folder)
        wait(run_id, folder, lambda v: server.stats.calls >= after_calls or ended(v))
        time.sleep(plus_s)
        view = runs.view_run(run_id, folder)
        if ended(view):
            return tables(run_id, folder), server.stats.calls, view.state
        kill_worker(run_id, folder)
        at = f"{view.dataset('lists').finished_clusters} of {len(LISTS)} clusters done"
        wait(run_id, folder, ended)
        runs.resume_run(run_id, {}, folder)
        wait(run_id, folder, lambda v: v.state in runs.ENDED)
        return tables(run_id, folder), server.stats.calls, at


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lists.csv"
        pd.DataFrame({"cluster": LISTS.keys(), "marker_genes": LISTS.values()}).to_csv(table, index=False)
        expected, calls, seconds = unbroken(Path(folder) / "whole", table)
        print(f"unbroken: {calls} calls in {seconds:.1f} s")
        worst, same = 0, 0
        for trial in range(options.times):
            after_calls, plus_s = moments.randint(0, calls), moments.uniform(0, 2 * LATENCY_S)
            got, made, at = broken(Path(folder) / str(trial), table, after_calls, plus_s)
            equal = got.shape == expected.shape and got.compare(expected).empty
            same, worst = same + equal, max(worst, made - calls)
            print(
                f"killed {plus_s:.2f} s after call {after_calls} ({at}): "
                f"{'same result' if equal else 'ANOTHER RESULT'}, "
                f"{made - calls} calls more than unbroken"
            )
        print(f"{same} of {options.times} the same; at most {worst} calls more ({WORKERS} in flight)")


if __name__ == "__main__":
    main()
