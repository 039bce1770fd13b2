"""What was seen in the file of a dataset, in a few words of a table."""

from __future__ import annotations

from cassia_core.services.batches.inspecting import Inspected
from cassia_ui.frame.words import cells


def look_in_words(look: Inspected | None) -> str:
    """Whether the file can be used."""
    if look is None:
        return "… looking"
    if look.problem is not None:
        return "▲ Problem"
    return "◐ Question" if look.open_questions else "● Ready"


def what_is_inside(look: Inspected | None) -> str:
    """Cells, clusters and species; or what is wrong."""
    if look is None:
        return ""
    found = look.findings
    if found is None:
        return look.problem.what if look.problem else ""
    clusters = f"{found.n_clusters:,} clusters" if found.n_clusters else ""
    return ", ".join(part for part in (cells(found.n_cells), clusters, found.species) if part)
