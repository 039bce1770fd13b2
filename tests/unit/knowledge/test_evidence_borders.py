"""The numbers of docs/EVIDENCE.md, section 5, each at its border, on scores made for it."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.evidence.conflicts import find_conflicts, find_unexpected
from cassia_core.knowledge.evidence.evidence_score import Against, evidence_score
from cassia_core.knowledge.evidence.expected import _listed, _look, weigh_expected
from cassia_core.knowledge.scoring.list_scores import score_types
from cassia_core.knowledge.scoring.mixtures import joint_llr
from tests.knowledge_lists import markers

T, B, NK = "T cell", "B cell", "natural killer cell"
ENTRY = SimpleNamespace(name="T cell")


def measured(pct: float | None = None, change: float | None = None, **more: object) -> GeneMeasurement:
    return GeneMeasurement(gene="G", status="measured_here", pct_in=pct, log2fc=change, **more)


@pytest.mark.parametrize(
    ("value", "kind", "weight"),
    [
        (measured(0.15, 0.25), "supporting", 1.4),
        (measured(0.15), "supporting", 1.4),
        (measured(0.14, 3.0), None, None),
        (measured(0.15, 0.24), None, None),
        (measured(0.049, 3.0), "silent", 2.0),
        (measured(0.0), "silent", 2.0),
        (measured(0.05, 0.0), None, None),
        (measured(0.05, -0.1), "silent", 1.0),
        (measured(0.9, -0.1), "silent", 1.0),
        (measured(None, -0.1), "silent", 1.0),
        (measured(None, 3.0), None, None),
        (measured(), None, None),
        (GeneMeasurement(gene="G", status="only_elsewhere", top_cluster="3"), "silent", 1.0),
        (GeneMeasurement(gene="G", status="not_in_data"), "not_measured", 2.0),
        (GeneMeasurement(gene="G", status="not_in_table"), "not_measured", 2.0),
        (None, "not_measured", 2.0),
    ],
)
def test_a_marker_outside_the_list_speaks_by_what_was_measured(value, kind, weight):
    item = _look("G", 2.0, ENTRY, value)
    assert (item and item.kind, item and item.weight) == (kind, weight)


def scores_of(gain, names, *, llr, support=0.0, cells=None, kin=None):
    """Genes (rows) by types (columns), each type of a lineage of its own unless `kin` says otherwise; no type
    lies above or below another."""
    gain = np.asarray(gain, dtype=np.float64)
    profiles = SimpleNamespace(
        gain=gain,
        lineage_names=names,
        lineage=np.arange(len(names)) if kin is None else np.asarray(kin),
        off_list=0.0,
        entries=[SimpleNamespace(name=name) for name in names],
        subtree=lambda t: [t],
        above=lambda t: [],
    )
    return SimpleNamespace(
        profiles=profiles,
        genes=tuple(f"G{i}" for i in range(len(gain))),
        rows=np.arange(len(gain)),
        weights=np.ones(len(gain)),
        llr=np.asarray(llr, dtype=np.float64),
        prior=np.zeros(gain.shape[1]),
        support=lambda t, settings: support,
        gains=lambda t: gain[:, t],
        cells=cells,
    )


@pytest.mark.parametrize(
    ("says", "own", "n_genes", "is_conflict"),
    [
        (8.0, 0.0, 3, True),
        (8.0, 0.0, 2, False),
        (8.0, 0.29, 3, True),
        (8.0, 0.3, 3, False),
        (1.51, 0.0, 30, True),
        (1.5, 0.0, 30, False),
    ],
)
def test_three_clear_genes_of_an_exclusive_lineage_are_a_conflict(says, own, n_genes, is_conflict):
    gain = [[6.0, 0.0]] * 8 + [[own, says]] * n_genes
    scores = scores_of(gain, (T, B), llr=[0.0, 0.0])
    items = find_conflicts(scores, np.array([0.9, 0.1]), 0)
    assert [item.gene for item in items] == ([f"G{8 + i}" for i in range(n_genes)] if is_conflict else [])
    assert all(item.points_to == B and item.weight == says for item in items)


@pytest.mark.parametrize(("beyond", "is_conflict"), [(5.0, True), (4.99, False)])
def test_a_conflict_makes_the_list_read_better_as_two_types_by_five(beyond, is_conflict):
    gain = [[6.0, 0.0]] * 4 + [[0.0, 6.0]] * 3
    both = joint_llr(scores_of(gain, (T, B), llr=[0.0, 0.0]), 0, 1)
    alone = scores_of(gain, (T, B), llr=[both - beyond, 0.0])
    assert bool(find_conflicts(alone, np.array([0.9, 0.1]), 0)) is is_conflict
    better = scores_of(gain, (T, B), llr=[1.0, both - beyond])
    assert bool(find_conflicts(better, np.array([0.9, 0.1]), 0)) is is_conflict, "the better one alone counts"
    wrong = scores_of(gain, (T, B), llr=[0.0, both])
    assert find_conflicts(wrong, np.array([0.1, 0.9]), 0), "a label that nothing speaks for"


def test_kin_of_the_label_are_no_conflict():
    gain = [[6.0, 0.0]] * 4 + [[0.0, 6.0]] * 3
    assert find_conflicts(scores_of(gain, (T, NK), llr=[0.0, 0.0]), np.array([0.9, 0.1]), 0) == ()


@pytest.mark.parametrize(
    ("says", "own", "place", "told"),
    [(2.5, 0.3, 19, True), (2.49, 0.0, 0, False), (2.5, 0.31, 0, False), (9.0, 0.0, 20, False)],
)
def test_a_strong_gene_near_the_top_that_the_label_leaves_unexplained_is_unexpected(says, own, place, told):
    gain = [[3.0, 0.0]] * place + [[own, says]]
    items = find_unexpected(scores_of(gain, (T, B), llr=[0.0, 0.0]), 0, ())
    assert [item.gene for item in items] == ([f"G{place}"] if told else [])
    assert all((item.kind, item.points_to, item.weight) == ("unexpected", B, says) for item in items)


def test_five_unexpected_genes_are_shown_and_none_that_is_a_conflict():
    scores = scores_of([[0.0, 5.0]] * 9, (T, B), llr=[0.0, 0.0])
    conflict = EvidenceItem(gene="G1", kind="conflicting", weight=1.0)
    items = find_unexpected(scores, 0, (conflict,))
    assert [item.gene for item in items] == ["G0", "G2", "G3", "G4", "G5"]


def value_of(share, *, support=1e9, kin=(0, 0, 1), llr=(10.0, 0.0, 0.0), cells=None, **against) -> float:
    """Score of the first of three types, of which the first two are of one lineage."""
    scores = scores_of(np.ones((5, 3)), (T, B, NK), llr=llr, support=support, cells=cells, kin=kin)
    return evidence_score(scores, np.asarray(share), 0, Against(**against)).value


def test_all_that_speaks_for_a_label_makes_a_hundred():
    assert value_of([1.0, 0.0, 0.0]) == 100.0


@pytest.mark.parametrize(
    ("support", "part"), [(10.0 * math.log(2), 0.5), (10.0, 0.632), (0.0, 0.0), (-3.0, 0.0)]
)
def test_support_wears_off_with_a_scale_of_ten(support, part):
    assert value_of([1.0, 0.0, 0.0], support=support) == pytest.approx(100 * part, abs=0.06)


@pytest.mark.parametrize(
    ("share", "value"),
    [((0.6, 0.0, 0.4), 60.0), ((0.5, 0.5, 0.0), 82.5), ((0.0, 1.0, 0.0), 65.0), ((0.3, 0.3, 0.4), 49.5)],
)
def test_lineage_and_kind_take_their_parts_of_the_posterior(share, value):
    assert value_of(share) == pytest.approx(value)


@pytest.mark.parametrize(("kind", "value"), [(1.0, 100.0), (0.5, 75.0), (None, 51.0)])
def test_with_cells_half_hangs_on_the_kind_as_they_read_it(kind, value):
    found = None if kind is None else SimpleNamespace(kind=kind)
    cells = SimpleNamespace(type_reading=lambda name: found, rival="")
    assert value_of([1.0, 0.0, 0.0], cells=cells) == pytest.approx(value)


@pytest.mark.parametrize(("silent", "value"), [(0.4, 100.0), (0.7, 75.0), (1.0, 50.0), (0.1, 100.0)])
def test_silent_markers_cost_from_two_fifths_on_and_half_at_the_most(silent, value):
    assert value_of([1.0, 0.0, 0.0], silent_share=silent) == pytest.approx(value)


@pytest.mark.parametrize(
    ("weight", "llr", "value"), [(10.0, 10.0, 70.0), (1.0, -5.0, 70.0), (30.0, 10.0, 55.0)]
)
def test_conflicts_cost_by_their_weight_beside_that_of_the_label(weight, llr, value):
    items = (EvidenceItem(gene="X", kind="conflicting", weight=weight),)
    assert value_of([1.0, 0.0, 0.0], llr=(llr, 0.0, 0.0), conflicts=items) == pytest.approx(value)


def test_the_terms_add_up_to_the_score_and_name_what_they_take_off():
    items = tuple(EvidenceItem(gene=f"X{i}", kind="conflicting", weight=2.0) for i in range(6))
    scores = scores_of(np.ones((5, 3)), (T, B, NK), llr=(10.0, 0, 0), support=20.0, kin=(0, 0, 1))
    against = Against(silent=("A", "B"), silent_share=0.6, conflicts=items)
    score = evidence_score(scores, np.array([0.5, 0.3, 0.2]), 0, against)
    assert sum(term.points for term in score.terms) == pytest.approx(score.value)
    assert [term.points > 0 for term in score.terms] == [True] + [False] * 5
    words = " | ".join(term.text for term in score.terms)
    assert "5 of the 5 genes read" in words and f"{NK} best" in words and "silent: A, B" in words
    assert "X0, X1, X2, X3, X4 and 1 more" in words


class Measuring:
    """Measured values: some genes silent (found in no cell), some high, and which genes were asked for."""

    def __init__(self, silent: set[str]) -> None:
        self.silent, self.asked = silent, ()

    def measure(self, cluster: str, genes: tuple[str, ...]) -> list[GeneMeasurement]:
        self.asked = genes
        return [
            GeneMeasurement(
                gene=gene,
                status="measured_here",
                pct_in=0.0 if gene in self.silent else 0.9,
                log2fc=-3.0 if gene in self.silent else 3.0,
            )
            for gene in genes
        ]


def test_the_twenty_most_telling_markers_are_looked_up_and_silence_is_weighed_against_support():
    kb = load_knowledge()
    own = {m.gene: m.weight for m in kb.markers_of(kb.get(T), "human")}
    first = sorted(own, key=lambda gene: -own[gene])[:20]
    assert len(own) > 20
    listed = [gene for gene in ("CD3D", "TRAC") if gene in first]
    cluster, blood = markers(listed), Setting(species="human", tissue="blood")
    others = [gene for gene in first if gene not in listed]
    values = Measuring(silent=set(others[:5]))
    result = weigh_expected(kb.get(T), cluster, score_types(cluster, blood, 50), blood, values)
    assert set(values.asked) == set(first)
    assert result.silent == tuple(others[:5])
    assert set(result.supporting) == {*listed, *others[5:]}
    weights = {item.gene: item.weight for item in result.items}
    assert weights[others[5]] == round(0.7 * own[others[5]], 2)
    against = sum(weights[gene] for gene in result.silent)
    in_favour = sum(weights[gene] for gene in result.supporting)
    assert result.silent_share == pytest.approx(against / (against + in_favour))
    nothing_silent = weigh_expected(
        kb.get(T), cluster, score_types(cluster, blood, 50), blood, Measuring(set())
    )
    assert nothing_silent.silent_share == 0.0


@pytest.mark.parametrize(
    ("says", "other", "supports"),
    [(0.36, 0.0, True), (0.35, 0.0, False), (2.0, 3.99, True), (2.0, 4.0, False)],
)
def test_a_listed_gene_supports_when_it_tells_and_no_other_type_explains_it_far_better(says, other, supports):
    scores = scores_of([[says, other]], (T, B), llr=[0.0, 0.0])
    scores.profiles.column, scores.profiles.species = {T: 0}, "human"
    assert bool(_listed(ENTRY, scores)[0]) is supports
