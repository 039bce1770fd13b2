"""The everyday name of any label: the cell type as a biologist says it, short enough for a legend."""

from __future__ import annotations

import re
from functools import cache

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.ontology import find_term, is_a_term_name

LONG = 28
"""Letters up to which a label that nobody knows stays as it is."""

_SHORTER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), shorter)
    for pattern, shorter in (
        (r",? \(?(?:human|sensu Vertebrata|sensu Mus|Mmus|metazoa)\)?$", ""),
        (r"\b(CD[48])-positive,? alpha-beta\b", r"\1"),
        (r"\b(CD[48]-(?:posi|nega)tive\b.*?),? alpha-beta\b", r"\1"),
        (r"\bnaive thymus-derived\b", "naive"),
        (r"(?<![\w-])([A-Z][\w.]*|[a-z]*[A-Z\d][\w.]*)[- ]positive\b,?", r"\1+"),
        (r"(?<![\w-])([A-Z][\w.]*|[a-z]*[A-Z\d][\w.]*)[- ]negative\b,?", r"\1-"),
        (r"\b(CD\d+\w?)-(bright|dim|high|low)\b", r"\1\2"),
        (r"\b[Nn]atural killer\b(?: \(NK\))?", "NK"),
        (r"\b[Mm]ucosal-associated invariant T\b", "MAIT"),
        (r"\b[Dd]endritic cell(?=s?\b)", "DC"),
        (r"\b[Ii]nnate lymphoid cell(?=s?\b)", "ILC"),
    )
)
"""Longer and shorter ways to say the same, tried in order on a name that is long."""
_STATES = re.compile(
    r"((?:(?:possibly|likely|putative|cycling|proliferating|dividing|activated|resting|stressed|malignant|reactive|"
    r"inflamed|interferon-stimulated|interferon-responsive)\s+)+)(\S.*)",
    re.IGNORECASE,
)
_JOINTS = re.compile(r"(\s+or\s+|\s+and\s+|\s*/\s*)")
_ASIDE = re.compile(r"\s*\(([^()]*)\)\s*")


@cache
def everyday_name(label: str) -> str:
    """The name by which people know a cell type.

    Parameters
    ----------
    label
        Any label: a name of the knowledge base or the ontology, an alias, or what a model wrote.

    Returns
    -------
    str
        The short name of the entry that the label means; where the ontology has a term and we have no entry,
        the term's name in shorter words, unless the label is shorter. Words of states in front, brackets
        behind and several types in one label are kept around the names of the types. Another label is put in
        shorter words when it is long, and else stays as it is, but for its first letter. "" for "".
    """
    text = " ".join(label.split())
    return _known(text) or _with_state(text) or _with_aside(text) or _several(text) or _as_it_is(text)


def shown_name(label: str, *, own_words: bool = False) -> str:
    """What a screen writes for a label: its everyday name, but a person's own words as they were typed.

    Names of the knowledge base and of the ontology are nobody's own words, also where a person chose them;
    they too keep their small letters where the everyday name says the same.
    """
    name = everyday_name(label)
    if not own_words:
        return name
    own = name.casefold() == label.casefold() or not (load_knowledge().named(label) or is_a_term_name(label))
    return label if own else name


def _known(text: str) -> str:
    """Everyday name of the one entry or term that the whole text means, "" where it means none."""
    if entry := _entry(text):
        return entry.short
    # What is in brackets or behind "or" would be lost with the everyday name of the rest.
    if _ASIDE.search(text) or _names_several(text):
        return ""
    term = find_term(text)
    if term is None or _qualifies(text, (term.name,)):
        return ""
    shorter = in_shorter_words(term.name)
    return _capital(text if len(text) <= min(LONG, len(shorter)) else shorter)


@cache
def _entry(text: str) -> CellTypeEntry | None:
    """The entry that the whole text means, and not a wider one."""
    kb = load_knowledge()
    if entry := kb.named(text):
        return entry
    if _ASIDE.search(text):
        return kb.get(text)
    if _names_several(text):
        return None
    term = find_term(text)
    entry_of_term = kb.get(term.cl_id) if term else kb.get(text)
    if entry_of_term is None:
        return None
    if is_a_term_name(text):
        return None if entry_of_term.nearest else entry_of_term
    return None if _qualifies(text, (entry_of_term.name, entry_of_term.short)) else entry_of_term


def _names_several(text: str) -> bool:
    """Whether a text joins types and is no term's name, such as "Pericyte/SMC": no one type is all of it."""
    return bool(_JOINTS.search(text)) and not is_a_term_name(text)


def _qualifies(text: str, names: tuple[str, ...]) -> bool:
    """Whether a text says more than a name it ends with: "tumor-associated macrophage" and "macrophage"."""
    said = normal_form(text)
    return any(said.endswith(f" {normal_form(name)}") for name in names)


def _with_state(text: str) -> str:
    """ "cycling CD8-positive, alpha-beta T cell" is "Cycling CD8 T cell"."""
    stated = _STATES.fullmatch(text)
    if not stated:
        return ""
    name = _known(stated[2])
    return _capital(f"{stated[1].strip()} {_inside_a_name(name, stated[2])}") if name else ""


def _with_aside(text: str) -> str:
    """A name with brackets: they go where they only say it again ("natural killer (NK) cell"), and stay else.

    What brackets follow an abbreviation is left alone: they often say which of its meanings is meant.
    """
    aside = _ASIDE.search(text)
    if not aside:
        return ""
    outside = " ".join(_ASIDE.sub(" ", text).split())
    # "PC (plasma cell)": without its brackets the abbreviation may mean something else.
    name = "" if outside == outside.upper() else _known(outside)
    if not name:
        return ""
    again = _entry(aside[1])
    return name if again is not None and again == _entry(outside) else f"{name} ({aside[1]})"


def _several(text: str) -> str:
    """ "fibroblast or pericyte": every part by its everyday name, where all of them are known."""
    pieces = _JOINTS.split(text)
    names = [_known(piece) for piece in pieces[::2]]
    if len(names) < 2 or not all(names):
        return ""
    said = [
        names[0],
        *(_inside_a_name(name, part) for name, part in zip(names[1:], pieces[2::2], strict=True)),
    ]
    return "".join(a + b for a, b in zip(said, [*pieces[1::2], ""], strict=True))


def _as_it_is(text: str) -> str:
    return _capital(in_shorter_words(text) if len(text) > LONG else text)


def in_shorter_words(name: str) -> str:
    """A name with its long-winded parts said shortly; nothing that tells types apart is left out."""
    text = name
    for long, shorter in _SHORTER:
        text = long.sub(shorter, text)
    return " ".join(text.split())


def _capital(name: str) -> str:
    """The first letter a capital, unless the first word is a symbol such as "pDC" or "cDC1"."""
    first = name.split(" ", 1)[0]
    return name if any(c.isupper() for c in first) else name[:1].upper() + name[1:]


def _inside_a_name(name: str, label: str) -> str:
    """A name behind another word: its first letter is small, but in proper names and abbreviations."""
    first = name.split(" ", 1)[0]
    entry = _entry(label)
    proper = first in (entry.name if entry else label).split() or any(
        c.isupper() or c.isdigit() for c in first[1:]
    )
    return name if proper or not first[1:2].islower() else name[:1].lower() + name[1:]
