"""When a list is taken for two types: each rule at its border, on scores made for it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cassia_core.knowledge.naming.lineages import exclusive
from cassia_core.knowledge.scoring import mixtures
from cassia_core.knowledge.scoring.list_scores import EngineSettings
from cassia_core.knowledge.scoring.mixtures import find_mixture, joint_llr

pytestmark = pytest.mark.filterwarnings("error")
SETTINGS = EngineSettings()
ANY_GAIN = replace(SETTINGS, mixture_gain=-1e9)
T, B, NK, STROMA = "T cell", "B cell", "natural killer cell", "fibroblast or stromal cell"


def scores_of(gain, names: tuple[str, ...], *, lineage=None, llr=None, prior=0.0, weights=None, off_list=0.0):
    """Genes (rows) by types (columns); type i is of lineage i unless `lineage` says otherwise."""
    gain = np.asarray(gain, dtype=np.float64)
    weights = np.ones(len(gain)) if weights is None else np.asarray(weights)
    profiles = SimpleNamespace(
        lineage_names=names,
        lineage=np.arange(gain.shape[1]) if lineage is None else np.asarray(lineage),
        gain=gain,
        off_list=off_list,
    )
    own = weights @ gain if llr is None else np.asarray(llr, dtype=np.float64)
    prior = np.broadcast_to(np.asarray(prior, dtype=np.float64), own.shape)
    return SimpleNamespace(
        profiles=profiles, rows=np.arange(len(gain)), llr=own, prior=prior, weights=weights
    )


def two(n_one: int, n_other: int, says: float, elsewhere: float = 0.0) -> list[list[float]]:
    """So many genes of one type and of the other, with what they say for it and for the other."""
    return [[says, elsewhere]] * n_one + [[elsewhere, says]] * n_other


def test_two_exclusive_types_with_genes_of_their_own_are_a_mixture():
    assert find_mixture(scores_of(two(4, 3, 5.0), (T, B)), SETTINGS) == (0, 1)
    assert find_mixture(scores_of(two(3, 4, 5.0), (T, B)), SETTINGS) == (1, 0), "the stronger one first"


def test_kin_lineages_share_genes_and_are_no_mixture():
    assert not exclusive(T, NK)
    assert find_mixture(scores_of(two(6, 6, 5.0), (T, NK)), SETTINGS) is None


@pytest.mark.parametrize(("n_other", "found"), [(2, None), (3, (0, 1))])
def test_both_need_three_clear_genes(n_other, found):
    assert find_mixture(scores_of(two(3, n_other, 6.0), (T, B)), SETTINGS) == found
    turned = find_mixture(scores_of(two(n_other, 3, 6.0), (T, B)), SETTINGS)
    assert (turned is None) == (found is None)


@pytest.mark.parametrize(
    ("says", "elsewhere", "found"),
    [(1.0, 0.0, False), (1.01, 0.0, True), (2.0, 0.5, False), (2.0, 0.49, True)],
)
def test_a_gene_is_clear_above_one_and_silent_below_a_half(says, elsewhere, found):
    given = scores_of(two(3, 3, says, elsewhere), (T, B))
    assert (find_mixture(given, ANY_GAIN) is not None) is found


def test_the_pair_must_explain_the_list_better_than_the_best_type_by_more_than_the_gain():
    given = scores_of(two(4, 3, 5.0), (T, B))
    improvement = joint_llr(given, 0, 1) - 20.0
    assert improvement == pytest.approx(7 * np.log((np.exp(5.0) + 1) / 2) - 20.0)
    assert find_mixture(given, replace(SETTINGS, mixture_gain=improvement)) is None
    assert find_mixture(given, replace(SETTINGS, mixture_gain=improvement - 1e-9)) == (0, 1)


def test_half_and_half_is_the_mean_of_the_likelihoods_gene_by_gene():
    given = scores_of([[2.0, 0.0], [1.0, 1.0]], (T, B), weights=[1.0, 0.5], off_list=-0.25)
    assert joint_llr(given, 0, 1) == pytest.approx(np.log((np.exp(2.0) + 1) / 2) + 0.5 * 1.0 - 0.25 * 1.5)


def test_of_several_pairs_the_one_that_explains_most_is_taken():
    gain = [[5.0, 0, 0]] * 4 + [[0, 5.0, 0]] * 3 + [[0, 0, 6.0]] * 4
    assert find_mixture(scores_of(gain, (T, B, STROMA)), SETTINGS) == (2, 0)


@pytest.mark.parametrize(("temperature", "member"), [(2.5, 0), (5.0, 1)])
def test_a_lineage_is_spoken_for_by_the_type_that_list_and_prior_favour(temperature, member):
    """Two T cells: the first fits the list better, the second is commoner; the temperature weighs the two."""
    gain = [[6.0, 6.0, 0.0]] * 3 + [[0.0, 0.0, 6.0]] * 3
    given = scores_of(gain, (T, B), lineage=[0, 0, 1], llr=[10.0, 9.0, 8.0], prior=[0.0, 0.3, 0.0])
    found = find_mixture(given, replace(ANY_GAIN, temperature=temperature))
    assert found == (member, 2)


def only(one: int, other: int, n: int, names: tuple[str, ...]):
    """`n` types, the earlier the likelier, of which these two alone have genes."""
    gain = np.zeros((6, n))
    gain[:3, one] = gain[3:, other] = 6.0
    return scores_of(gain, names, llr=-0.001 * np.arange(n))


@pytest.fixture
def sixteen(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Names of lineages of which each excludes each other: there are not so many real ones."""
    monkeypatch.setattr(mixtures, "exclusive", lambda one, other: one != other)
    return tuple(f"lineage {i}" for i in range(16))


