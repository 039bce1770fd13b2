"""From a free label to the knowledge base entry that is to be weighed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.ontology import ancestors, find_term

FARTHEST = 4
"""Steps up the ontology within which an ancestor's entry still speaks for a label."""
_STATE_WORDS = re.compile(
    r"\b(?:cycling|proliferating|activated|stressed|dividing|mitotic|interferon[- ]stimulated|ifn[- "
    r"]stimulated|"
    r"possible|possibly|malignant|tumou?r|cancerous|human|mouse|murine|-like|like)\b",
    re.IGNORECASE,
)

_TAIL = re.compile(r"\b(?:with|expressing|in|from|of|near|like|and|or|versus|vs)\b|[;:]", re.IGNORECASE)
_NO_TYPE = (
    "",
    "cell",
    "unknown",
    "progenitor",
    "stem cell",
    "precursor",
    "neural cell",
    "positive",
    "negative",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A label and the entry it is read as; `exact` False when an ancestor's or a plainer entry stands in for
    it.
    """

    label: str
    entry: CellTypeEntry
    exact: bool


@cache
def read_label(label: str) -> Labelled | None:
    """The entry that a label means: by name, by ontology, by the nearest ancestor; else by its head words.

    Head words are the longest known name at the end of the label, before "with", "in" and the like and
    without words
    of states: "activated TREM2+ macrophages in plaques" is read as macrophage.
    """
    kb = load_knowledge()
    if entry := kb.get(label):
        return Labelled(label=label, entry=entry, exact=True)
    if term := find_term(label):
        if entry := kb.get(term.cl_id):
            return Labelled(label=label, entry=entry, exact=True)
        for above, steps in ancestors(term.cl_id).items():
            if steps <= FARTHEST and (entry := kb.get(above)):
                return Labelled(label=label, entry=entry, exact=False)
    if entry := _by_head_words(label):
        return Labelled(label=label, entry=entry, exact=False)
    return None


def _by_head_words(label: str) -> CellTypeEntry | None:
    head = _TAIL.split(_STATE_WORDS.sub(" ", re.sub(r"\([^)]*\)", " ", label)), maxsplit=1)[0]
    words = normal_form(head).split()
    for start in range(len(words)):
        name = " ".join(words[start:])
        if name in _NO_TYPE:
            break
        if entry := load_knowledge().get(name):
            return entry
        if (term := find_term(name)) and (entry := load_knowledge().get(term.cl_id)):
            return entry
    return None
