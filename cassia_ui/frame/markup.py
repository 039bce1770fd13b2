"""Text of people and models made safe for Markdown and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from cassia_core import persons
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.own_files import without_paths

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]|[A-Za-z]")


def plain(text: str) -> str:
    """`text` so that Markdown shows it as it is: no link, no picture, no formula, no HTML.

    On a shared server also without the folders of the server.
    """
    shown = without_paths(str(text)) if persons.is_shared() else str(text)
    return _SPECIAL.sub(r"\\\1", " ".join(shown.split()))


def escaped(text: object) -> str:
    """`text` so that HTML shows it as it is."""
    return html.escape(str(text), quote=True)


def marked(text: str, words: Sequence[str]) -> str:
    """Escaped `text` in which every one of `words` is marked, whatever its case."""
    if not words:
        return escaped(text)
    pattern = re.compile("|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [escaped(text[last : match.start()]), f"<mark>{escaped(match.group())}</mark>"]
        last = match.end()
    return "".join([*parts, escaped(text[last:])])


def gene_chip(
    gene: str, markers: ClusterMarkers | None, is_measured: Callable[[str], bool], words: Sequence[str] = ()
) -> str:
    """A gene symbol as a chip: in the list, measured only, or not in the data; with a card on hover and
    focus.
    """
    known = next((g for g in markers.genes if g.gene == gene), None) if markers else None
    if known:
        kind = "in"
    else:
        kind = "measured" if is_measured(gene) else "absent"
    tip = (
        _tip(known)
        if known
        else {
            "measured": "Measured, but not in the marker list of this cluster.",
            "absent": "Not in your data.",
        }[kind]
    )
    return (
        f'<span class="cw-gene {kind}" tabindex="0">{marked(gene, words)}'
        f'<span class="cw-tip" role="tooltip"><b><i>{escaped(gene)}</i></b><br>{tip}</span></span>'
    )


def _tip(gene: MarkerGene) -> str:
    lines = [f"Place {gene.rank} in the marker list"]
    if gene.log2fc is not None:
        lines.append(f"{2 ** min(gene.log2fc, 30):,.1f} times higher here ({gene.log2fc:+.1f} log2)")
    if gene.pct_in is not None:
        elsewhere = "" if gene.pct_out is None else f", {gene.pct_out:.0%} elsewhere"
        lines.append(f"Seen in {gene.pct_in:.0%} of cells here{elsewhere}")
    return "<br>".join(lines)


def with_chips(
    text: str, genes: frozenset[str], chip: Callable[[str], str], words: Sequence[str] = ()
) -> str:
    """Escaped `text` in which every word that is one of `genes` is a chip, and `words` are marked."""
    parts, last = [], 0
    for match in _WORD.finditer(text):
        if match.group() in genes:
            parts += [marked(text[last : match.start()], words), chip(match.group())]
            last = match.end()
    return "".join([*parts, marked(text[last:], words)])
