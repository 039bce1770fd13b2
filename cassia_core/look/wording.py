"""The words that pages, figures, tables and reports share: one place, so that all say the same."""

from __future__ import annotations

from cassia_core.domain.annotation import Light
from cassia_core.domain.conversation import AgentRole

NO_LABEL = "No label"
"""Stands where a cluster has no label, or is compared as one."""
LIGHT_WORDS: dict[Light, str] = {
    "high": "High confidence",
    "medium": "Medium confidence",
    "look": "Look at this",
}
"""The three lights in words: how sure the run is of its own label."""
LIGHT_NAMES: dict[Light, str] = {"high": "High", "medium": "Medium", "look": "Look"}
"""The same for narrow columns."""
LIGHT_GLYPHS: dict[Light, str] = {"high": "●", "medium": "◐", "look": "▲"}
NO_LIGHT_GLYPH = "–"
BY_HAND = "Corrected by hand"
"""In the place of a light: the run's confidence and score are of its own label, not of one a person gave."""
BY_HAND_GLYPH = "✎"
AGENT_NAMES: dict[AgentRole, str] = {
    "reference": "Knowledge base",
    "annotator": "Annotator",
    "checks": "Checks",
    "validator": "Validator",
    "formatter": "Formatter",
    "scorer": "Scorer",
    "booster": "Booster",
    "merger": "Merger",
    "comparator": "Comparator",
    "consultant": "Consultant",
    "parts_annotator": "Annotator of parts",
}
