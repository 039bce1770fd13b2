"""Genes looked up for agents: of this cluster, with the siblings that it resembles."""

from __future__ import annotations

from cassia_core.agents.parse import GeneRequest
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import Setting
from cassia_core.pipeline.annotation.cluster_case import Case, Checks
from cassia_core.pipeline.annotation.looking_up import (
    MOST_MEASURED,
    MOST_SIBLINGS,
    look_up,
    measure,
    siblings_of,
)
from tests.annotating import NothingMeasured, cluster_of

CONNECTING = ("CALB1", "SLC8A1", "TRPV5", "S100G")


def case(values: dict[str, float], **changes: object) -> Case:
    known = [GeneMeasurement(gene=g, status="measured_here", log2fc=v) for g, v in values.items()]
    return Case(
        markers=cluster_of("0", ["SLC12A3", "CALB1"]),
        setting=Setting(species="human", tissue="kidney"),
        params=AnnotationParams(),
        expression=NothingMeasured(known),
        n_genes=50,
        checks=Checks(**changes),
    )


def test_the_sibling_whose_genes_the_cluster_shows_comes_first():
    of_kidney = case(dict.fromkeys(CONNECTING, 2.0))
    siblings = siblings_of(of_kidney, ("kidney distal convoluted tubule epithelial cell",))
    assert siblings[0][0] == "connecting tubule cell"
    assert len(siblings) <= MOST_SIBLINGS


def test_genes_are_measured_once_each_and_siblings_always_with_them():
    many = case({}, sibling_markers=lambda label, species: (("other", ("X", "Y")),))
    values = look_up(many, GeneRequest(hypotheses=("a",), genes=("Y", "Z")), ())
    assert [value.gene for value in values] == ["X", "Y", "Z"]
    assert look_up(many, GeneRequest(hypotheses=("a",), genes=("z",)), values) == values


def test_a_hypothesis_is_not_its_own_sibling():
    pair = case({}, sibling_markers=lambda label, species: (("b", ("X",)), ("c", ("Y",))))
    assert [name for name, _ in siblings_of(pair, ("a", "b"))] == ["c"]


def test_what_is_shown_to_a_model_is_bounded():
    values = measure(case({}), tuple(f"G{i}" for i in range(100)), ())
    assert len(values) == MOST_MEASURED and values[-1].gene == "G99"
