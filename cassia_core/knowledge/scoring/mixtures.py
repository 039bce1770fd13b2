"""Mixtures and doublets: two types of exclusive lineages in one list."""

from __future__ import annotations

import numpy as np

from cassia_core.knowledge.naming.lineages import exclusive
from cassia_core.knowledge.scoring.list_scores import EngineSettings, Scores

CLEAR, SILENT = 1.0, 0.5
"""A gene is a clear sign of a type from this log-likelihood ratio on, and says nothing for it up to that one.
"""


def find_mixture(scores: Scores, settings: EngineSettings) -> tuple[int, int] | None:
    """The two types that together explain the list much better than the best one alone; None without such a
    pair.

    Both need at least `mixture_genes` clear genes that say nothing for the other, and the half-and-half list
    must
    beat the best single type by `mixture_gain`.
    """
    profiles, llr = scores.profiles, scores.llr
    fit = llr / settings.temperature + scores.prior
    # One candidate per lineage: two types of one lineage share most markers and are no mixture of cells.
    tops = [
        int(np.where(profiles.lineage == i, fit, -np.inf).argmax())
        for i in range(len(profiles.lineage_names))
    ]
    tops.sort(key=lambda t: -llr[t])
    gain = profiles.gain[scores.rows].astype(np.float64)
    best: tuple[float, int, int] | None = None
    for i, one in enumerate(tops[:6]):
        # The strongest six with the strongest fourteen: a weaker pair cannot pass the gain that is asked for
        # below.
        for other in tops[i + 1 : 14]:
            if not _apart(scores, gain, one, other, settings):
                continue
            improvement = joint_llr(scores, one, other) - float(llr[tops[0]])
            if improvement > settings.mixture_gain and (best is None or improvement > best[0]):
                best = (improvement, one, other)
    return (best[1], best[2]) if best else None


def joint_llr(scores: Scores, one: int, other: int) -> float:
    """Log-likelihood ratio of the list as one half `one` and one half `other`."""
    gain = scores.profiles.gain[scores.rows].astype(np.float64)
    # Each gene comes from a cell of one or of the other, half and half: the mean of the likelihoods, not of
    # their logarithms.
    joint = np.log((np.exp(gain[:, one]) + np.exp(gain[:, other])) / 2)
    return float(scores.weights @ joint + scores.weights.sum() * scores.profiles.off_list)


def _apart(scores: Scores, gain: np.ndarray, one: int, other: int, settings: EngineSettings) -> bool:
    names, lineage = scores.profiles.lineage_names, scores.profiles.lineage
    if not exclusive(names[lineage[one]], names[lineage[other]]):
        return False
    # Both must show genes that the other keeps silent about: one type with a few stray genes is not two.
    only_one = np.sum((gain[:, one] > CLEAR) & (gain[:, other] < SILENT))
    only_other = np.sum((gain[:, other] > CLEAR) & (gain[:, one] < SILENT))
    return bool(min(only_one, only_other) >= settings.mixture_genes)
