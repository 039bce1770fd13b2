"""`across RUN_DIR` and `combine RUN_DIR`: the datasets of a run side by side, and as one file."""

from __future__ import annotations

import argparse

from cassia_core.services.across.across_tables import across_csv, counts_across, labels_csv, shares_across
from cassia_core.services.across.labels_across import across as labels_across
from cassia_core.services.across.oddities import oddities

MOST_SHOWN = 30


def across(options: argparse.Namespace) -> int:
    """Types by datasets, and what stands out."""
    folder = options.run_dir.expanduser().resolve()
    found = labels_across(folder.name, folder.parent)
    shares, counts = shares_across(found, options.level), counts_across(found, options.level)
    for dataset in found.datasets:
        row = shares.loc[[dataset]].iloc[0].sort_values(ascending=False)
        told = [f"{name} {share:.0%}" for name, share in row.items() if share > 0]
        print(f"{dataset} ({counts.loc[[dataset]].to_numpy().sum():,}): {', '.join(told)}")
    for name, reason in found.left_out:
        print(f"{name}: left out. {reason}")
    odd = oddities(found, options.level)
    for oddity in odd[:MOST_SHOWN]:
        print(f"  {oddity.in_words}")
    if len(odd) > MOST_SHOWN:
        print(f"  ... and {len(odd) - MOST_SHOWN} more")
    if options.csv:
        options.csv.write_bytes(across_csv(found, options.level))
    if options.labels:
        options.labels.write_bytes(labels_csv(found))
    return 0


def combine(options: argparse.Namespace) -> int:
    """One h5ad of all datasets, or of one tissue."""
    from cassia_core.services.across.combining import combine as combine_cells

    folder = options.run_dir.expanduser().resolve()
    target = options.output.expanduser().resolve() if options.output else None
    made = combine_cells(folder.name, folder.parent, tissue=options.tissue, target=target)
    print(made.path)
    for sentence in made.said:
        print(f"  {sentence}")
    if made.left_out:
        print(f"  Without annotated cells, and left out: {', '.join(made.left_out)}.")
    return 0
