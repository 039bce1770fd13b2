"""Gene ids, symbols, old symbols and orthologues of human and mouse, offline."""

from __future__ import annotations

from collections.abc import Iterable

from cassia_core.genes.other_species import human_counterpart, other_symbol_of
from cassia_core.genes.species_ids import is_ensembl, species_by_ids
from cassia_core.genes.tables_io import SPECIES, gene_table, orthologue_pairs

COMMON_WORDS = frozenset(
    (
        *(
            "CELL",
            "CELLS",
            "NA",
            "NAN",
            "NULL",
            "NONE",
            "OTHER",
            "OTHERS",
            "REST",
            "ALL",
            "TOTAL",
            "SUM",
            "MEAN",
        ),
        *(
            "COUNT",
            "COUNTS",
            "SAMPLE",
            "CLUSTER",
            "GENE",
            "GENES",
            "NAME",
            "NAMES",
            "INDEX",
            "ID",
            "TYPE",
            "GROUP",
        ),
        *("LABEL", "LENGTH", "START", "END", "STRAND", "AREA", "VOLUME", "WIDTH", "HEIGHT", "SCORE"),
        *(
            "MAX",
            "MIN",
            "X",
            "Y",
            "Z",
            "FOV",
            "BATCH",
            "UNKNOWN",
            "FEATURE",
            "MARKER",
            "SYMBOL",
            "TRUE",
            "FALSE",
        ),
        *(
            "BARCODE",
            "SPOT",
            "TISSUE",
            "ORGAN",
            "AGE",
            "SEX",
            "DONOR",
            "PATIENT",
            "CONTROL",
            "BLANK",
            "POSITIVE",
        ),
        *("NEGATIVE", "UP", "DOWN", "NOT", "AND", "THE", "TEST", "VALUE", "VALUES", "UNITS", "ROW", "COLUMN"),
    )
)
"""Words of tables. They are a gene only in exactly its spelling (REST, MAX), never by case or as an alias."""
_SAMPLED_GENES = 3000
_FEW_GENES, _MANY_GENES = 5, 50


def symbol_of(gene_id: str, species: str) -> str | None:
    """Current symbol of an Ensembl id (a version is ignored) or an Entrez id; None when unknown."""
    if species not in SPECIES:
        return other_symbol_of(gene_id, species)
    return gene_table(species).by_id.get(gene_id.strip().upper().split(".")[0])


def canonical(symbol: str, species: str) -> str | None:
    """Current symbol of a symbol, an old symbol or an alias in any case; None when unknown or ambiguous."""
    if species not in SPECIES:
        return None
    table = gene_table(species)
    if symbol in table.symbols:
        return symbol
    upper = symbol.strip().upper()
    # "Rest" as the heading of a column must not be read as the gene REST.
    if upper in COMMON_WORDS:
        return None
    current = table.by_upper.get(upper) or (None if _is_a_word(symbol) else table.other_names.get(upper))
    return None if current is None or "|" in current else current


def _is_a_word(name: str) -> bool:
    """Whether it is written like a word and not like a gene: small letters only ("ice", "fat", "light")."""
    return name.isalpha() and name.islower()


def meanings(symbol: str, species: str) -> tuple[str, ...]:
    """Every current symbol that a name may stand for; more than one when it is ambiguous."""
    known = canonical(symbol, species)
    if known is not None or species not in SPECIES:
        return (known,) if known else ()
    return tuple(
        part for part in gene_table(species).other_names.get(symbol.strip().upper(), "").split("|") if part
    )


def orthologue(symbol: str, source: str, target: str) -> str | None:
    """The gene of the other species, by table; None when there is none, or more than one.

    Several human genes may have the same mouse gene (CD8B and CD8B2: Cd8b1); then only the way from human to
    mouse has an answer.
    """
    if source not in SPECIES and target == "human":
        return human_counterpart(symbol, source)
    current = canonical(symbol, source)
    if current is None or target not in SPECIES:
        return None
    if source == target:
        return current
    to_mouse, to_human = orthologue_pairs()
    return (to_mouse if target == "mouse" else to_human).get(current)


def share_known(names: Iterable[str]) -> float:
    """Share of names that are genes of human or mouse: symbols count whole, Ensembl ids half."""
    names = list(names)
    known = sum(0.5 if is_ensembl(name) else 1.0 for name in names if is_ensembl(name) or _is_symbol(name))
    return known / max(1, len(names))


def _is_symbol(name: str) -> bool:
    return len(name) > 1 and not name.isdigit() and any(canonical(name, species) for species in SPECIES)


def guess_species(symbols: Iterable[str]) -> tuple[str, bool]:
    """Species whose genes these are: by the ids among them, else by symbols in exactly the species' spelling.

    Returns
    -------
    "human", "mouse", by ids also another one ("rat", "pig", "zebrafish", ...) or "", and whether that is
    sure.
    """
    names = [str(name) for name in symbols if name]
    by_ids, sure = species_by_ids(names)
    if sure:
        return by_ids, True
    names = names[:: max(1, len(names) // _SAMPLED_GENES)]
    if names and sum(map(is_ensembl, names)) > 0.5 * len(names):  # of several species, or of an unknown one
        return "", False
    by_name, clear = _species_by_known_names(names)
    votes = {species: _votes(names, species) for species in SPECIES}
    best = max(votes, key=lambda s: votes[s])
    total = sum(votes.values())
    if votes[best] == 0 or votes[best] == total - votes[best]:
        return (by_name, False) if clear else ("", False)
    if clear and by_name != best:  # written in the other species' manner, as CD3D of a mouse
        return by_name, False
    share = votes[best] / total
    return best, share >= 0.8 and votes[best] >= _FEW_GENES and votes[best] >= 0.2 * len(names)


def _species_by_known_names(names: list[str]) -> tuple[str, bool]:
    """The species that knows more of the names in any spelling, and whether it is clearly more."""
    if len(names) < _MANY_GENES:
        return "", False
    known = {
        species: sum(name.upper() in gene_table(species).by_upper for name in names) / len(names)
        for species in SPECIES
    }
    best = max(known, key=lambda s: known[s])
    return best, known[best] > 0.3 and known[best] - min(known.values()) > 0.1


def _votes(names: list[str], species: str) -> int:
    """Names spelled as this species spells them and as the other does not."""
    table = gene_table(species)
    other = gene_table("mouse" if species == "human" else "human")
    votes = 0
    for name in names:
        # A symbol that both species spell alike tells nothing.
        if name in other.symbols:
            continue
        if name in table.symbols or (
            name.upper() in table.other_names
            and name.isupper() == (species == "human")
            and name.upper() not in other.by_upper
        ):
            votes += 1
    return votes
