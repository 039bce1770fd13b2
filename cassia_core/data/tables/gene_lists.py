"""Written lists of genes, whatever stands between and behind the names."""

from __future__ import annotations

import re

import pandas as pd

_FULL_WIDTH = str.maketrans("，、；｜：（）［］＋／　−–•·", ",,;|:()[]+/ --,,")
_NUMBER_IN_BRACKETS = re.compile(r"\s*[(\[{]\s*[-+]?\d[\d.,eE%+-]*\s*[)\]}]")
_NUMBER_BEHIND = re.compile(r"\s*[:=]\s*[-+]?\d[\d.eE+-]*$")
_VARIABLE_SEGMENT = re.compile(r"^TRAV\d+(-\d+)?/DV\d+(-\d+)?$", re.IGNORECASE)
"""The only genes with a slash in their name: segments of the alpha and delta chain (TRAV29/DV5)."""
_BULLET = re.compile(r"^[-*•]\s+")
_LEVEL = re.compile(r"(?<=\w)(?:\+{1,3}|hi|high|bright)$")
_SIGN_BEFORE_BLANK = re.compile(r"(?<=\w)([+-])\s+(?=[A-Za-z])")
_SEPARATORS = (",;", "|", "\n", "\t")
_OUTER = {"[": "]", "(": ")", "{": "}"}
_MIN_LIST = 3


def split_genes(text: str) -> list[str]:
    """Genes of a written list, in order, each once; those written as absent (`CD4-`) are left out."""
    return split_signed(text)[0]


def split_signed(text: str) -> tuple[list[str], list[str]]:
    """Genes of a written list that are there, and those that are marked with a minus as absent."""
    bare = _SIGN_BEFORE_BLANK.sub(r"\1, ", text) if _SIGN_BEFORE_BLANK.search(text) else text
    bare = _without_brackets(_NUMBER_IN_BRACKETS.sub("", bare.translate(_FULL_WIDTH).strip()))
    present: list[str] = []
    absent: list[str] = []
    for part in _parts(bare):
        name = _NUMBER_BEHIND.sub("", _BULLET.sub("", part.strip())).strip().strip("'\"`*↑⇧▲").strip()
        if len(name) > 1 and (name.endswith("-") or re.match(r"^-[A-Za-z]", name)):
            absent.append(name.strip("-"))
        elif name and name.lower() not in ("and", "&", "+", "-"):
            present.append(_LEVEL.sub("", name.lstrip("+")) if "+" in name else name)
    return list(dict.fromkeys(name for name in present if name)), list(dict.fromkeys(absent))


def holds_lists(values: pd.Series) -> bool:
    """Whether most filled cells hold at least three genes."""
    text = values.astype(str).str.strip()
    text = text[text != ""].head(200)
    if text.empty:
        return False
    several = text.map(lambda cell: len(split_genes(cell)) >= _MIN_LIST)
    return bool(several.mean() >= 0.5)


def _without_brackets(text: str) -> str:
    while len(text) > 1 and _OUTER.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text


def _parts(text: str) -> list[str]:
    for separators in _SEPARATORS:
        if any(sign in text for sign in separators):
            parts = re.split(f"[{re.escape(separators)}]", text)
            return [piece for part in parts for piece in _at_slashes(part.strip())]
    if "/" in text:
        return [piece for part in text.split(" / ") for piece in _at_slashes(part.strip())]
    if re.search(r"\w[+&]\s*[A-Za-z]", text):
        return re.split(r"(?<=\w)\s*[+&]\s*(?=[A-Za-z])", text)
    return re.split(r"\s+", _BULLET.sub("", text))


def _at_slashes(part: str) -> list[str]:
    return [part] if _VARIABLE_SEGMENT.match(part) else part.split("/")
