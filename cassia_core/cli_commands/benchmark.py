"""`benchmark TABLE.csv --output PRED.csv`: any engine on a table of marker lists."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from cassia_core.cli_commands.running import model_of
from cassia_core.services.engine.benchmark import run_benchmark
from cassia_core.services.engine.keys import known_keys


def benchmark(options: argparse.Namespace) -> int:
    """Write the predictions; print the accuracy when the table has gold labels."""
    model = model_of(options)
    with tqdm(unit=" lists", disable=None, file=sys.stderr, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.refresh()

        result = run_benchmark(
            options.table,
            options.output,
            model=model,
            key=known_keys((model.provider,)).get(model.provider),
            max_workers=options.max_workers,
            progress=show,
        )
    print(
        f"{result.n_rows - result.n_failed} of {result.n_rows} lists answered. Predictions: {result.output}"
    )
    for line in result.accuracy.lines() if result.accuracy else ():
        print(line)
    if not result.n_failed:
        return 0
    return 1 if result.n_failed == result.n_rows else 2
