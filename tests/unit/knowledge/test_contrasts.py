"""What the cells say, told: the genes that decided, the rival, why no finer kind is named, and the
score's terms.
"""

from __future__ import annotations

import pytest

from cassia_core.domain.annotation import Evidence
from cassia_core.domain.contrast import Contrast
from cassia_core.knowledge.cells.deciding import read_clusters
from cassia_core.knowledge.evidence.light import light_of
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.scoring.engine import rank_types
from tests.knowledge_lists import markers
from tests.unit.knowledge.test_reading_cells import BLOOD, KINDS, groups_of


def contrasts(leave_out: str = "") -> dict[str, Contrast]:
    return dict(zip(KINDS, read_clusters(groups_of(KINDS, leave_out=leave_out), BLOOD), strict=True))


def test_the_genes_that_decided_are_named_with_their_ranges() -> None:
    cells = contrasts()["CD16"]
    assert (cells.named, cells.rival) == ("non-classical monocyte", "intermediate monocyte")
    high = {gene.gene: gene for gene in cells.genes if gene.high}
    silent = {gene.gene for gene in cells.genes if not gene.high}
    assert "FCGR3A" in high
    assert silent and not silent & set(high)
    assert (high["FCGR3A"].mean_in, high["FCGR3A"].lowest, high["FCGR3A"].highest) == (2.0, 0.05, 2.0)
    assert 0 < cells.measured <= cells.known


def test_what_was_not_measured_is_said_with_what_speaks_for_either_kind() -> None:
    cells = contrasts(leave_out="CD14")["CD16"]
    assert cells.named == "monocyte"
    assert cells.rival != "myeloid leukocyte"  # which is above it, not beside it
    assert "CD14, which was not measured" in cells.stopped
    assert "HES4" in cells.stopped
    assert "non-classical monocytes" in cells.stopped


def test_a_single_cluster_has_no_contrast() -> None:
    assert read_clusters(groups_of({"B": KINDS["B"]}), BLOOD) == ()


@pytest.mark.parametrize("label", ["non-classical monocyte", "classical monocyte", "monocyte", "B cell"])
def test_the_terms_of_a_score_add_up_to_it(label: str) -> None:
    cluster, cells = markers(KINDS["CD16"].split()), contrasts()["CD16"]
    evidence = weigh(label, cluster, BLOOD, cells=cells)
    assert sum(term.points for term in evidence.terms) == pytest.approx(evidence.score)
    assert all(term.text for term in evidence.terms)


def test_the_cells_decide_how_deep_the_name_goes_and_the_checks_use_them() -> None:
    cluster, cells = markers(KINDS["CD16"].split()), contrasts()["CD16"]
    assert rank_types(cluster, BLOOD, cells=cells).label == "non-classical monocyte"
    right, wrong = (
        weigh(label, cluster, BLOOD, cells=cells)
        for label in ("non-classical monocyte", "classical monocyte")
    )
    assert right.kind > 0.8 > 0.3 > wrong.kind
    assert right.score > wrong.score


def test_a_kind_whose_defining_gene_nobody_measured_is_never_green_whoever_names_it() -> None:
    cluster = markers(KINDS["CD16"].split())
    lights = {
        gene: light_of(
            weigh("non-classical monocyte", cluster, BLOOD, cells=contrasts(leave_out=gene)["CD16"]),
            None,
            None,
        )
        for gene in ("CD14", "")
    }
    assert lights[""][0] == "high"
    assert lights["CD14"][0] == "medium" and "not the kind" in lights["CD14"][1]


def test_an_open_kind_is_never_green() -> None:
    clear = Evidence(label="B cell", basis="cells", score=90.0, kind=0.95)
    assert light_of(clear, None, None)[0] == "high"
    light, reason = light_of(
        Evidence(label="B cell", basis="cells", score=90.0, kind=0.5, best_alternative="plasma cell"),
        None,
        None,
    )
    assert light == "medium"
    assert "Plasma cell comes close" in reason
