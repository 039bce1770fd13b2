"""Tissues: from what people write to the keys the knowledge base uses, with their UBERON ids."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "tissues.toml"
ANY, TUMOUR, FETAL = "any", "tumour", "fetal"
_TUMOUR_WORDS = re.compile(
    r"(?:cancer|carcinoma|tumou?r|lymphoma|melanoma|glioma|blastoma|sarcoma|leuka?emia|myeloma|malignan|metasta|neoplas|"
    r"adenoma|thymoma|mesothelioma)|"
    r"\b(?:dlbcl|aml|cll|nsclc|sclc|luad|lusc|gbm|hcc|pdac|crc|escc|hnscc|tnbc|brca|ccrcc|hgsoc|prad)\b"
)
_FETAL_WORDS = re.compile(
    r"\b(?:fo?et(?:al|us)|embryo\w*|neonat\w*|yolk|organoids?|blastocyst|gestation\w*|e\d+\.5)\b"
)
_UNKNOWN = {
    "",
    "unknown",
    "na",
    "n/a",
    "none",
    "not given",
    "unspecified",
    "tissue blind",
    "blind",
    "mixed",
    "other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """One tissue key. `uberon` is "" for the two that are no anatomical part (any, tumour)."""

    key: str
    uberon: str
    parent: str
    aliases: tuple[str, ...]


@cache
def tissues() -> dict[str, Tissue]:
    """All tissues by key."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        key: Tissue(key=key, uberon=entry["id"], parent=entry["parent"], aliases=tuple(entry["aliases"]))
        for key, entry in raw.items()
    }


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for tissue in tissues().values():
        for name in (tissue.key, *tissue.aliases):
            names.setdefault(_plain(name), tissue.key)
    return names


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_names(), key=lambda name: (-len(name), name))
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in longest_first) + r")\b")


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[_/,;()\-]+", " ", text.lower())).strip()


@cache
def resolve_tissue(text: str) -> str:
    """The tissue key that a free text means ("Esophagus" -> "oesophagus"), or "" when it means none we
    know.
    """
    plain = _plain(text)
    if plain in _UNKNOWN:
        return ""
    names = _names()
    if plain in names:
        return names[plain]
    hits = sorted(_pattern().findall(plain), key=lambda hit: (names[hit] in (TUMOUR, FETAL, ANY), -len(hit)))
    return names[hits[0]] if hits else ""


@cache
def tissue_keys(text: str) -> tuple[str, ...]:
    """All keys that a text touches: the tissue, then "tumour" and "fetal" where the text says so."""
    key, plain = resolve_tissue(text), _plain(text)
    keys = [key] if key else []
    if _TUMOUR_WORDS.search(plain):
        keys.append(TUMOUR)
    if _FETAL_WORDS.search(plain):
        keys.append(FETAL)
    return tuple(dict.fromkeys(keys))


@cache
def related(key: str) -> frozenset[str]:
    """A tissue key with its parts and the wholes it is a part of."""
    known = tissues()
    out, front = {key}, known[key].parent if key in known else ""
    while front:
        out.add(front)
        front = known[front].parent
    below = {key}
    while True:
        more = {t.key for t in known.values() if t.parent in below} - below
        if not more:
            return frozenset(out | below)
        below |= more
