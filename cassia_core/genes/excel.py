"""Gene names that a spreadsheet turned into dates or numbers.

Source of the list of genes: Ziemann, Eren, El-Osta 2016 (Genome Biology 17:177); HGNC renamed the MARCH, SEPT
and
DEC families in 2020 for this reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cassia_core.genes.lookup import meanings, orthologue

_DAY_MONTH = re.compile(
    r"^(?P<day>\d{1,2})[-/. ]?(?P<month>mar|marc|march|sep|sept|dec|oct|feb|apr|nov)[a-z]*\.?$", re.IGNORECASE
)
_MONTH_DAY = re.compile(r"^(?P<month>mar|sep|dec|oct|feb|apr|nov)-(?P<day>\d{1,2})$", re.IGNORECASE)
_ISO_DATE = re.compile(r"^(19|20)\d{2}-(?P<number>\d{2})-(?P<day>\d{2})( 00:00:00)?$")
_SERIAL = re.compile(r"^(3[5-9]|4\d)\d{3}$")
_RIKEN = re.compile(r"^\d(\.\d+)?E[+-]?\d+$", re.IGNORECASE)
_FAMILIES = {
    "mar": ("MARCH", "MARC"),
    "sep": ("SEPT",),
    "dec": ("DEC",),
    "oct": ("OCT",),
    "feb": ("FEB",),
    "apr": ("APR",),
    "nov": ("NOV",),
}
_MONTH_OF_NUMBER = {"03": "mar", "09": "sep", "12": "dec"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmangled:
    """What a mangled name may have been: `symbol` when that is sure, else the `candidates` (may be none)."""

    name: str
    symbol: str | None = None
    candidates: tuple[str, ...] = ()


def unmangle(name: str, species: str) -> Unmangled | None:
    """Undo what a spreadsheet did to a gene name; None when the name does not look mangled.

    A date that more than one gene may have become (1-Mar: MARCHF1 or MTARC1), a day number (43891) and a
    number
    in place of a RIKEN name (2.31E+19) are reported and not guessed.
    """
    text = name.strip()
    date = _DAY_MONTH.match(text) or _MONTH_DAY.match(text)
    if date:
        return _from_date(name, date["month"][:3].lower(), int(date["day"]), species)
    if iso := _ISO_DATE.match(text):
        month = _MONTH_OF_NUMBER.get(iso["number"])
        return _from_date(name, month, int(iso["day"]), species) if month else Unmangled(name=name)
    if _SERIAL.match(text) or _RIKEN.match(text):
        return Unmangled(name=name)
    return None


def _from_date(name: str, month: str, day: int, species: str) -> Unmangled:
    symbols = {symbol for family in _FAMILIES[month] for symbol in _genes_of(f"{family}{day}", species)}
    if len(symbols) == 1:
        return Unmangled(name=name, symbol=symbols.pop())
    return Unmangled(name=name, candidates=tuple(sorted(symbols)))


def _genes_of(old: str, species: str) -> set[str]:
    """Genes that had this name, in the species or (as names were given in parallel) in man."""
    symbols = set(meanings(old, species))
    if species == "mouse":
        symbols |= {
            partner for symbol in meanings(old, "human") if (partner := orthologue(symbol, "human", "mouse"))
        }
    return symbols
