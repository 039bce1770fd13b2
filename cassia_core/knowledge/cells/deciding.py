"""The genes that decided a reading, the rival they tell from, and why no finer kind is named."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cassia_core.domain.contrast import Contrast, DecidingGene, TypeReading
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.contrast import SETTINGS, placed, votes
from cassia_core.knowledge.cells.decisive import load_decisive
from cassia_core.knowledge.cells.groups import GroupProfiles, Reference
from cassia_core.knowledge.cells.reading import GroupReadings, read_groups, reference_of
from cassia_core.knowledge.cells.walking import KindWalk
from cassia_core.knowledge.naming.labels import plural
from cassia_core.knowledge.naming.lineages import lineages
from cassia_core.knowledge.scoring.list_scores import DEFAULTS, tissue_prior

SHOWN, SHOWN_SILENT = 8, 4
LEAST_SAYS = 0.3
"""A gene is named as a reason from this weighted vote on."""
KEPT_TYPES = 80
"""Types of each cluster whose evidence is kept, the likeliest."""
MOST_NAMED = 3


def read_clusters(
    clusters: GroupProfiles, setting: Setting, list_llr: np.ndarray | None = None
) -> tuple[Contrast, ...]:
    """What each cluster is by contrast with the others; () for fewer than two clusters.

    Parameters
    ----------
    clusters
        The clusters, with their fractions of expressing cells.
    setting
        Species and tissue.
    list_llr
        Log-likelihood ratios of their marker lists over all types, shape (K, T).
    """
    if len(clusters.groups) < 2:
        return ()
    reference = reference_of(clusters, setting, list_llr)
    readings = read_groups(clusters, setting, reference, list_llr)
    teller = _Teller(clusters, setting, reference, readings)
    return tuple(teller.contrast(k) for k in range(len(clusters.groups)))


class _Teller:
    """Puts readings into words."""

    def __init__(
        self, clusters: GroupProfiles, setting: Setting, reference: Reference, readings: GroupReadings
    ) -> None:
        self.clusters, self.reference, self.readings = clusters, reference, readings
        self.profiles = readings.profiles
        self.weights = np.maximum(load_decisive(reference.species).weights[reference.rows], 0.0)
        self.gains = np.maximum(self.profiles.gain[reference.rows], 0.0)
        prior = tissue_prior(reference.species, setting.tissue, DEFAULTS)
        self.walk = KindWalk(readings.kind_evidence, reference, prior)
        self.total = load_decisive(reference.species).weights > 0

    def contrast(self, k: int) -> Contrast:
        named = int(self.readings.named[k])
        rival = self._rival(k, named)
        means = self.reference.telling(self.clusters.means[[k]])
        sizes = self.clusters.sizes[[k]].astype(np.float32)
        place, trust = placed(means, sizes, self.reference, int(self.readings.lineage[k]))
        says = votes(place[0], SETTINGS) * trust[0]
        return Contrast(
            named=self._name(named),
            lineage=self.profiles.lineage_names[int(self.readings.lineage[k])],
            confidence=round(float(self.readings.confidence[k]), 3),
            rival="" if rival is None else self._name(rival),
            genes=self._genes(k, named, rival, says),
            measured=int(np.sum(self.weights[:, named] > 0)),
            known=int(np.sum(self.total[:, named])),
            stopped=self._stopped(k, named, says),
            types=self._types(k),
        )

    def _name(self, t: int) -> str:
        return self.profiles.entries[t].name

    def _rival(self, k: int, named: int) -> int | None:
        """The sibling with the most evidence, on the way down to the type named; else the likeliest of
        another lineage.
        """
        values, lineage = self.readings.value[k], self.profiles.lineage
        for t in [named, *self.profiles.above(named)]:
            parent = int(self.profiles.parent[t])
            if (
                parent >= 0
                and lineage[parent] == lineage[t] == lineage[named]
                and (rivals := self.walk.rivals(t))
            ):
                return max(rivals, key=lambda s: (float(values[s]), -s))
        shares = self.readings.lineage_share[k].copy()
        vague = [name in lineages() and lineages()[name].vague for name in self.profiles.lineage_names]
        shares[vague] = -1.0  # "leukocyte" is above the type, not beside it
        shares[self.readings.lineage[k]] = -1.0
        inside = lineage == int(shares.argmax())
        evidence = np.where(inside, self.readings.type_evidence[k], -np.inf)
        return int(evidence.argmax()) if np.isfinite(evidence).any() else None

    def _genes(self, k: int, named: int, rival: int | None, says: np.ndarray) -> tuple[DecidingGene, ...]:
        own = self.weights[:, named]
        if not np.any(own > 0):
            # Nothing sets an umbrella such as "leukocyte" apart from its siblings: then what a list would say
            # for it.
            own = self.gains[:, named]
        for_it = self._strongest(says * own, SHOWN)
        telling = [self._gene(k, g, named, high=True) for g in for_it]
        if rival is not None:
            # A gene that both have tells nothing of why the one was named and not the other.
            against = -says * np.where(own > 0, 0.0, self.weights[:, rival])
            telling += [self._gene(k, g, rival, high=False) for g in self._strongest(against, SHOWN_SILENT)]
        return tuple(telling)

    @staticmethod
    def _strongest(scores: np.ndarray, most: int) -> list[int]:
        order = np.argsort(-scores, kind="stable")[:most]
        return [int(g) for g in order if scores[g] >= LEAST_SAYS]

    def _gene(self, k: int, g: int, points_to: int, *, high: bool) -> DecidingGene:
        column = int(self.reference.columns[g])
        fractions = self.clusters.fractions
        return DecidingGene(
            gene=self.clusters.genes[column],
            points_to=self._name(points_to),
            high=high,
            mean_in=round(float(self.clusters.means[k, column]), 3),
            lowest=round(float(self.clusters.means[:, column].min()), 3),
            highest=round(float(self.clusters.means[:, column].max()), 3),
            pct_in=None if fractions is None else round(float(fractions[k, column]), 3),
        )

    def _stopped(self, k: int, named: int, says: np.ndarray) -> str:
        """Why no finer kind is named, with what speaks for the likeliest ones."""
        kinds = [
            c
            for c in self.profiles.children[named]
            if not load_decisive(self.reference.species).cross_cutting[c]
        ]
        if not kinds:
            return ""
        undefined = [c for c in kinds if not self.walk.nameable[c]]
        # A kind that is defined by a gene which was not measured is the stronger reason: no cell could have
        # shown it.
        if undefined:
            return self._undefined(undefined, says)
        best = sorted(kinds, key=lambda c: -float(self.readings.value[k, c]))[:2]
        told = [text for c in best if (text := self._speaks(c, says))]
        if len(told) == 2:
            return f"The kinds are not told apart clearly: {'; '.join(told)}."
        return f"No finer kind is clear{': ' + told[0] + ', but not enough' if told else ''}."

    def _undefined(self, kinds: list[int], says: np.ndarray) -> str:
        genes = dict.fromkeys(g for c in kinds for g in self._defining(c))
        told = [text for c in kinds if (text := self._speaks(c, says))]
        also = f" {'; '.join(told)}." if told else ""
        verb = "was" if len(genes) == 1 else "were"
        return f"The kinds are told apart by {_series(genes, 'or')}, which {verb} not measured.{also}"

    def _defining(self, t: int) -> tuple[str, ...]:
        by_row = {row: gene for gene, row in self.profiles.rows.items()}
        return tuple(by_row[row] for row in load_decisive(self.reference.species).defining[t])

    def _speaks(self, t: int, says: np.ndarray) -> str:
        genes = [
            self.clusters.genes[int(self.reference.columns[g])]
            for g in self._strongest(says * self.weights[:, t], MOST_NAMED)
        ]
        verb = "speaks" if len(genes) == 1 else "speak"
        return f"{_series(genes)} {verb} for {plural(self._name(t))}" if genes else ""

    def _types(self, k: int) -> tuple[TypeReading, ...]:
        evidence = self.readings.type_evidence[k]
        inside = self.profiles.lineage == self.readings.lineage[k]
        likeliest = set(np.argsort(-evidence, kind="stable")[:KEPT_TYPES].tolist()) | set(
            np.flatnonzero(inside).tolist()
        )
        return tuple(
            TypeReading(
                name=self._name(t),
                evidence=round(float(evidence[t]), 2),
                kind=round(float(self.readings.kind_share[k, t]), 3),
            )
            for t in sorted(likeliest, key=lambda t: (-float(evidence[t]), t))
        )


def _series(names: Iterable[str], joint: str = "and") -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joint} {names[-1]}"
