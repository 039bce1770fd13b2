"""How programs write gene names: genomes before them, several fields in one, R's dots for dashes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from cassia_core.genes.lookup import canonical, share_known
from cassia_core.genes.species_ids import is_ensembl
from cassia_core.genes.tables_io import SPECIES

_GENOMES = (
    r"GRCh3[78]|GRCm3[89]|GRCz1[0-2]|hg19|hg38|mm9|mm10|mm39|rn[67]|Rnor_6|mRatBN7|Mmul_10|Sscrofa11|galGal\d"
    r"|danRer\d+|T2T-?CHM13|human|mouse"
)
GENOME_PREFIX = re.compile(
    rf"^(?P<genome>{_GENOMES})(?:[-_.](?:\d{{4}}-[A-Z]|\d+\.\d+\.\d+|\d{{1,2}}|p\d{{1,2}}|premrna))*[-_.]+(?=[A-Za-z0-9])",
    re.IGNORECASE,
)
"""A genome before a name, with its release, and any run of `_`, `-` or `.` behind it."""
OUTER = " \t\r\n\u00a0\u200b\ufeff'\"`"
"""Signs around a name that belong to the file and not to the name."""
_CLONE_WITH_DOT = re.compile(r"^(RP\d{1,2}|CT[ABCD]|XX\w+|LA16c|LL\w+|KB|GS1)\.(?=\d+[A-Z])")
_R_NUMBER = re.compile(r"^X(?=\d)")
_SEPARATORS = ("|", ";", ",", ":", "_", "-", " ")
_BRACKETS = re.compile(r"^(?P<outer>[^()\[\]]+?)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]$")
_MAX_FIELDS = 9
_SAMPLED = 600
_MOST = 0.5
_GAIN = 0.15
_KNOWN_BY_SYMBOL = 0.4


def known_share(names: Iterable[str]) -> float:
    """Share of names that are genes of human or mouse in whatever spelling the file has them."""
    given = [name.strip(OUTER) for name in names]
    sample = given[:: max(1, len(given) // _SAMPLED)]
    split = field_of(sample)
    fields = sample if split is None else [split(name) for name in sample]
    plain = [without_genome(name) for name in fields]
    return max(share_known(sample), share_known(plain) * min(1.0, 2 * len(set(plain)) / max(1, len(plain))))


def without_genome(name: str) -> str:
    """The name without the genome before it."""
    return GENOME_PREFIX.sub("", name)


def field_of(names: Sequence[str]) -> Callable[[str], str] | None:
    """How to take the gene out of names made of several fields; None where they are not made so.

    Fields stand between `_ | ; , : -`, blanks or in brackets. Of all fields that most names have, the one
    that
    is known as a symbol most often is taken, else the one that holds Ensembl gene ids.
    """
    sample = [name for name in names[:: max(1, len(names) // _SAMPLED)] if name]
    if not sample:
        return None
    own = _share_of_symbols(sample)
    if own >= 1 - _GAIN:
        return None
    scored = [(score, -place, take) for place, (take, score) in enumerate(_extractors(sample))]
    if not scored:
        return None
    best, _, take = max(scored, key=lambda item: (round(item[0], 2), item[1]))
    if best >= _KNOWN_BY_SYMBOL and best > own + _GAIN:
        return take
    if _share_of_ids(sample) >= _MOST:
        return None
    ids = [(_share_of_ids([take(name) for name in sample]), -place, take) for _, place, take in scored]
    best, _, take = max(ids, key=lambda item: (round(item[0], 2), item[1]))
    return take if best >= _MOST else None


def _extractors(sample: list[str]) -> list[tuple[Callable[[str], str], float]]:
    """Ways to take a field that work for most of the names, with the share of known symbols each gives."""
    ways: list[Callable[[str], str]] = []
    for separator in _SEPARATORS:
        with_it = [name for name in sample if separator in name]
        if len(with_it) < _MOST * len(sample):
            continue
        width = max(name.count(separator) for name in with_it) + 1
        ways += [_behind_first(separator), _before_last(separator)]
        ways += [_field(separator, place) for place in range(min(width, _MAX_FIELDS))]
    if sum(_BRACKETS.match(name) is not None for name in sample) >= _MOST * len(sample):
        ways += [_in_brackets("outer"), _in_brackets("inner")]
    return [(take, _share_of_different([take(name) for name in sample])) for take in ways]


def _share_of_different(names: list[str]) -> float:
    """Share of known symbols; less where they are mostly the same few, as "Cell" in Cell_1, Cell_2."""
    return _share_of_symbols(names) * min(1.0, 2 * len(set(names)) / max(1, len(names)))


def _field(separator: str, place: int) -> Callable[[str], str]:
    def take(name: str) -> str:
        fields = name.split(separator)
        return fields[place].strip(OUTER) if place < len(fields) and fields[place].strip(OUTER) else name

    return take


def _behind_first(separator: str) -> Callable[[str], str]:
    return lambda name: name.partition(separator)[2].strip(OUTER) or name


def _before_last(separator: str) -> Callable[[str], str]:
    return lambda name: name.rpartition(separator)[0].strip(OUTER) or name


def _in_brackets(part: str) -> Callable[[str], str]:
    def take(name: str) -> str:
        bracketed = _BRACKETS.match(name)
        return bracketed[part].strip(OUTER) if bracketed else name

    return take


def _share_of_symbols(names: list[str]) -> float:
    named = [name for name in names if not is_ensembl(name)]
    return share_known(named) * len(named) / max(1, len(names))


def _share_of_ids(names: list[str]) -> float:
    return sum(map(is_ensembl, names)) / max(1, len(names))


def without_r_spelling(name: str, species: str, *, in_r: bool = False) -> str:
    """The name as it was before R: dashes for dots, no X before a digit; unchanged where it is known as it
    is.

    Parameters
    ----------
    name
        A symbol as the file has it (`HLA.DRA`, `MT.CO1`, `X1700001C02Rik`).
    species
        "human", "mouse", or "" when either will do.
    in_r
        Whether other names of the file show R's spelling: then names of clones (`RP11.34P13.7`) are restored
        too.
    """
    if is_ensembl(name) or ("." not in name and not _R_NUMBER.match(name)):
        return name
    kinds = (species,) if species in SPECIES else SPECIES
    if _known(name, kinds):
        return name
    bare = _R_NUMBER.sub("", name)
    for candidate in (*_dashed(name), bare, *_dashed(bare)):
        if candidate != name and _known(candidate, kinds):
            return candidate
    return _CLONE_WITH_DOT.sub(r"\1-", name) if in_r else name


def _known(name: str, kinds: tuple[str, ...]) -> bool:
    return any(canonical(name, species) for species in kinds)


def _dashed(name: str) -> tuple[str, ...]:
    """The name with all its dots, the first, and all but the last as dashes."""
    before, dot, behind = name.rpartition(".")
    return (name.replace(".", "-"), name.replace(".", "-", 1), f"{before.replace('.', '-')}{dot}{behind}")
