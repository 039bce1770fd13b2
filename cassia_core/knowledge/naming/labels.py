"""One normal form for cell type labels, so that "CD4+ T cells" and "CD4-positive T cell" meet."""

from __future__ import annotations

import re
from functools import cache

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon"}
_SPELLING = (
    ("haemato", "hemato"),
    ("haemo", "hemo"),
    ("oesophag", "esophag"),
    ("oestro", "estro"),
    ("foetal", "fetal"),
    ("leuco", "leuko"),
    ("tumour", "tumor"),
    ("paediatric", "pediatric"),
    ("myofibre", "myofiber"),
    ("fibre", "fiber"),
    ("hematopoeitic", "hematopoietic"),
    ("hemopoietic", "hematopoietic"),
)
_PLURALS = {"neurones": "neuron", "neurone": "neuron", "neurons": "neuron"}
_KEEP_S = ("us", "ss", "is", "as", "ns")
_POSITIVE = re.compile(r"\b([a-z0-9]*\d[a-z0-9]*|hla-dr)\s*(?:\+|⁺|\bpos\b|-?positive\b)(?=[\s,/)]|$)")
_NEGATIVE = re.compile(r"\b([a-z0-9]*\d[a-z0-9]*)\s*(?:⁻|-(?=[\s,/)]|$)|\bneg\b|-?negative\b)")


@cache
def normal_form(label: str) -> str:
    """Lower case, one spelling, singular, "+" and "-" behind a marker written out, punctuation as blanks."""
    text = label.strip().lower()
    for sign, word in _GREEK.items():
        text = text.replace(sign, f" {word} ")
    text = _POSITIVE.sub(r"\1 positive ", text + " ")
    text = _NEGATIVE.sub(r"\1 negative ", text)
    text = re.sub(r"\+", " positive ", text)
    text = re.sub(r"[_/,;:()\[\]\-–.'’\"]+", " ", text)
    for old, new in _SPELLING:
        text = text.replace(old, new)
    words = [_PLURALS.get(word, _singular(word)) for word in text.split()]
    return " ".join(words)


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEEP_S):
        if word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-1]
    return word


def plural(label: str) -> str:
    """ "B cell" -> "B cells", "endothelial cell of artery" -> "endothelial cells of artery", "neuron" ->
    "neurons".
    """
    if re.search(r"\bcell\b", label):
        return re.sub(r"\bcell\b", "cells", label, count=1)
    if " or " in label:
        return " or ".join(plural(part) for part in label.split(" or "))
    return label if label.endswith(("s", "glia")) or not label[-1:].isalpha() else f"{label}s"
