"""Ends for texts and lists of a form: a small model that is held to a form may else never leave a list.

Servers of one's own (llama.cpp, vLLM, LM Studio, Ollama) keep them. Hosted ones, whose models end by
themselves, are not sent any: some refuse a form that has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_ITEMS = 20
LONGEST_REASONING, LONGEST_NAME = 1600, 240
"""Characters. Instructions ask for 150 words of reasoning. A name that is cut off here is longer than any
that is read (200), so half a name never passes for one.
"""


def with_ends(schema: Mapping[str, Any], field: str = "") -> dict[str, Any]:
    """The same form with a longest text and a longest list everywhere.

    Parameters
    ----------
    schema
        A JSON schema.
    field
        Name of the field that it describes.
    """
    ended = dict(schema)
    match schema.get("type"):
        case "object" if "properties" in schema:
            fields = schema["properties"].items()
            ended["properties"] = {name: with_ends(inner, name) for name, inner in fields}
        case "array":
            ended |= {"items": with_ends(schema["items"]), "maxItems": MOST_ITEMS}
        case "string":
            ended["maxLength"] = LONGEST_REASONING if field == "reasoning" else LONGEST_NAME
    return ended
