"""Gene names of a marker table: R's suffixes, ids, old names, what a spreadsheet made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from cassia_core.data.names.features import chosen_genome, is_antibody, is_control
from cassia_core.data.names.gene_names import notices_of_names
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Finding, Question
from cassia_core.errors import GeneIdError
from cassia_core.genes import canonical, guess_species, symbol_of
from cassia_core.genes.excel import unmangle
from cassia_core.genes.species_ids import is_ensembl, kind_of_names, species_by_ids
from cassia_core.genes.spelling import (
    GENOME_PREFIX,
    OUTER,
    field_of,
    known_share,
    without_genome,
    without_r_spelling,
)
from cassia_core.genes.tables_io import gene_table

_KNOWN_ENOUGH = 0.3
# The number of such a name is its own version, none that R put there.
_CLONE = re.compile(r"^([A-Z]{2}\d{6}|RP\d+-.+|CT[ABCD]-.+|[A-Z]\d{5})\.\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairedGenes:
    """What was seen in the gene names of a table: the species and whether it is sure, what to look at, what
    to
    ask.
    """

    species: tuple[str, bool]
    notices: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()


def repair_marker_genes(
    frame: pd.DataFrame,
    from_row_names: bool,
    done: list[str],
    options: ReadOptions = ReadOptions(),
    beside: pd.DataFrame | None = None,
) -> RepairedGenes:
    """Give every row the current symbol of its gene; says in `done` what changed. Changes `frame`.

    Sets `frame["gene"]` and `frame["original_gene"]`.

    Parameters
    ----------
    frame
        A row per cluster and gene.
    from_row_names
        The names are R's row names, to which R adds a number (also without a dot) when they repeat.
    done
        Sentences on what was done.
    options
        `species` and `genome` where they are given: nothing is renamed to the symbols of another species.
    beside
        The table as it was, whose columns of ids tell the species.

    Raises
    ------
    GeneIdError
        The genes are only numbered, so that no cluster has a gene.
    """
    frame["original_gene"] = frame["gene"]
    questions = _one_genome(frame, options, done)
    names = {name: name for name in frame["gene"].unique() if name}
    _apply(names, lambda name: name.strip(OUTER), done, "blanks or quotes around the name are taken off")
    _refuse_numbered(names)
    proteins = _antibodies(names)
    _apply(names, without_genome, done, "the name of a genome is taken off")
    take = field_of(list(names.values()))
    if take is not None:
        _apply(names, take, done, "the gene is taken out of several parts")
    _set_controls_aside(names, done)
    kind = kind_of_names(names.values())
    present = set(names.values())
    _apply(
        names,
        lambda name: _without_r_suffix(name, present),
        done,
        "the number that R adds to repeated names is taken off",
    )
    unclear = _undo_dotless_numbers(names, done) if from_row_names else ()
    species = _species_of(names, beside)
    written_for = options.species or species[0]
    _apply(
        names,
        lambda name: without_r_spelling(name, written_for),
        done,
        "dots that R puts for dashes, or its X before a digit, are put right",
    )
    notices = _undo_spreadsheet(names, written_for, done)
    _apply(names, lambda name: _from_id(name, species[0], names), done, "ids are turned into symbols")
    if not species[1] and not options.species and known_share(names.values()) < _KNOWN_ENOUGH:
        species = "", False
        written_for = ""
    elif not species[1]:
        species = max(guess_species(names.values()), species, key=lambda guess: guess[1])
        written_for = options.species or species[0]
    # A current name that another row has would make two genes one.
    taken = set(names.values())
    _apply(
        names, lambda name: _current(name, written_for, taken), done, "old names are replaced by current ones"
    )
    frame["gene"] = frame["gene"].map(names).fillna("")
    unknown = (
        () if kind == "numbered features" else notices_of_names([n for n in names.values() if n], species[0])
    )
    said = tuple(Finding(topic="Gene names", value=notice, level="notice") for notice in unknown)
    return RepairedGenes(species=species, notices=(*proteins, *unclear, *notices, *said), questions=questions)


def _one_genome(frame: pd.DataFrame, options: ReadOptions, done: list[str]) -> tuple[Question, ...]:
    """Of genes of several genomes, keep those of the one that is looked at. Changes `frame`."""
    genome_of_row = frame["gene"].astype(str).str.extract(GENOME_PREFIX)["genome"]
    genomes = tuple(genome_of_row.value_counts().index)
    if len(genomes) < 2 or genome_of_row.notna().sum() < 0.5 * len(frame):
        return ()
    chosen = chosen_genome(genomes, options)
    others = (genome_of_row != chosen) & genome_of_row.notna()
    frame.loc[others, "gene"] = ""
    done.append(f"Only genes of {chosen} are used; {int(others.sum()):,} rows are of another genome.")
    if options.genome in genomes or options.species is not None:
        return ()
    text = "The table mixes genes of several genomes. Which one do you want to look at?"
    return (Question(option="genome", text=text, choices=genomes, suggested=chosen),)


def _refuse_numbered(names: dict[str, str]) -> None:
    """Refuse names that only count (f1, f2, ...): as genes they would mean others (F9)."""
    if kind_of_names(names.values()) == "numbered features":
        sample = ", ".join(list(names)[:4])
        raise GeneIdError(
            "This table has no gene names.",
            f"What stands for the genes is only numbered ({sample}).",
            "Write the table again with the names of the genes, or choose the column that holds them.",
        )


def _antibodies(names: dict[str, str]) -> tuple[Finding, ...]:
    """A word of caution where most names are those of antibodies, which name proteins."""
    tags = [name for name in names.values() if is_antibody(name)]
    if len(tags) <= 0.5 * len(names):
        return ()
    return (
        Finding(
            topic="Gene names",
            value=f"{len(tags)} of {len(names)} names are antibody tags",
            level="notice",
            remark="They name proteins on the surface, some of which are not one gene (CD3, CD16). Labels "
            "need marker genes; take these with care.",
        ),
    )


def _set_controls_aside(names: dict[str, str], done: list[str]) -> None:
    """Empty the names of control probes and antibodies, so that no cluster counts them as genes."""
    aside = [name for name, bare in names.items() if is_control(bare) or is_antibody(bare)]
    if aside and len(aside) < len(names):
        names.update(dict.fromkeys(aside, ""))
        listed = ", ".join(aside[:3])
        done.append(
            f"{counted(len(aside), 'name is', 'names are')} of controls, antibodies or tags and no genes; "
            "set "
            f"aside ({listed})."
        )


def _species_of(names: dict[str, str], beside: pd.DataFrame | None) -> tuple[str, bool]:
    """Species by ids anywhere in the table, else by the gene names."""
    columns = [] if beside is None else [beside[c] for c in beside if beside[c].dtype.kind not in "fbciu"]
    for values in (names.values(), *columns):
        told = species_by_ids(map(str, values))
        if told[1]:
            return told
    return guess_species(names.values())


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
    # R numbers repeats of a name that stands in the same table, so the bare name must be there.
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
        (
            name[:-n]
            for n in (1, 2)
            if len(name) > n and name[-n:].isdigit() and name[-n] != "0" and name[:-n] in present
        ),
        None,
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
    # Entrez numbers look like the day numbers that a spreadsheet makes of dates.
    if _mostly_digits(names):
        return ()
    mangled = {name: repaired for name in names.values() if (repaired := unmangle(name, species or "human"))}
    _apply(
        names,
        lambda name: (mangled[name].symbol or name) if name in mangled else name,
        done,
        "dates made by a spreadsheet are put right",
    )
    unsure = [
        f"{n} ({' or '.join(r.candidates)})" if r.candidates else n
        for n, r in mangled.items()
        if not r.symbol
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
