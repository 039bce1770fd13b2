"""Score one marker list against every type at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import Setting
from cassia_core.genes.families import quiet_kind
from cassia_core.knowledge.content.states import state_genes
from cassia_core.knowledge.content.symbols import current
from cassia_core.knowledge.content.tissues import ANY, FETAL, TUMOUR, related, tissue_keys
from cassia_core.knowledge.naming.lineages import lineages
from cassia_core.knowledge.scoring.profiles import Profiles, ProfileSettings, load_profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Constants of the scorer, chosen by measurement (tests/bench/knowledge.py)."""

    profiles: ProfileSettings = ProfileSettings()
    rank_half: float = 40.0
    """Rank (from 0) at which a gene counts half."""
    temperature: float = 2.5
    away_from_home: float = 2.5
    """Log prior taken from types that are not at home in the tissue."""
    wanderer: float = 0.8
    """The same for blood, immune and vessel cells, which are everywhere."""
    stand_out: float = 0.5
    """Share that a lineage needs of what is below its umbrella to be named instead of it."""
    descend: float = 0.55
    """Share of a node's posterior that a child needs to be named instead."""
    descend_abstract: float = 0.35
    """The same below a type that merely orders the tree ("connective tissue cell")."""
    crowd: float = 0.5
    """Prior of a type in a lineage of n types: n to the power of minus this."""
    vague: float = 2.0
    """Log prior taken from lineages that say nothing definite, such as "leukocyte"."""
    state_gene: float = 0.05
    """A gene of cycling, stress or low quality counts this much: any type can show it."""
    per_telling_gene: float = 2.0
    chance_start: float = 9.5
    chance_per_gene: float = 0.23
    """Support that about 1 to 3 % of lists of n random genes reach: `chance_start - n * chance_per_gene`."""
    mixture_gain: float = 5.0
    mixture_genes: int = 3


