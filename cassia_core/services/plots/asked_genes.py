"""Genes that a person typed or pasted, as the data name them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cassia_core.genes import symbol_of
from cassia_core.genes.lookup import is_ensembl
from cassia_core.knowledge.evidence.label_genes import MOST_GENES
from cassia_core.services.plots.finding_genes import find_gene

_BETWEEN = re.compile(r"[\s,;|]+")
_R_VECTOR = re.compile(r"^c\((?=[\"'])")
_QUOTES = "\"'`“”‘’[]{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedGenes:
    """What became of the genes that were asked for.

    `genes` are names of the data, each once, in the order asked. `renamed` pairs what was asked with the gene
    it was
    taken for (not for other capitals). `absent` were not found; `alike` names measured genes that look like
    one of them.
    `left_out` were found, but are too many for a plot.
    """

    genes: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    absent: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_genes(text: str) -> tuple[str, ...]:
    """The names in a text: divided by blanks, lines, commas or semicolons; quotes and brackets of lists are
    taken off.
    """
    names = (_bare(part) for part in _BETWEEN.split(text))
    return tuple(dict.fromkeys(name for name in names if name))


def find_genes(
    there: Iterable[str], asked: Iterable[str], species: str = "", most: int = MOST_GENES
) -> AskedGenes:
    """Look genes up among those of the data.

    A name is taken as it stands, else in other capitals, else as an old symbol, alias or Ensembl id (with or
    without
    version) of the species. A name that may mean several genes is not guessed.

    Parameters
    ----------
    there
        Names of the genes of the data.
    species
        "human" or "mouse"; with another one, names are only compared.
    """
    names = tuple(there)
    known, by_upper = frozenset(names), {name.upper(): name for name in reversed(names)}
    found_as: dict[str, str] = {}
    absent: list[str] = []
    alike: list[str] = []
    for name in dict.fromkeys(asked):
        gene = name if name in known else by_upper.get(name.upper()) or _by_id(name, species, by_upper)
        if not gene:
            other = find_gene(name, names, species)
            gene = other.gene
            alike += other.alike
        if gene:
            found_as.setdefault(gene, name)
        else:
            absent.append(name)
    genes = tuple(found_as)
    return AskedGenes(
        genes=genes[:most],
        absent=tuple(absent),
        alike=tuple(dict.fromkeys(alike)),
        left_out=genes[most:],
        renamed=tuple((name, gene) for gene, name in found_as.items() if name.upper() != gene.upper()),
    )


def _by_id(name: str, species: str, by_upper: dict[str, str]) -> str:
    """The gene of an Ensembl id, whether the data are named by symbols or by ids; "" for anything else."""
    if not is_ensembl(name):
        return ""
    current = symbol_of(name, species)
    return by_upper.get(current.upper() if current else "") or by_upper.get(name.upper().split(".")[0], "")


def _bare(part: str) -> str:
    name = _R_VECTOR.sub("", part).strip(_QUOTES)
    if name.endswith(")") and "(" not in name:
        name = name.rstrip(")")
    return name.strip(_QUOTES)
