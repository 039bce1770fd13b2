"""Which features of a file are genes, and of which genome."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Question

GENOME_PREFIX = re.compile(r"^(?P<genome>GRCh3[78]|hg19|hg38|GRCm3[89]|mm9|mm10|mm39)(?:-\d{4}-[A-Z])?_+")
_ANTIBODY = re.compile(
    r"(?:^(?:AB|ADT|CITE|adt|ab|prot|Hashtag|HTO)[_-]|[-_](?:TotalSeq|ADT|prot)\w*$|^HTO\d+$"
    r"|^Hashtag_?\d+)"
)
_PEAK = re.compile(r"^(chr)?[\dXYMT]{1,2}[:_-]\d{3,}[-_]\d{3,}$", re.IGNORECASE)


def genes_only(var: pd.DataFrame, names: pd.Series, done: list[str]) -> np.ndarray:
    """Which features are genes, by the file's own word, else by how their names look."""
    for column in ("feature_types", "feature_type"):
        if column in var:
            kinds = var[column].astype(str).to_numpy()
            genes = np.char.lower(kinds.astype(str)) == "gene expression"
            if genes.any() and not genes.all():
                others = ", ".join(
                    f"{(kinds == kind).sum():,} of kind {kind}" for kind in sorted(set(kinds[~genes]))
                )
                done.append(
                    f"{counted(int((~genes).sum()), 'feature is no gene', 'features are no genes')} and "
                    f"set aside ({others})."
                )
                return genes
            if genes.all():
                return genes
    no_gene = (names.str.contains(_ANTIBODY) | names.str.match(_PEAK)).to_numpy()
    if no_gene.any():
        sample = ", ".join(names[no_gene].head(3))
        done.append(
            f"{counted(int(no_gene.sum()), 'feature looks', 'features look')} like antibodies, tags or "
            f"peaks and set aside ({sample})."
        )
    return ~no_gene


def without_genome_prefix(
    names: pd.Series, keep: np.ndarray, options: ReadOptions, done: list[str], questions: list[Question]
) -> tuple[pd.Series, np.ndarray]:
    """Names without the genome before them, and which features belong to the genome that is looked at."""
    found = names.str.extract(GENOME_PREFIX)["genome"]
    share = found.notna() & keep
    if share.sum() < 0.5 * keep.sum():
        return names, np.ones(len(names), dtype=bool)
    counts = found[share].value_counts()
    bare = names.str.replace(GENOME_PREFIX, "", regex=True)
    genomes = tuple(counts.index)
    if len(genomes) == 1:
        done.append(f"The prefix {genomes[0]}_ is taken off {int(share.sum()):,} gene names.")
        return bare, np.ones(len(names), dtype=bool)
    chosen = options.genome if options.genome in genomes else genomes[0]
    questions.append(
        Question(
            option="genome",
            choices=genomes,
            suggested=chosen,
            text="The file mixes genes of several genomes. Which one do you want to look at?",
        )
    )
    done.append(
        f"Only the {int(counts[chosen]):,} genes of {chosen} are used; the file also has "
        f"{', '.join(f'{int(counts[g]):,} of {g}' for g in genomes if g != chosen)}."
    )
    return bare, (found == chosen).to_numpy()