DEFAULTS = EngineSettings()
CELL_SHARE = 2.0
"""Times that the evidence of the cells (`knowledge.cells`) counts beside the log-likelihood ratio of a
list.
"""
TELLING = 0.35
"""A gene is named as a reason for a type from this weighted log-likelihood ratio on."""
LONGEST = 75
"""Genes up to which chance was measured."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """A list against all types.

    Arrays run over the list's genes (`rows`, `weights`) or over types (`llr`, `prior`). `length` is the
    number of
    genes, those of states hardly counting.
    """

    profiles: Profiles
    genes: tuple[str, ...]
    rows: np.ndarray
    weights: np.ndarray
    length: float
    tumour: bool
    llr: np.ndarray
    prior: np.ndarray
    cells: Contrast | None = None
    """What the cells say beside the list; None where there are none."""

    @property
    def fit(self) -> np.ndarray:
        """How well each type explains the list and the cells together, before any prior."""
        if self.cells is None:
            return self.llr
        evidence_of = {
            self.profiles.column[t.name]: t.evidence
            for t in self.cells.types
            if t.name in self.profiles.column
        }
        # Types that the cells were not asked about get the weakest evidence seen, not none: none would be
        # better than bad.
        evidence = np.full(len(self.llr), min(evidence_of.values(), default=0.0))
        evidence[list(evidence_of)] = list(evidence_of.values())
        return self.llr + CELL_SHARE * evidence

    def support(self, t: int, settings: EngineSettings) -> float:
        """How far the list's support for type `t` exceeds what random genes reach; at or below 0 it is no
        support.

        The log-likelihood ratio plus a bonus for every telling gene, less the same for random lists of that
        length.
        """
        telling = int(np.sum(self.gains(t) > TELLING))
        # A long list supports some type by chance alone, a short one hardly; the line was fitted on random
        # lists (docs/EVIDENCE.md).
        chance = settings.chance_start - settings.chance_per_gene * min(self.length, LONGEST)
        return float(self.llr[t]) + settings.per_telling_gene * telling - chance

    def gains(self, t: int) -> np.ndarray:
        """What each gene of the list says for type `t`, weighted by its rank."""
        return self.profiles.gain[self.rows, t] * self.weights


def species_key(text: str) -> str:
    """ "mouse" for mice in whatever words, else "human" (whose symbols most other species' files carry)."""
    plain = text.strip().lower()
    return (
        "mouse"
        if plain in ("mouse", "mice", "murine", "mus musculus", "m. musculus", "mmusculus")
        else "human"
    )


def score_types(
    markers: ClusterMarkers | Sequence[str],
    setting: Setting,
    n_genes: int,
    settings: EngineSettings = DEFAULTS,
    cells: Contrast | None = None,
) -> Scores:
    """Log-likelihood ratio of every type for the first `n_genes` of a list, and the tissue's prior."""
    profiles = load_profiles(species_key(setting.species), settings.profiles)
    listed = (
        markers.genes
        if isinstance(markers, ClusterMarkers)
        else tuple(MarkerGene(gene=gene, rank=rank) for rank, gene in enumerate(markers, start=1))
    )
    genes = _first_speaking(listed, n_genes, profiles)
    names, rows, weights, length = _weigh_genes(genes, profiles, settings)
    llr = weights @ profiles.gain[rows] + weights.sum() * profiles.off_list
    return Scores(
        profiles=profiles,
        genes=names,
        rows=rows,
        weights=weights,
        length=length,
        llr=llr,
        tumour=TUMOUR in tissue_keys(f"{setting.tissue} {setting.context}"),
        cells=cells,
        prior=tissue_prior(profiles.species, setting.tissue, settings),
    )


def _says_nothing(gene: str, profiles: Profiles) -> bool:
    """Whether a gene is ribosomal, mitochondrial, a pseudogene or without a name, and no type lists it."""
    return bool(quiet_kind(gene, profiles.species)) and profiles.own_row(gene) == len(profiles.gain) - 1


def _first_speaking(genes: Sequence[MarkerGene], n_genes: int, profiles: Profiles) -> Sequence[MarkerGene]:
    """The list up to its `n_genes`-th gene that can speak for a type; the others take no place."""
    speaking = 0
    for i, gene in enumerate(genes):
        speaking += not _says_nothing(gene.gene, profiles)
        if speaking == n_genes:
            return genes[: i + 1]
    return genes


def _weigh_genes(
    genes: Sequence[MarkerGene], profiles: Profiles, settings: EngineSettings
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, float]:
    """Each gene once, with its row and its weight: by rank, and less where the gene is as common outside.

    Last comes the length of the list, genes of states counting for as little as they weigh.
    """
    names, rows, weights = [], [], []
    seen: set[str] = set()
    read, unknown = 0.0, len(profiles.gain) - 1
    of_states = state_genes(profiles.species)
    for gene in genes:
        row = profiles.row(gene.gene)
        key = gene.gene if row == unknown else str(row)
        if key in seen:
            continue
        weight = 1 / (1 + read / settings.rank_half)
        seen.add(key)
        if gene.pct_in is not None and gene.pct_out is not None:
            weight *= 0.6 + 0.4 * min(1.0, max(0.0, gene.pct_in - gene.pct_out) / 0.4)
        if _says_nothing(gene.gene, profiles):
            weight = 0.0
        elif current(gene.gene, profiles.species) in of_states:
            weight *= settings.state_gene
            read += settings.state_gene
        else:
            read += 1
        names.append(gene.gene)
        rows.append(row)
        weights.append(weight)
    return tuple(names), np.array(rows, dtype=np.intp), np.array(weights, dtype=np.float32), read


@cache
def tissue_prior(species: str, tissue: str, settings: EngineSettings) -> np.ndarray:
    """Log prior of every type in a tissue: 0 at home, below 0 elsewhere. An unknown tissue says nothing."""
    profiles = load_profiles(species, settings.profiles)
    keys = set(tissue_keys(tissue)) - {TUMOUR}
    prior = np.zeros(len(profiles.entries))
    if not keys or ANY in keys:
        return prior - _crowding(profiles, settings)
    near = set().union(*(related(key) for key in keys))
    for t, entry in enumerate(profiles.entries):
        if ANY in entry.tissues or near & set(entry.tissues):
            continue
        prior[t] = -settings.wanderer if _wanders(profiles, t) else -settings.away_from_home
        if set(entry.tissues) == {FETAL}:
            prior[t] = -settings.away_from_home
    return prior - _crowding(profiles, settings)


def _crowding(profiles: Profiles, settings: EngineSettings) -> np.ndarray:
    """A lineage must not win by the number of its types, nor by saying nothing definite."""
    vague = np.array(
        [lineages()[name].vague if name in lineages() else False for name in profiles.lineage_names]
    )
    crowd = settings.crowd * np.log(np.bincount(profiles.lineage)[profiles.lineage])
    return crowd + settings.vague * vague[profiles.lineage]


def _wanders(profiles: Profiles, t: int) -> bool:
    while profiles.parent[t] >= 0:
        t = int(profiles.parent[t])
    return profiles.entries[t].name in ("hematopoietic cell", "endothelial cell")
