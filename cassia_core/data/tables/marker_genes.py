"""Gene names of a marker table: R's suffixes, ids, old names, what a spreadsheet made of them."""

from __future__ import annotations

import re

import pandas as pd

from cassia_core.data.names.features import GENOME_PREFIX
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Finding
from cassia_core.genes import canonical, guess_species, symbol_of
from cassia_core.genes.excel import unmangle
from cassia_core.genes.species_ids import is_ensembl
from cassia_core.genes.tables_io import gene_table

_CLONE = re.compile(r"^([A-Z]{2}\d{6}|RP\d+-.+|CT[ABCD]-.+|[A-Z]\d{5})\.\d+$")
_R_NUMBER = re.compile(r"^X(?=\d)")


def repair_marker_genes(
    frame: pd.DataFrame, from_row_names: bool, done: list[str]
) -> tuple[tuple[str, bool], tuple[Finding, ...]]:
    """Give every row the current symbol of its gene; says in `done` what changed. Changes `frame`.

    Sets `frame["gene"]` and `frame["original_gene"]`. `from_row_names` says that the names are R's row names,
    to
    which R adds a number (also without a dot) when they repeat. Returns the species seen and whether that is
    sure,
    and what a person should look at.
    """
    frame["original_gene"] = frame["gene"]
    names = {name: name for name in frame["gene"].unique() if name}
    _apply(names, lambda name: GENOME_PREFIX.sub("", name), done, "the name of a genome is taken off")
    present = set(names.values())
    _apply(
        names,
        lambda name: _without_r_suffix(name, present),
        done,
        "the number that R adds to repeated names is taken off",
    )
    unclear = _undo_dotless_numbers(names, done) if from_row_names else ()
    species = guess_species(names.values())
    _apply(
        names,
        lambda name: _without_r_prefix(name, species[0]),
        done,
        "the X that R puts before a digit is taken off",
    )
    notices = _undo_spreadsheet(names, species[0], done)
    _apply(names, lambda name: _from_id(name, species[0], names), done, "ids are turned into symbols")
    if not species[1]:
        species = max(guess_species(names.values()), species, key=lambda guess: guess[1])
    taken = set(names.values())
    _apply(
        names, lambda name: _current(name, species[0], taken), done, "old names are replaced by current ones"
    )
    frame["gene"] = frame["gene"].map(names).fillna("")
    return species, (*unclear, *notices)


def _apply(names: dict[str, str], change: object, done: list[str], said: str) -> None:
    """Change every name; one sentence with a count and an example when any did change."""
    changed = [(old, new) for old in names if (new := change(names[old])) != names[old]]  # type: ignore[operator]
    samples = [f"{names[old]} to {new}" for old, new in changed[:3]]
    names.update(changed)
    if changed:
        done.append(f"{counted(len(changed), 'gene name', 'gene names')}: {said} ({', '.join(samples)}).")


def _without_r_suffix(name: str, present: set[str]) -> str:
    """Take off ".1" only where the same name without it is in the table, or is a gene while the whole is
    none.
    """
    base, dot, number = name.rpartition(".")
    if not dot or not number.isdigit() or is_ensembl(name):
        return name
    if base in present:
        return base
    known = any(canonical(base, species) for species in ("human", "mouse"))
    return (
        base
        if known
        and not _CLONE.match(name)
        and not any(canonical(name, species) for species in ("human", "mouse"))
        else name
    )


def _undo_dotless_numbers(names: dict[str, str], done: list[str]) -> tuple[Finding, ...]:
    """CD3D1 is the second CD3D where CD3D is in the table and CD3D1 is no gene; ANXA11 could be either."""
    present = set(names.values())
    numbered = {name: base for name in present if (base := _base_of_number(name, present))}
    unclear = sorted(
        name for name in numbered if any(name in gene_table(s).symbols for s in ("human", "mouse"))
    )
    if len(unclear) >= len(numbered) - len(unclear):  # ordinary gene families, nothing that R repeated
        return ()
    _apply(
        names,
        lambda name: name if name in unclear else numbered.get(name, name),
        done,
        "the number that R puts behind repeated row names is taken off",
    )
    if not unclear:
        return ()
    return (
        Finding(
            topic="Gene names",
            level="notice",
            value=f"Not clear for {counted(len(unclear), 'row name', 'row names')}: a gene of its own or a "
            "repeated one",
            remark=f"Left as they are: {', '.join(unclear[:8])}. A table with a gene column is safer.",
        ),
    )


def _base_of_number(name: str, present: set[str]) -> str | None:
    """The longest name in the table of which `name` is a numbered repeat."""
    return next(
        (name[:-n] for n in (1, 2) if name[-n:].isdigit() and name[-n] != "0" and name[:-n] in present), None
    )


def _without_r_prefix(name: str, species: str) -> str:
    bare = _R_NUMBER.sub("", name)
    return (
        bare
        if bare != name and canonical(name, species) is None and canonical(bare, species or "mouse")
        else name
    )


def _from_id(name: str, species: str, names: dict[str, str]) -> str:
    if is_ensembl(name):
        return symbol_of(name, species) or name
    if name.isdigit() and _mostly_digits(names):
        return symbol_of(name, species or "human") or name
    return name


def _mostly_digits(names: dict[str, str]) -> bool:
    return sum(original.isdigit() for original in names) > 0.5 * len(names)


def _current(name: str, species: str, taken: set[str]) -> str:
    new = canonical(name, species)
    return name if new is None or new in taken else new


def _undo_spreadsheet(names: dict[str, str], species: str, done: list[str]) -> tuple[Finding, ...]:
    if _mostly_digits(names):
        return ()
    found = {name: repaired for name in names.values() if (repaired := unmangle(name, species or "human"))}
    _apply(
        names,
        lambda name: (found[name].symbol or name) if name in found else name,
        done,
        "dates made by a spreadsheet are put right",
    )
    unsure = [
        f"{n} ({' or '.join(r.candidates)})" if r.candidates else n for n, r in found.items() if not r.symbol
    ]
    if not unsure:
        return ()
    return (
        Finding(
            topic="Gene names",
            value=f"Changed by a spreadsheet and not to be told: {len(unsure)}",
            remark=", ".join(unsure[:8]),
            level="notice",
        ),
    )
