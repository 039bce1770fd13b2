"""The parts of a cluster as the original's table of sub-clusters, by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cassia_core.domain.annotation import ClusterResult
from cassia_core.report.html.plain_page import write_table_page
from cassia_core.report.tables.safe_tables import write_csv


def parts_table(rows: Sequence[ClusterResult]) -> pd.DataFrame:
    """A row per part: `Result ID` (the part's own id), `main_cell_type`, `sub_cell_type`, `key_markers`,
    `reason`; a part without an answer has the reason why.
    """
    return pd.DataFrame([_row(row) for row in rows], dtype=object)


def write_parts(rows: Sequence[ClusterResult], target: Path, *, page: bool) -> pd.DataFrame:
    """Write `{target}.csv`, and `{target}.html` where a page is wanted. Returns the table."""
    table = parts_table(rows)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_csv(target.with_name(f"{target.name}.csv"), table)
    if page:
        write_table_page(target.with_name(f"{target.name}.html"), "Parts", table)
    return table


def _row(row: ClusterResult) -> dict[str, object]:
    proposal = row.proposal
    return {
        "Result ID": row.cluster,
        "main_cell_type": proposal.general if proposal else "",
        "sub_cell_type": proposal.subtypes[0] if proposal and proposal.subtypes else "",
        "key_markers": ", ".join(proposal.key_genes) if proposal else "",
        "reason": proposal.reasoning if proposal else row.reason,
    }
