"""What the cells of a cluster say against trusting one label for all of them: kinds inside, few cells, one
sample.

Labels stay as they are; only the light goes down, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cassia_core.domain.annotation import ClusterResult, Light, names_a_type
from cassia_core.domain.inside import BLURRED, CONFIDENT_CELLS, Border, DatasetInside
from cassia_core.knowledge.cells.excluding import labels_exclude
from cassia_core.knowledge.cells.words import blurred_in_words, kinds_in_words, samples_in_words


def with_inside(result: ClusterResult, inside: DatasetInside) -> ClusterResult:
    """The result with what is inside its cluster; a mixed or tiny cluster has no green light."""
    result = replace(
        result, inside=inside.kinds.get(result.cluster), samples=inside.samples.get(result.cluster)
    )
    if result.inside is not None and result.inside.mixed:
        return lowered(result, "look", f"It {kinds_in_words(result.inside)}.")
    if result.n_cells is not None and result.n_cells < CONFIDENT_CELLS:
        return lowered(
            result,
            "medium",
            f"It has {result.n_cells} cells; at least {CONFIDENT_CELLS} are needed for high confidence.",
        )
    return result


def with_samples(results: Sequence[ClusterResult]) -> tuple[ClusterResult, ...]:
    """The results; clusters of one label that are parted by sample know of each other and are to be
    looked at.
    """
    return tuple(_with_like(result, results) for result in results)


def _with_like(result: ClusterResult, results: Sequence[ClusterResult]) -> ClusterResult:
    if result.samples is None or not names_a_type(result.label):
        return result
    like = tuple(
        other.cluster
        for other in results
        if other.cluster != result.cluster
        and other.label == result.label
        and other.samples is not None
        and (result.samples.one_sample or other.samples.one_sample)
        and other.samples.shares[0].sample != result.samples.shares[0].sample
    )
    if not like:
        return result
    samples = replace(result.samples, like=like)
    return lowered(replace(result, samples=samples), "look", samples_in_words(result.cluster, samples))


def with_borders(
    results: Sequence[ClusterResult], borders: Mapping[str, tuple[Border, ...]], species: str
) -> tuple[ClusterResult, ...]:
    """The results; a cluster whose cells lie among those of types that exclude its own is never green."""
    labels = {result.cluster: result.label for result in results}
    return tuple(_with_border(result, borders.get(result.cluster, ()), labels, species) for result in results)


def _with_border(
    result: ClusterResult, borders: Sequence[Border], labels: Mapping[str, str], species: str
) -> ClusterResult:
    if result.light != "high":
        return result
    across = [b for b in borders if labels_exclude(result.label, labels.get(b.cluster, ""), species)]
    share = sum(border.share for border in across)
    if share < BLURRED:
        return result
    nearest = across[0].cluster
    return lowered(result, "medium", blurred_in_words(share, nearest, labels[nearest]))


def lowered(result: ClusterResult, light: Light, reason: str) -> ClusterResult:
    """The result with a light of at most `light`; the reason stands first."""
    if result.light is None:
        return result
    worst = light if result.light == "high" or light == "look" else result.light
    if reason in result.light_reason:
        return replace(result, light=worst)
    return replace(result, light=worst, light_reason=f"{reason} {result.light_reason}".strip())
