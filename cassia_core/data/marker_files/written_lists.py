"""Marker genes as lines of text: gene sets (GMT), `name: gene, gene`, headings with genes below them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from cassia_core.data.marker_files.code_lists import r_lists
from cassia_core.data.readers.text import decode, read_bytes
from cassia_core.data.tables.gene_lists import split_genes
from cassia_core.genes.spelling import known_share

_MAX_BYTES = 20_000_000
_NAMED = re.compile(
    r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?[\"'*]*(?P<name>[^\t]{1,120}?)[\"'*]*\s*(?::|=|：|->|→|\t-\t)[\"'*]*\s*(?P<genes>\S.*)$"
)
_HEADING = re.compile(
    r"^\s*(?:>\s*|#{1,6}\s+|\[)(?P<name>[^\]]+?)\]?\s*:?\s*$|^(?P<bare>[^,;:\t]{1,120}):\s*$"
)
_GARNETT = re.compile(r"^(?P<key>[a-z _]+):\s*(?P<genes>.*)$")
_GARNETT_KEYS = ("expressed", "expressed above", "markers")
_NO_DESCRIPTION = ("na", "n/a", "", "-", "null", "none", "nan", ">", "black")
_KNOWN, _MOST = 0.4, 0.8
_SAMPLED = 400


def written_lists(path: Path) -> tuple[pd.DataFrame, str] | None:
    """Rows of cluster and gene, and what kind of list the file holds; None where it is none of these."""
    if path.stat().st_size > _MAX_BYTES:
        return None
    text = decode(read_bytes(path))[0]
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    for read, kind in (
        (_code, "Lists in R code"),
        (_gene_sets, "Gene sets (GMT)"),
        (_named_lists, "Named lists"),
        (_headed, "Lists under headings"),
    ):
        lists = read(lines, path)
        if lists:
            rows = [(name, gene) for name, genes in lists for gene in genes or [""]]
            return pd.DataFrame(rows, columns=["cluster", "gene"]), kind
    return None


Lists = list[tuple[str, list[str]]]


def _known(lists: Lists) -> float:
    return known_share([gene for _, genes in lists for gene in genes][:_SAMPLED])


def _code(lines: list[str], path: Path) -> Lists:
    """Named vectors of R."""
    lists = r_lists("\n".join(lines))
    return lists if lists and _known(lists) >= _KNOWN else []


def _gene_sets(lines: list[str], path: Path) -> Lists:
    """Name, description and genes between tabs; the second field is a gene only where all others are too."""
    rows = [[cell.strip() for cell in line.split("\t")] for line in lines]
    named = path.name.lower().removesuffix(".gz").endswith(".gmt")
    if (
        not rows
        or min(map(len, rows)) < 3
        or (not named and len({len(row) for row in rows}) == 1 and not _described(rows))
    ):
        return []
    if any(_is_number(cell) for row in rows[:50] for cell in row[2:]):
        return []
    first_is_gene = not _described(rows) and known_share([row[1] for row in rows]) >= _MOST
    lists = [(row[0], [cell for cell in row[1 if first_is_gene else 2 :] if cell]) for row in rows]
    if _known(lists) < _KNOWN or known_share([row[0] for row in rows]) >= _KNOWN:
        return []
    header_like = not named and known_share(rows[0][2:]) < _KNOWN
    return [] if header_like else lists


def _described(rows: list[list[str]]) -> bool:
    """Whether the second field describes the set: empty, "na", an address, the name again, or words."""
    told = [
        row[1].lower() in _NO_DESCRIPTION
        or row[1].lower().startswith(("http", "www."))
        or row[1] == row[0]
        or len(row[1].split()) > 1
        for row in rows
    ]
    return sum(told) >= _MOST * len(told)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _named_lists(lines: list[str], path: Path) -> Lists:
    """Lines of `name: gene, gene` (also with `=` or an arrow)."""
    lines = [line for line in lines if not line.startswith(("#", "//"))]
    named_lines = [_NAMED.match(line) for line in lines]
    matches = [match for match in named_lines if match]
    if not matches or len(matches) < _MOST * len(lines):
        return []
    lists = [(match["name"].strip(), split_genes(match["genes"])) for match in matches]
    named = len({name for name, _ in lists}) == len(lists)
    return lists if named and _known(lists) >= _KNOWN else []


def _headed(lines: list[str], path: Path) -> Lists:
    """Genes below headings: `>name`, `# name`, `[name]` or `name:` (marker files of Garnett, YAML,
    Markdown).
    """
    lists: Lists = []
    for line in lines:
        heading = _HEADING.match(line)
        if heading:
            lists.append(((heading["name"] or heading["bare"]).strip(" \"'*"), []))
        elif lists:
            key = _GARNETT.match(line.strip())
            if key is None:
                lists[-1][1].extend(split_genes(line))
            elif key["key"].strip() in _GARNETT_KEYS:
                lists[-1][1].extend(split_genes(key["genes"]))
    return lists if any(genes for _, genes in lists) and _known(lists) >= _MOST else []
