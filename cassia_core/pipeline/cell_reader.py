"""The knowledge base as the one who reads groups of cells (a `CellReader` of the clustering)."""

from __future__ import annotations

import numpy as np

from cassia_core.data.clustering.reading_cells import ClusterKinds, GroupedCluster
from cassia_core.domain.config import UNKNOWN_TISSUE, DatasetSpec
from cassia_core.domain.inside import ClusterInside, KindInside
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.groups import GroupProfiles, Reference, telling_genes
from cassia_core.knowledge.cells.joining import joined_clusters
from cassia_core.knowledge.cells.kinds import Kinds, Tree, kinds_of, reference_groups
from cassia_core.knowledge.cells.reading import reference_of
from cassia_core.knowledge.scoring.list_scores import species_key
from cassia_core.knowledge.scoring.profiles import load_profiles


def reader_of(spec: DatasetSpec) -> KnowledgeReader:
    """The reader for a dataset; an unknown tissue is none."""
    tissue = "" if spec.tissue.strip().lower() == UNKNOWN_TISSUE else spec.tissue
    return KnowledgeReader(Setting(species=spec.species, tissue=tissue))


class KnowledgeReader:
    """Reads groups of cells of one sample (`setting`: its species and tissue)."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def telling(self, genes: tuple[str, ...]) -> np.ndarray:
        return telling_genes(genes, species_key(self._setting.species))[0]

    def kinds(self, clusters: list[GroupedCluster], genes: tuple[str, ...]) -> list[ClusterKinds]:
        trees = _trees(clusters)
        kinds_of_groups = kinds_of(trees, genes, self._setting, self._reference(trees, genes))
        return [self._said(kinds, genes) for kinds in kinds_of_groups]

    def join(self, clusters: list[GroupedCluster], genes: tuple[str, ...]) -> list[np.ndarray]:
        trees = _trees(clusters)
        return joined_clusters(trees, genes, self._setting, self._reference(trees, genes))

    def _reference(self, trees: list[Tree], genes: tuple[str, ...]) -> Reference:
        sizes, means = reference_groups(trees)
        names = tuple(map(str, range(len(sizes))))
        return reference_of(GroupProfiles(groups=names, genes=genes, sizes=sizes, means=means), self._setting)

    def _said(self, kinds: Kinds, genes: tuple[str, ...]) -> ClusterKinds:
        entries = load_profiles(species_key(self._setting.species)).entries
        return ClusterKinds(
            inside=ClusterInside(
                kinds=tuple(
                    KindInside(label=entries[p.type].name, n_cells=int(p.size), confidence=p.confidence)
                    for p in kinds.parts
                ),
                deciding=tuple(genes[g] for g in kinds.deciding),
                rival=entries[kinds.rival].name if kinds.rival >= 0 else "",
            ),
            of_group=kinds.of_group(),
            confidence=kinds.confidence,
        )


def _trees(clusters: list[GroupedCluster]) -> list[Tree]:
    return [Tree(sizes=c.sizes, means=c.means, joins=c.joins) for c in clusters]
