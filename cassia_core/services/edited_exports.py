"""Exports made from corrected labels: their names say "edited", and both labels are inside."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cassia_core.data.edited_h5ad import write_edited_h5ad
from cassia_core.report.safe_tables import write_csv
from cassia_core.runs.layout import DatasetLayout
from cassia_core.services import review
from cassia_core.services.results import dataset_layout
from cassia_core.services.runs import find_run

EDITED_TABLE, EDITED_CELLS = "_edited_labels.csv", "_edited_annotated.h5ad"


def rebuild(run_id: str, dataset: str, root: Path | None = None) -> tuple[Path, ...]:
    """Write the edited exports anew from the corrections; without any they are removed.

    Returns
    -------
    tuple of Path
        The files written: a table of all labels, and the annotated cells where there are any.
    """
    _, paths = dataset_layout(find_run(run_id, root), dataset)
    labels = review.labels(run_id, dataset, root)
    if not any(label.edit for label in labels):
        for ending in (EDITED_TABLE, EDITED_CELLS):
            paths.output(ending).unlink(missing_ok=True)
        return ()
    write_csv(paths.output(EDITED_TABLE), _table(labels))
    return (paths.output(EDITED_TABLE), *_cells(paths, labels))


def _table(labels: tuple[review.ReviewedLabel, ...]) -> pd.DataFrame:
    return pd.DataFrame([{
        "cluster": item.cluster, "cell_type": item.label, "cl_id": item.cl_id, "cell_type_before": item.original,
        "edited": item.edited, "action": item.edit.action if item.edit else "",
        "reason": item.edit.reason if item.edit else "", "at": item.edit.at if item.edit else "",
    } for item in labels], dtype=object)


def _cells(paths: DatasetLayout, labels: tuple[review.ReviewedLabel, ...]) -> tuple[Path, ...]:
    if not paths.annotated_h5ad.exists():
        return ()
    write_edited_h5ad(paths.annotated_h5ad, paths.output(EDITED_CELLS),
                      {item.cluster: (item.label, item.cl_id, item.edited) for item in labels})
    return (paths.output(EDITED_CELLS),)
