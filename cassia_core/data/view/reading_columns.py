"""Names of the columns of `obs` that hold the reading of each cell; no compiled code, pages read them too."""

from __future__ import annotations

READING = "cassia_cell_reading"
"""The kind that a cell is counted with."""
READING_SCORE = "cassia_cell_reading_score"
"""How sure the reading of its small group is, 0 to 1."""
