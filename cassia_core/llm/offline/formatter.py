"""The offline engine as formatter: finds the cell types that a free text names and puts them into the
block.
"""

from __future__ import annotations

import re

from cassia_core.domain.tasks import FormatTask
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.scoring.engine import UNKNOWN
from cassia_core.llm.offline.words import block

_DENIED = re.compile(
    r"\b(?:not|no|never|rather than|instead of|unlike|excludes?|excluded|without)\b[^.;]{0,30}$"
)


def format_answer(task: FormatTask) -> str:
    """The types named in the text, the one named last in a concluding position first; "Unknown" without
    any.
    """
    named = _types_named(task.text)
    kb = load_knowledge()
    if not named:
        return "\n\n".join(
            [
                "The text names no cell type that the knowledge base knows.",
                block({"general": UNKNOWN, "subtypes": [], "mixed": [], "key_genes": [], "tissue": ""}),
            ]
        )
    entry = kb.get(named[0])
    above = kb.parent(entry) if entry else None
    return "\n\n".join(
        [
            "Types were read from the text by name.",
            block(
                {
                    "general": above.name if above else named[0],
                    "subtypes": named[:3],
                    "mixed": [],
                    "key_genes": [],
                    "tissue": "",
                }
            ),
        ]
    )


def _types_named(text: str) -> list[str]:
    """Names of knowledge base types in a text, those named most often first, longer names before shorter."""
    counts: dict[str, int] = {}
    for sentence in re.split(r"(?<=[.;:\n])\s*", text):
        plain = f" {normal_form(sentence)} "
        for entry in sorted(load_knowledge().types, key=lambda e: -len(e.name)):
            name = f" {normal_form(entry.name)} "
            at = plain.find(name)
            if at < 0:
                continue
            if not _DENIED.search(plain[:at]):
                counts[entry.name] = counts.get(entry.name, 0) + 1
            plain = plain.replace(name, " ; ")
    return sorted(counts, key=lambda name: (-counts[name], -len(name)))
