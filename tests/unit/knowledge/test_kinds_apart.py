"""When two groups of cells are of different kinds, though one of them is read broadly."""

from __future__ import annotations

import numpy as np
import pytest

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.groups import GroupProfiles
from cassia_core.knowledge.cells.kinds import LEAST_BELOW, STRONG, Judge, Part
from cassia_core.knowledge.cells.reading import reference_of
from cassia_core.knowledge.scoring.profiles import load_profiles

CD4, CD8, BROAD = "CD4-positive, alpha-beta T cell", "CD8-positive, alpha-beta T cell", "T cell"
PROFILES = load_profiles("human")
SAYS = PROFILES.gain[:, PROFILES.column[CD8]] - PROFILES.gain[:, PROFILES.column[CD4]]


def symbols(least: float, most: float, n: int) -> list[str]:
    """Genes that speak for CD8 and against CD4 T cells by so much, the clearest first."""
    by_row = {row: gene for gene, row in PROFILES.rows.items()}
    rows = np.argsort(-SAYS, kind="stable")
    return [by_row[r] for r in rows if r in by_row and least <= SAYS[r] < most][:n]


def judged(higher: list[str], rival: str = CD8, n_cells: float = 100.0) -> bool:
    """Whether a group read as "T cell", with these genes higher than in CD4 T cells, is apart from those."""
    genes = tuple(dict.fromkeys([*higher, "CD3D", "CD3E", "CD4", "CD19", "MS4A1", "CD14", "LYZ"]))
    lymphoid, own = np.zeros(len(genes)), np.array([g in higher for g in genes], dtype=float)
    lymphoid[[genes.index("CD3D"), genes.index("CD3E")]] = 2.0
    means = np.stack([lymphoid, lymphoid + 1.5 * own, np.eye(len(genes))[-1] * 3]).astype(np.float32)
    sizes = np.full(3, n_cells)
    groups = GroupProfiles(groups=("a", "b", "c"), genes=genes, sizes=sizes, means=means)
    judge = Judge(reference_of(groups, Setting(species="human", tissue="blood")), stages_apart=True)
    evidence = np.zeros(len(PROFILES.entries))
    evidence[PROFILES.column[rival]] = 5.0
    narrow = Part(groups=(0,), size=n_cells, means=means[0], type=PROFILES.column[CD4])
    broad = Part(groups=(1,), size=n_cells, means=means[1], type=PROFILES.column[BROAD], evidence=evidence)
    assert judge.apart(broad, narrow) == judge.apart(narrow, broad)
    return judge.apart(broad, narrow)


@pytest.mark.parametrize(("n", "apart"), [(LEAST_BELOW - 1, False), (LEAST_BELOW, True)])
def test_a_broad_reading_is_apart_from_a_kind_when_a_whole_programme_differs(n, apart):
    assert judged(symbols(1.2, STRONG, n)) is apart


def test_genes_that_tell_almost_alone_count_twice():
    strong, others = symbols(STRONG, np.inf, 3), symbols(1.2, STRONG, LEAST_BELOW - 6)
    assert len(strong) == 3
    assert judged(strong + others) and not judged(strong + others[1:])


def test_a_broad_reading_whose_likeliest_kind_is_the_other_is_one_with_it():
    assert not judged(symbols(1.2, STRONG, 2 * LEAST_BELOW), rival=CD4)
