"""Which species a gene id belongs to, and what kind of name a text is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_ENSEMBL = re.compile(r"^ENS(?P<species>[A-Z]{3,4})?(?P<kind>G|T|P|E)\d{11}(\.\d+)?$", re.IGNORECASE)
_OF_ENSEMBL = {
    "": "human",
    "MUS": "mouse",
    "RNO": "rat",
    "MMU": "macaque",
    "MFA": "crab-eating macaque",
    "PTR": "chimpanzee",
    "GGO": "gorilla",
    "CJA": "marmoset",
    "MIC": "mouse lemur",
    "SSC": "pig",
    "BTA": "cow",
    "OAR": "sheep",
    "CHI": "goat",
    "ECA": "horse",
    "CAF": "dog",
    "FCA": "cat",
    "OCU": "rabbit",
    "CPO": "guinea pig",
    "MAU": "golden hamster",
    "MPU": "ferret",
    "MOD": "opossum",
    "GAL": "chicken",
    "XET": "western clawed frog",
    "DAR": "zebrafish",
    "ORL": "medaka",
}
"""Prefixes of Ensembl ids. Source: Ensembl, "Stable ID prefixes"
(ensembl.org/info/genome/stable_ids/prefixes.html).
"""
_OTHER_IDS = (
    (re.compile(r"^FBgn\d{7}$"), "fruit fly"),
    (re.compile(r"^WBGene\d{8}$"), "roundworm"),
    (re.compile(r"^AT[1-5MC]G\d{5}(\.\d+)?$", re.IGNORECASE), "thale cress"),
    (re.compile(r"^Y[A-P][LR]\d{3}[WC](-[A-Z])?$"), "yeast"),
    (re.compile(r"^ZDB-GENE-\d{6}-\d+$"), "zebrafish"),
    (re.compile(r"^MGP_[A-Za-z0-9]+_G\d+$"), "mouse"),
)
"""Ids of FlyBase, WormBase, TAIR, SGD, ZFIN and of the mouse strains of Ensembl."""
_REFSEQ_TRANSCRIPT = re.compile(r"^[NX][MR]_\d{6,}(\.\d+)?$")
_EQUIVALENCE_CLASS = re.compile(r"^(ec[_-]?\d+|\d+(,\d+)+)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?P<stem>[A-Za-z][A-Za-z_. -]*?)[-_. ]?(?P<number>\d+)$")
_STEMS_OF_GENES = frozenset(
    ("LOC", "LINC", "GM", "MIR", "CG", "RGD", "RPL", "RPS", "OR", "ZNF", "TRAV", "IGKV")
)
_MIN_IDS, _MIN_SHARE, _CLEARLY = 3, 0.005, 0.9
_MOST = 0.5
_MIN_NUMBERED = 10


def species_of_id(name: str) -> str:
    """Species that a gene or transcript id names; "" for a symbol or an id of an unknown prefix."""
    ensembl = _ENSEMBL.match(name)
    if ensembl:
        return _OF_ENSEMBL.get((ensembl["species"] or "").upper(), "")
    return next((species for pattern, species in _OTHER_IDS if pattern.match(name)), "")


def is_ensembl(name: str) -> bool:
    """Whether the name is an Ensembl gene id, of any species, with or without version."""
    ensembl = _ENSEMBL.match(name)
    return ensembl is not None and ensembl["kind"].upper() == "G"


def species_by_ids(names: Iterable[str]) -> tuple[str, bool]:
    """Species that the ids among the names agree on, also where most names are symbols; ("", False) else."""
    names = list(names)
    counts = Counter(species for name in names if (species := species_of_id(name)))
    n_ids = sum(counts.values())
    if n_ids < _MIN_IDS or n_ids < _MIN_SHARE * len(names):
        return "", False
    best, n_best = counts.most_common(1)[0]
    return (best, True) if n_best >= _CLEARLY * n_ids else ("", False)


def kind_of_names(names: Iterable[str]) -> str:
    """What most of the names are where they are no genes: "transcripts", "equivalence classes", "numbered
    features"; "" where they may be genes.
    """
    names = [name for name in names if name]
    if not names:
        return ""
    transcripts = sum(_is_transcript(name) for name in names)
    if transcripts > _MOST * len(names):
        return "transcripts"
    if sum(_EQUIVALENCE_CLASS.match(name) is not None for name in names) > _MOST * len(names):
        return "equivalence classes"
    return "numbered features" if _are_numbered(names) else ""


def _is_transcript(name: str) -> bool:
    ensembl = _ENSEMBL.match(name)
    return (ensembl is not None and ensembl["kind"].upper() == "T") or _REFSEQ_TRANSCRIPT.match(
        name
    ) is not None


def _are_numbered(names: list[str]) -> bool:
    """Whether the names only count (f1, f2, ... or Gene_1, Gene_2, ...): one stem, numbers close together."""
    numbered = [match for name in set(names) if (match := _NUMBERED.match(name)) and not species_of_id(name)]
    stems = Counter(match["stem"] for match in numbered)
    if not stems:
        return False
    stem, n = stems.most_common(1)[0]
    if n < _MIN_NUMBERED or n <= _MOST * len(set(names)) or stem.upper() in _STEMS_OF_GENES:
        return False
    numbers = [int(match["number"]) for match in numbered if match["stem"] == stem]
    return max(numbers) - min(numbers) < 20 * n
