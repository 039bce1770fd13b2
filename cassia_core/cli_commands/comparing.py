"""The command that compares two runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from cassia_core.errors import ConfigError
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.runs import run_comparison, runs
from cassia_core.services.runs.run_comparison import AGREEMENTS, RunComparison, Side

MOST_SHOWN = 30


def compare(options: argparse.Namespace) -> int:
    """`compare RUN_DIR RUN_DIR`: 0 compared, 1 the labels cannot be compared."""
    one = _side(options.first, options.dataset)
    other = _side(options.second, options.other_dataset or options.dataset)
    comparison = run_comparison.compare_runs(one, other)
    if comparison.basis == "none":
        print(f"The labels cannot be compared. {comparison.refusal}")
    else:
        _print_agreement(comparison)
        _print_changes(comparison)
        if options.csv:
            options.csv.write_bytes(run_comparison.comparison_csv(comparison))
            print(f"Table of all pairs: {options.csv}")
    _print_setup(comparison)
    return 1 if comparison.basis == "none" else 0


def _side(folder: Path, dataset: str | None) -> Side:
    """The dataset named, or the only one of the run.

    Raises
    ------
    ConfigError
        When the run has several and none of them is named.
    """
    path = folder.expanduser().resolve()
    names = [spec.name for spec in runs.load_config(path.name, path.parent).datasets]
    if len(names) > 1 and dataset not in names:
        raise ConfigError(
            f"The run {path.name} has {len(names)} datasets.",
            f"They are: {', '.join(names)}.",
            "Name one with --dataset (and --other-dataset for the second run).",
        )
    return Side(run_id=path.name, dataset=dataset if dataset in names else names[0], root=path.parent)


def _print_agreement(comparison: RunComparison) -> None:
    unit = comparison.basis
    print(
        f"{comparison.n_compared:,} {unit} compared, {comparison.only_one:,} in the first run only, "
        f"{comparison.only_other:,} in the second only"
    )
    for agreement, words in AGREEMENTS.items():
        if n := comparison.count(agreement):
            print(f"  {words}: {n:,} ({n / comparison.n_compared:.1%})")
    if comparison.adjusted_rand is not None:
        print(f"  Adjusted Rand index of the clusterings: {comparison.adjusted_rand:.3f}")


def _print_changes(comparison: RunComparison) -> None:
    changed = comparison.changed()
    for pair in changed[:MOST_SHOWN]:
        print(
            f"  {pair.one.cluster}: {pair.one.label or NO_LABEL.lower()} -> {pair.other.cluster}: "
            f"{pair.other.label or NO_LABEL.lower()} ({AGREEMENTS[pair.agreement].lower()}, {pair.n:,} "
            f"{comparison.basis})"
        )
    if len(changed) > MOST_SHOWN:
        print(f"  ... and {len(changed) - MOST_SHOWN} more; --csv FILE writes all of them")


def _print_setup(comparison: RunComparison) -> None:
    for difference in comparison.differences:
        print(f"{difference.what}: {difference.one} -> {difference.other}")
    for word, usage in zip(("First", "Second"), comparison.spent, strict=True):
        cost = f"${usage.cost_usd:.4f}"
        unknown = f", of which {usage.unpriced_calls:,} of unknown price" if usage.unpriced_calls else ""
        print(f"{word} run: {usage.total_tokens:,} tokens, {usage.calls:,} calls{unknown}, known cost {cost}")
