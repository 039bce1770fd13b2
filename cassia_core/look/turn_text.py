"""How the words of a turn are shown to people: without machine blocks, and cut at the genes that they
name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

VERDICT_LINES = ("VALIDATION PASSED", "VALIDATION FAILED")
_FIELDS = {
    "general": "General type",
    "subtypes": "Detailed, most likely first",
    "mixed": "May be mixed",
    "key_genes": "Key genes",
    "ask_genes": "Asks to look up",
    "hypotheses": "Hypotheses",
    "score": "Score",
    "answer": "Answer",
}
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]|[A-Za-z]")


def readable(text: str) -> str:
    """The words of a turn: its JSON block as reasoning and a short list, its verdict line left out (the
    outcome says it).
    """
    before, block, after = _parts(text)
    lines = [
        line
        for line in f"{before.rstrip()}\n{after.strip()}".splitlines()
        if line.strip() not in VERDICT_LINES
    ]
    return "\n".join([*lines, *_block_lines(block, with_reasoning=not "".join(lines).strip())]).strip()


def repeated(texts: Sequence[str]) -> list[int | None]:
    """For each text the place of an earlier one that is the same word for word; None without one."""
    first: dict[str, int] = {}
    return [place if (place := first.setdefault(text, at)) != at else None for at, text in enumerate(texts)]


def _parts(text: str) -> tuple[str, str, str]:
    """What stands before the block, the block, and what stands after it. A reply may be its block alone."""
    if text.lstrip().startswith("{"):
        return "", text.strip(), ""
    before, _, rest = text.partition("```")
    block, _, after = rest.partition("```")
    return before, block.removeprefix("json").strip(), after


def _block_lines(block: str, *, with_reasoning: bool) -> list[str]:
    try:
        content = json.loads(block) if block else {}
    except ValueError:
        return [block]
    if not isinstance(content, dict):
        return [block]
    reasoning = content.get("reasoning")
    said = [reasoning.strip()] if with_reasoning and isinstance(reasoning, str) else []
    return said + [
        f"{title}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for field, title in _FIELDS.items()
        if (value := content.get(field)) or value == 0
    ]


def cut_at_genes(text: str, genes: frozenset[str]) -> list[tuple[str, bool]]:
    """`text` in pieces, in order and complete; True marks a piece that is one of `genes` as a whole word."""
    pieces: list[tuple[str, bool]] = []
    last = 0
    for match in _WORD.finditer(text):
        if match.group() in genes:
            pieces += [(text[last : match.start()], False), (match.group(), True)]
            last = match.end()
    return [piece for piece in (*pieces, (text[last:], False)) if piece[0]]
