"""Types by datasets as tables: cells or clusters, shares, and every label with its shared name."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from cassia_core.knowledge.naming.lineages import FAMILIES, family_of
from cassia_core.look.wording import NO_LABEL
from cassia_core.report.tables.safe_tables import csv_bytes
from cassia_core.services.across.labels_across import Across, Level


def counts_across(labels: Across, level: Level) -> pd.DataFrame:
    """Cells of every type (columns, kin side by side) in every dataset (rows).

    Clusters are counted for datasets that are tables of markers: these have no cells.
    """
    if not labels.labels:
        return pd.DataFrame()
    frame = pd.DataFrame(
        {
            "dataset": [label.dataset for label in labels.labels],
            "type": [label.at(level) for label in labels.labels],
            "n": [1 if label.n_cells is None else label.n_cells for label in labels.labels],
        }
    )
    table = frame.pivot_table(index="dataset", columns="type", values="n", aggfunc="sum", fill_value=0)
    order = sorted(table.columns, key=lambda name: (name == NO_LABEL, FAMILIES.index(family_of(name)), name))
    table = table.loc[list(labels.datasets), order].astype(int)
    table.columns.name = None
    return table


def shares_across(labels: Across, level: Level) -> pd.DataFrame:
    """The same as shares (0 to 1) of each dataset."""
    counts = counts_across(labels, level)
    return counts.div(counts.sum(axis=1).replace(0, 1), axis=0)


def labels_table(labels: Across) -> pd.DataFrame:
    """A row per cluster: its own label, the shared names, the id of its term."""
    return pd.DataFrame([asdict(label) for label in labels.labels])


def across_csv(labels: Across, level: Level) -> bytes:
    """Types by datasets as a CSV file, with the tissue of each dataset."""
    tissues = {label.dataset: label.tissue for label in labels.labels}
    table = counts_across(labels, level).reset_index()
    if len(table):
        table.insert(1, "tissue", table["dataset"].map(tissues))
    return csv_bytes(table)


def labels_csv(labels: Across) -> bytes:
    """Every label with its shared names as a CSV file."""
    return csv_bytes(labels_table(labels))
