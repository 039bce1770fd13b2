"""Which features of a file are genes, and of which genome."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Question
from cassia_core.genes.spelling import GENOME_PREFIX

_ANTIBODY = re.compile(
    r"(?:^(?:AB|ADT|CITE|adt|ab|prot|Hashtag|HTO|SampleTag)[_-]"
    r"|^anti-(?:human|mouse)[-_. ]"
    r"|[-_.|](?:ADT|HTO|prot|protein|pAbO|stAbO|AbO)$|[-_.|]Total(?:Seq)?[-_]?[ABCD]?\d*$"
    r"|^HTO\d+$|^Hashtag_?\d+|^SampleTag\d+)"
)
"""Antibodies and tags of samples by whole names or by the ending that names their kind (TotalSeq of
BioLegend,
AbSeq and sample tags of BD Rhapsody, as their manuals write them)."""
_PEAK = re.compile(
    r"^(?:chr\w{1,25}[:_-]\d+[-_]\d+|[\dXYMT]{1,2}[:_-]\d{3,}[-_]\d{3,}|(?:GL|KI)\d{6}\.\d[:_-]\d+[-_]\d+)$",
    re.IGNORECASE,
)
"""A stretch of a chromosome or of an unplaced piece of one, as peaks are called; the first starts at 0."""
_CONTROL = re.compile(
    r"^(?:blank(?:[-_ ]?codeword)?[-_ ]?\d+|neg(?:ative)?[-_ ]?(?:ctrl|control)?[-_ "
    r"]?(?:prb|probe|codeword)s?[-_ ]?\d*"
    r"|neg(?:ative)?[-_ ]?(?:ctrl|control)[-_ ]?\d+|negative[-_ ]?\d+"
    r"|NegProbe\S*|(?:un)?assigned[-_ ]?codeword[-_ ]?\d+|deprecated[-_ ]?codeword[-_ ]?\d+|deprecated_\S+"
    r"|system[-_ ]?control[-_ ]?\d+|false[-_ ]?code[-_ ]?\d+|genomic[-_ ]?control\S*|intergenic[-_ "
    r"]?region\S*"
    r"|antisense[-_]\S+|fiducial\S*|ERCC-\d{5}|__(?:no_feature|ambiguous|too_low_aQual|not_aligned"
    r"|alignment_not_unique)|N_(?:unmapped|multimapping|noFeature|ambiguous))$",
    re.IGNORECASE,
)
"""Control probes and codewords of MERSCOPE (Blank-n), CosMx (NegPrb, Negative, SystemControl, FalseCode) and
Xenium
(NegControlProbe, NegControlCodeword, UnassignedCodeword, DeprecatedCodeword, BLANK, Intergenic_Region,
antisense), the
spike-ins of ERCC, and the sums of HTSeq and STAR; names as in the makers' output files."""
_KIND_OF_GENES = "gene expression"


def is_control(name: str) -> bool:
    """Whether a feature is a control probe, an unused codeword, a spike-in or a sum, by its whole name."""
    return _CONTROL.match(name) is not None


def is_antibody(name: str) -> bool:
    """Whether a feature is an antibody or a tag of a sample, by its whole name."""
    return _ANTIBODY.search(name) is not None


def genes_only(var: pd.DataFrame, names: pd.Series, done: list[str]) -> np.ndarray:
    """Which features are genes: by the file's own word, else by how their names look; controls never are."""
    controls = names.map(is_control).to_numpy(dtype=bool)
    said_by_file = _by_kind(var, done)
    if said_by_file is None:
        others = (names.map(is_antibody) | names.str.match(_PEAK)).to_numpy(dtype=bool)
        if others.any() and not (others | controls).all():
            sample = ", ".join(names[others].head(3))
            done.append(
                f"{counted(int(others.sum()), 'feature looks', 'features look')} like antibodies, tags or "
                f"peaks and set aside ({sample})."
            )
        said_by_file = ~others
    controls &= said_by_file
    if controls.any():
        sample = ", ".join(names[controls].head(3))
        done.append(
            f"{counted(int(controls.sum()), 'feature is a control', 'features are controls')} (probes, "
            "codewords, "
            f"spike-ins or sums) and set aside ({sample})."
        )
    return said_by_file & ~controls


def _by_kind(var: pd.DataFrame, done: list[str]) -> np.ndarray | None:
    """Which features the file itself calls genes; None where it does not say."""
    for column in ("feature_types", "feature_type"):
        if column in var:
            kinds = var[column].astype(str).to_numpy().astype(str)
            genes = np.char.lower(kinds) == _KIND_OF_GENES
            if genes.any() and not genes.all():
                others = ", ".join(
                    f"{(kinds == kind).sum():,} of kind {kind}" for kind in sorted(set(kinds[~genes]))
                )
                done.append(
                    f"{counted(int((~genes).sum()), 'feature is no gene', 'features are no genes')} and "
                    f"set aside ({others})."
                )
            if genes.any():
                return genes
    return None


def without_genome_prefix(
    names: pd.Series, keep: np.ndarray, options: ReadOptions, done: list[str], questions: list[Question]
) -> tuple[pd.Series, np.ndarray]:
    """Names without the genome before them, and which features belong to the genome that is looked at."""
    genomes_of_names = names.str.extract(GENOME_PREFIX)["genome"]
    share = genomes_of_names.notna() & keep
    if share.sum() < 0.5 * keep.sum():
        return names, np.ones(len(names), dtype=bool)
    counts = genomes_of_names[share].value_counts()
    bare = names.str.replace(GENOME_PREFIX, "", regex=True)
    genomes = tuple(counts.index)
    if len(genomes) == 1:
        done.append(f"The prefix {genomes[0]} is taken off {int(share.sum()):,} gene names.")
        return bare, np.ones(len(names), dtype=bool)
    chosen = chosen_genome(genomes, options)
    if options.genome not in genomes and options.species is None:
        questions.append(
            Question(
                option="genome",
                choices=genomes,
                suggested=chosen,
                text="The file mixes genes of several genomes. Which one do you want to look at?",
            )
        )
    why = "" if options.species is None or options.genome in genomes else ", as the species is given"
    done.append(
        f"Only the {int(counts[chosen]):,} genes of {chosen} are used{why}; the file also has "
        f"{', '.join(f'{int(counts[g]):,} of {g}' for g in genomes if g != chosen)}."
    )
    return bare, (genomes_of_names == chosen).to_numpy()


_GENOME_OF = (
    ("human", re.compile(r"^(grch|hg|human|t2t|homo)", re.IGNORECASE)),
    ("mouse", re.compile(r"^(grcm|mm\d|mouse|mus)", re.IGNORECASE)),
    ("rat", re.compile(r"^(rn\d|rnor|mratbn|rat)", re.IGNORECASE)),
    ("macaque", re.compile(r"^(mmul|rhemac)", re.IGNORECASE)),
    ("pig", re.compile(r"^(sscrofa|susscr)", re.IGNORECASE)),
    ("zebrafish", re.compile(r"^(grcz|danrer|zv\d)", re.IGNORECASE)),
    ("chicken", re.compile(r"^(galgal|grcg)", re.IGNORECASE)),
)


def chosen_genome(genomes: tuple[str, ...], options: ReadOptions) -> str:
    """The genome to look at: the one named, else that of the species given, else the first."""
    if options.genome in genomes:
        return str(options.genome)
    wanted = next((pattern for species, pattern in _GENOME_OF if species == options.species), None)
    of_species = [genome for genome in genomes if wanted is not None and wanted.match(genome)]
    return of_species[0] if of_species else genomes[0]