@pytest.mark.parametrize("pair", [(0, 1), (0, 13), (1, 2), (2, 3), (3, 5), (4, 13), (5, 6), (5, 13)])
def test_the_six_likeliest_are_paired_with_the_fourteen_likeliest(sixteen, pair):
    assert find_mixture(only(*pair, 16, sixteen), SETTINGS) == pair


@pytest.mark.parametrize("pair", [(6, 7), (0, 14), (5, 14), (14, 15)])
def test_pairs_of_unlikely_types_are_not_looked_at(sixteen, pair):
    assert find_mixture(only(*pair, 16, sixteen), SETTINGS) is None


def test_of_pairs_that_explain_equally_much_the_likelier_types_are_taken(sixteen):
    gain = [[6.0, 0, 0]] * 3 + [[0, 6.0, 0]] * 3 + [[0, 0, 6.0]] * 3
    given = scores_of(gain, sixteen[:3], llr=[18.0, 17.9, 17.8])
    assert find_mixture(given, SETTINGS) == (0, 1)


def test_a_pair_that_explains_less_takes_nothing_from_one_that_explains_more(sixteen):
    gain = [[6.0, 0, 0]] * 4 + [[0, 6.0, 0]] * 4 + [[0, 0, 5.0]] * 3
    assert find_mixture(scores_of(gain, sixteen[:3]), ANY_GAIN) == (0, 1)


def test_a_lineage_is_spoken_for_by_one_of_its_own_also_where_nothing_fits(sixteen):
    gain = [[6.0, 0.0, 0.0]] * 3 + [[0.0, 6.0, 0.0]] * 3
    given = scores_of(gain, sixteen[:2], lineage=[0, 1, 1], llr=[-1.0, -2.0, -3.0])
    assert find_mixture(given, ANY_GAIN) == (0, 1)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ((2.0, 0.0), (2.0, 0.5), None),
        ((2.0, 0.5), (2.0, 0.0), None),
        ((2.0, 0.0), (1.0, 0.0), None),
        ((1.0, 0.0), (2.0, 0.0), None),
        ((2.0, 0.49), (1.01, 0.49), (0, 1)),
    ],
)
def test_each_side_must_be_clear_and_silent_for_itself(one, other, found):
    gain = [[*one]] * 3 + [[other[1], other[0]]] * 3
    assert find_mixture(scores_of(gain, (T, B), llr=[2.0, 1.0]), ANY_GAIN) == found
