"""JSON schemas of the replies: what a server that can keep a form is asked to keep.

The reasoning comes first, so that a model thinks before it answers. Every field is required and no other
allowed: some servers insist on both.
"""

from __future__ import annotations

from collections.abc import Iterable

Schema = dict[str, object]
_TEXT: Schema = {"type": "string"}
_NAMES: Schema = {"type": "array", "items": {"type": "string"}}


def _object(fields: dict[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": list(fields), "properties": fields}


_ANNOTATION = {"general": _TEXT, "subtypes": _NAMES, "mixed": _NAMES, "key_genes": _NAMES, "tissue": _TEXT}
COPIED_ANNOTATION = _object(_ANNOTATION)
ANNOTATION = _object({"reasoning": _TEXT, **_ANNOTATION})
ANNOTATION_OR_REQUEST = _object(
    {"reasoning": _TEXT, **_ANNOTATION, "hypotheses": _NAMES, "ask_genes": _NAMES}
)
VERDICT = _object({"reasoning": _TEXT, "passed": {"type": "boolean"}})
VERDICT_AND_SCORE = _object({"reasoning": _TEXT, "passed": {"type": "boolean"}, "score": {"type": "number"}})
SCORE = _object({"reasoning": _TEXT, "score": {"type": "number"}})
ANNOTATION_AND_ANSWER = _object({"reasoning": _TEXT, **_ANNOTATION, "answer": _TEXT})
ANNOTATION_ANSWER_OR_REQUEST = _object(
    {"reasoning": _TEXT, **_ANNOTATION, "answer": _TEXT, "hypotheses": _NAMES, "ask_genes": _NAMES}
)
CANDIDATE_SCORES = _object(
    {
        "reasoning": _TEXT,
        "scores": {
            "type": "array",
            "items": _object({"type": _TEXT, "reasoning": _TEXT, "score": {"type": "number"}}),
        },
    }
)
CONSULTATION = _object({"answer": _TEXT, "ask_genes": _NAMES})


def parts_by_id(parts: Iterable[str]) -> Schema:
    """An annotation of every part, by its id."""
    one = _object({"reasoning": _TEXT, "general": _TEXT, "subtypes": _NAMES, "key_genes": _NAMES})
    return _object({"parts": _object(dict.fromkeys(parts, one))})


def groupings(clusters: Iterable[str]) -> Schema:
    """Three names for every cluster, by its id."""
    return _object(dict.fromkeys(clusters, _NAMES))
