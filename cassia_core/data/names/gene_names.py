"""Gene names of a cell file: which column holds them, made current, made unique; the file's own names are
kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.names.features import genes_only, without_genome_prefix
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Question
from cassia_core.errors import GeneIdError
from cassia_core.genes import canonical, guess_species, symbol_of
from cassia_core.genes.excel import unmangle
from cassia_core.genes.lookup import share_known
from cassia_core.genes.other_species import OTHER_SPECIES, share_with_counterpart
from cassia_core.genes.species_ids import is_ensembl, kind_of_names, species_by_ids
from cassia_core.genes.spelling import OUTER, field_of, without_r_spelling
from cassia_core.genes.tables_io import SPECIES

_PAIRS_NAMED = 3
_SYMBOL_COLUMNS = (
    "gene_symbols",
    "gene_symbol",
    "symbol",
    "symbols",
    "gene_name",
    "gene_names",
    "feature_name",
    "gene_short_name",
    "hgnc_symbol",
    "mgi_symbol",
    "external_gene_name",
    "gene",
    "genes",
    "name",
    "names",
    "features",
    "_index",
    "index",
)
_MAX_UNMAPPED = 0.5
_SAMPLED = 2000
_NOTHING_KNOWN = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneNames:
    """Repaired names of a file's genes.

    `symbols` (n_kept,) are unique, `plain` the same without what makes them unique; `keep` (n_genes,) is
    False
    for features that are no genes. `ids` says what the file had ("symbols", "Ensembl ids", "Entrez ids").
    """

    symbols: np.ndarray
    plain: np.ndarray
    keep: np.ndarray
    ids: str
    species: str
    confident: bool
    ensembl: np.ndarray | None = None
    done: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def _refuse_without_genes(names: pd.Series, keep: np.ndarray) -> None:
    if keep.any():
        return
    raise GeneIdError(
        "The file has no genes.",
        f"All its features are of other kinds: peaks, antibodies, tags or controls ({', '.join(names[:3])}).",
        "Open the file with the gene expression part.",
    )


def repair_gene_names(
    var: pd.DataFrame, options: ReadOptions = ReadOptions(), weights: np.ndarray | None = None
) -> GeneNames:
    """Find the best gene name of every row of `var` and make it current and unique.

    Parameters
    ----------
    var
        The file's table of genes (n_genes rows); its index holds the file's names.
    options
        `symbol_column` and `genome` where the person answered a question.
    weights
        (n_genes,) total signal per gene: of genes with the same name, the strongest keeps it.

    Raises
    ------
    GeneIdError
        More than half of the ids cannot be turned into symbols, or no gene is left.
    """
    done: list[str] = []
    notices: list[str] = []
    questions: list[Question] = []
    names = _without_blanks(pd.Series(np.asarray(var.index.astype(str))), done)
    keep = genes_only(var, names, done)
    _refuse_without_genes(names, keep)
    names, genome_keep = without_genome_prefix(names, keep, options, done, questions)
    keep &= genome_keep
    _refuse_without_genes(names, keep)
    table = var.reset_index(drop=True)[keep]
    weights = None if weights is None else np.asarray(weights)[keep]
    names = names[keep].reset_index(drop=True)
    table = table.reset_index(drop=True)
    symbols, ids, ensembl = _best_names(names, table, options, done, questions)
    species, confident = _species_of(names, symbols, table, ensembl)
    # The order matters: the species is read from the ids, spellings are told by what the species has, and a
    # name is made current only once it is known which names other rows have.
    symbols = _map_ids(symbols, ids, species, done)
    if not confident:
        species, confident = max(guess_species(symbols), (species, confident), key=lambda guess: guess[1])
    written_for = options.species or species
    symbols = _undo_r(symbols, written_for, done)
    symbols = _undo_spreadsheet(symbols, written_for, done, notices)
    symbols = _made_current(symbols, ensembl, written_for, done)
    notices += notices_of_names(symbols.iloc[:: max(1, len(symbols) // _SAMPLED)].tolist(), species)
    unique = _made_unique(symbols, ensembl, weights, done)
    return GeneNames(
        symbols=unique,
        plain=symbols.to_numpy(dtype=object),
        keep=keep,
        ids=ids,
        species=species,
        confident=confident,
        ensembl=None if ensembl is None else ensembl.to_numpy(dtype=object),
        done=tuple(done),
        notices=tuple(notices),
        questions=tuple(questions),
    )


def notices_of_names(sample: list[str], species: str) -> list[str]:
    """What a person should know of names that are mostly no genes that we know."""
    kind = kind_of_names(sample)
    if kind == "transcripts":
        return ["These are transcripts and no genes; several belong to one gene. Add them up to genes first."]
    if kind == "equivalence classes":
        return ["These are equivalence classes of reads and no genes. Quantify genes instead."]
    if kind == "numbered features":
        return [f"The features are only numbered ({', '.join(sample[:2])}); no gene is named."]
    if species in OTHER_SPECIES:
        share = share_with_counterpart(sample, species)
        return [
            f"{share:.0%} of the gene names of this species ({species}) have one human counterpart. "
            "The offline engine knows human and mouse cells only: take its labels with care."
        ]
    known = share_known(sample)
    if known >= _MAX_UNMAPPED:
        return []
    if species not in ("", "human", "mouse"):
        return [
            f"{known:.0%} of the gene names of this species ({species}) are also names of human or mouse "
            "genes; "
            "the others say nothing to the offline engine."
        ]
    return [
        f"Only {known:.0%} of the gene names are known to us, as human or mouse; labels need known names."
    ]


def nothing_known(names: list[str]) -> bool:
    """Whether no name, but for one that meets an old alias by chance, is a gene of human or mouse."""
    sample = names[:: max(1, len(names) // _SAMPLED)]
    return bool(sample) and share_known(sample) <= _NOTHING_KNOWN


def _without_blanks(names: pd.Series, done: list[str]) -> pd.Series:
    """Names without blanks and quotes around them."""
    bare = names.str.strip(OUTER)
    changed = bare != names
    if changed.any():
        done.append(f"Blanks or quotes around {counted(int(changed.sum()), 'name', 'names')} are taken off.")
    return bare


def _species_of(
    names: pd.Series, symbols: pd.Series, table: pd.DataFrame, ensembl: pd.Series | None
) -> tuple[str, bool]:
    """Species by the ids that the file has anywhere, also where they are few; else by the symbols."""
    text = [table[c].astype(str) for c in table if table[c].dtype.kind not in "fbciu"]
    for values in (ensembl, names, *text):
        if values is not None and (told := species_by_ids(values))[1]:
            return told
    return guess_species(ensembl if ensembl is not None else symbols)


def _undo_r(symbols: pd.Series, species: str, done: list[str]) -> pd.Series:
    """Dashes where R put dots, and no X before a digit."""
    first = {name: without_r_spelling(name, species) for name in symbols.unique()}
    restored = [(old, new) for old, new in first.items() if old != new]
    if not restored:
        return symbols
    # Not one dash in the file: it went through R, and then dots that could be either were dashes, too.
    in_r = not symbols.str.contains("-", regex=False).any()
    mended = {name: without_r_spelling(name, species, in_r=in_r) for name in first}
    changed = [(old, new) for old, new in mended.items() if old != new]
    before_digits = [(old, new) for old, new in changed if new[:1].isdigit()]
    with_dots = [pair for pair in changed if pair not in before_digits]
    parts = [
        f"{what} ({_pairs_named(pairs)})"
        for what, pairs in (("dots for dashes", with_dots), ("an X before a digit", before_digits))
        if pairs
    ]
    done.append(
        f"{counted(len(changed), 'gene name', 'gene names')} written as R does put right: "
        f"{' and '.join(parts)}."
    )
    return symbols.map(mended)


def _pairs_named(pairs: list[tuple[str, str]]) -> str:
    """The first names as they were and as they are now."""
    more = f" and {len(pairs) - _PAIRS_NAMED:,} more" if len(pairs) > _PAIRS_NAMED else ""
    return ", ".join(f"{old} to {new}" for old, new in pairs[:_PAIRS_NAMED]) + more


def _best_names(
    names: pd.Series, table: pd.DataFrame, options: ReadOptions, done: list[str], questions: list[Question]
) -> tuple[pd.Series, str, pd.Series | None]:
    """The series that holds the names to use, what they are, and Ensembl ids where the file has them."""
    ensembl = _ensembl_ids(names, table)
    if options.symbol_column and options.symbol_column in table:
        done.append(f"Gene names are read from the column {options.symbol_column}, as you chose.")
        return _filled(table[options.symbol_column], names), "symbols", ensembl
    own = _score(names)
    columns = {
        column: _score(table[column])
        for column in table
        if table[column].dtype.kind not in "fbc" and column not in ("feature_types", "genome")
    }
    # The index keeps its place unless a column clearly names more genes: columns of old symbols or of a
    # second species often know some.
    if own >= 0.5 or not columns or max(columns.values()) <= max(own, 0.3):
        split = _split_composite(names, done)
        if split is not None:
            return split, _kind_of(split), _ensembl_ids(split, table) if ensembl is None else ensembl
        return names, _kind_of(names), ensembl
    order = {name: i for i, name in enumerate(_SYMBOL_COLUMNS)}
    # Rounded, so that of columns that are as good as each other the one with the usual header is taken.
    best = max(columns, key=lambda c: (round(columns[c], 1), -order.get(str(c).lower(), 99)))
    kind = _kind_of(names)
    done.append(f"The file names its genes by {kind}; symbols are taken from its column {best}.")
    rivals = [c for c, score in columns.items() if score > 0.5 and c != best]
    if rivals:
        questions.append(
            Question(
                option="symbol_column",
                text="Which column holds the gene names?",
                choices=(str(best), *map(str, rivals)),
                suggested=str(best),
            )
        )
    return _filled(table[best], names), kind, ensembl


def _filled(column: pd.Series, names: pd.Series) -> pd.Series:
    text = column.astype(object).where(column.notna(), "").astype(str).reset_index(drop=True)
    return text.where(~text.isin(("", "nan", "None", "-")), names)


def _ensembl_ids(names: pd.Series, table: pd.DataFrame) -> pd.Series | None:
    for values in (names, *(table[c] for c in table if table[c].dtype.kind not in "fbciu")):
        text = values.astype(str).reset_index(drop=True)
        if text.head(_SAMPLED).map(is_ensembl).mean() > 0.5:
            return text.str.split(".").str[0]
    return None


def _score(values: pd.Series) -> float:
    """Share of values that are gene symbols we know, human or mouse."""
    text = values.astype(str)
    sample = text.iloc[:: max(1, len(text) // _SAMPLED)]
    named = [name for name in sample if not is_ensembl(name)]
    return share_known(named) * len(named) / max(1, len(sample))


def _kind_of(names: pd.Series) -> str:
    sample = names.head(_SAMPLED)
    if sample.map(is_ensembl).mean() > 0.5:
        return "Ensembl ids"
    if sample.str.isdigit().mean() > 0.5:
        return "numbers" if _is_count(sample) else "Entrez ids"
    return "symbols"


def _is_count(names: pd.Series) -> bool:
    """Whether the names only count the rows (0, 1, 2, ...)."""
    numbers = pd.to_numeric(names, errors="coerce").to_numpy(dtype=float)
    return len(numbers) > 1 and bool(np.all(np.diff(numbers) == 1)) and numbers[0] in (0, 1)


def _split_composite(names: pd.Series, done: list[str]) -> pd.Series | None:
    """Names of several fields, such as ENSG00000167286_CD3D or CD3D|NM_000732|Reference_end: the gene."""
    take = field_of(names.tolist())
    if take is None:
        return None
    split = names.map(take)
    done.append(
        f"Gene names are made of several parts ({names.iloc[0]}); the gene is used ({split.iloc[0]})."
    )
    return split


def _map_ids(symbols: pd.Series, ids: str, species: str, done: list[str]) -> pd.Series:
    """Turn what still is an id into its symbol, by the packaged table."""
    if ids == "numbers" and symbols.str.isdigit().mean() > 0.5:
        raise GeneIdError(
            "This file has no gene names.",
            "Its genes are only numbered, and no column names them.",
            "Add a column with gene symbols to the file, or open another one.",
        )
    is_id = symbols.map(is_ensembl) if ids != "Entrez ids" else symbols.str.isdigit()
    if not is_id.any():
        return symbols
    if ids == "Entrez ids":
        # Entrez numbers of man and mouse overlap in range: the table in which more of them stand tells.
        species = _species_of_entrez(symbols[is_id])
    mapped = symbols[is_id].map(lambda gene_id: symbol_of(gene_id, species))
    known = mapped.notna()
    if is_id.mean() > 0.5 and known.mean() < 1 - _MAX_UNMAPPED:
        raise GeneIdError(
            f"{int((~known).sum()):,} of {len(symbols):,} gene ids are not known to us.",
            "Our table covers human and mouse; markers of unknown ids say nothing to anyone.",
            "Add a column with gene symbols to the file, or choose the one that holds them.",
            details=", ".join(symbols[is_id][~known].head(8)),
        )
    if known.any():
        lost = f"; {int((~known).sum()):,} are not known and keep their id" if not known.all() else ""
        done.append(f"{counted(int(known.sum()), 'gene id is', 'gene ids are')} turned into symbols{lost}.")
    return symbols.where(~is_id, mapped.reindex(symbols.index)).where(lambda s: s.notna(), symbols)


def _species_of_entrez(ids: pd.Series) -> str:
    sample = ids.head(_SAMPLED)
    shares = {
        species: np.mean([symbol_of(i, species) is not None for i in sample])
        for species in ("human", "mouse")
    }
    return max(shares, key=lambda s: shares[s]) if max(shares.values()) > 0 else ""


def _undo_spreadsheet(symbols: pd.Series, species: str, done: list[str], notices: list[str]) -> pd.Series:
    mangled = {
        name: repaired for name in symbols.unique() if (repaired := unmangle(name, species or "human"))
    }
    sure = {name: repaired.symbol for name, repaired in mangled.items() if repaired.symbol}
    unsure = [
        f"{n} ({' or '.join(r.candidates)})" if r.candidates else n
        for n, r in mangled.items()
        if not r.symbol
    ]
    if sure:
        sample = ", ".join(f"{a} to {b}" for a, b in list(sure.items())[:5])
        done.append(
            f"{counted(len(sure), 'gene name', 'gene names')} that a spreadsheet made a date put right "
            f"({sample})."
        )
    if unsure:
        notices.append(
            f"{counted(len(unsure), 'gene name was', 'gene names were')} changed by a spreadsheet and "
            "cannot be told: "
            f"{', '.join(unsure[:6])}."
        )
    return symbols.map(lambda name: sure.get(name, name))


def _made_current(symbols: pd.Series, ensembl: pd.Series | None, species: str, done: list[str]) -> pd.Series:
    """Current symbols for old ones, unless the current one is taken by another row of the file."""
    taken = set(symbols)
    if species not in SPECIES:  # there is no table of their old names
        return symbols
    by_id = ensembl.map(lambda gene_id: symbol_of(gene_id, species)) if ensembl is not None else None
    current = []
    for row, name in enumerate(symbols):
        new = canonical(name, species)
        if new is None and by_id is not None and isinstance(by_id.iloc[row], str):
            new = by_id.iloc[row]
        current.append(name if new is None or new == name or new in taken else new)
        taken.add(current[-1])
    renamed = [(old, new) for old, new in zip(symbols, current, strict=True) if old != new]
    if renamed:
        sample = ", ".join(f"{old} to {new}" for old, new in renamed[:3])
        done.append(
            f"{counted(len(renamed), 'old gene name is', 'old gene names are')} replaced by current ones "
            f"({sample})."
        )
    return pd.Series(current, index=symbols.index, dtype=object)


def _made_unique(
    symbols: pd.Series, ensembl: pd.Series | None, weights: np.ndarray | None, done: list[str]
) -> np.ndarray:
    """Every name once: of equal names the strongest keeps it, the others carry their Ensembl id or a
    number.
    """
    repeated = symbols.duplicated(keep=False)
    names = symbols.to_numpy(dtype=object).copy()
    if not repeated.any():
        return names
    rows = np.flatnonzero(repeated)
    order = rows if weights is None else rows[np.argsort(-weights[rows], kind="stable")]
    taken = set(names[~repeated.to_numpy()])
    for row in order:
        name = names[row]
        if name in taken:
            plain = name
            if ensembl is not None and ensembl.iloc[row] != plain:
                name = f"{plain}-{ensembl.iloc[row]}"
            number = 2
            while name in taken:
                name, number = f"{plain}-{number}", number + 1
            names[row] = name
        taken.add(name)
    several = symbols[repeated].nunique()
    done.append(
        f"{counted(several, 'gene name occurs', 'gene names occur')} more than once "
        f"({', '.join(symbols[repeated].unique()[:3])}); the "
        "strongest row keeps the name, the others carry an id or a number behind it."
    )
    return names
