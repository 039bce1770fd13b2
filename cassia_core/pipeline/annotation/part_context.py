"""What the agents are told when the cells are a part of another run's: facts, and its label as an opinion."""

from __future__ import annotations

from cassia_core.domain.annotation import names_a_type
from cassia_core.domain.config import AnnotationParams, DatasetSpec, RunConfig

_AGAINST = {
    "all": "Markers compare each group with all other cells of that data set, so genes that all groups "
    "share are "
    "listed for each of them.",
    "subset": "Markers compare each group with the other groups only: genes that all groups share are not "
    "listed, and "
    "their absence says nothing against a lineage.",
    "both": "Markers take turns: a gene that is higher in the group than in all other cells of that data "
    "set, then one "
    "that tells the group from the other groups; values compare with all other cells.",
}


def part_context(config: RunConfig, spec: DatasetSpec) -> str:
    """Sentences for the agents of a run that looks into clusters of another; "" for any other run.

    The parent's label is called an opinion, and is left out of a blind run.
    """
    part = config.part_of
    if part is None:
        return ""
    taken = "one cluster" if len(part.clusters) == 1 else f"{len(part.clusters)} clusters"
    sentences = [f"These cells are {taken} of a larger data set, clustered again by themselves."]
    params = config.annotation or AnnotationParams()
    named = [label for label in dict.fromkeys(part.labels) if names_a_type(label)]
    if named and not params.blind:
        sentences.append(
            f"An earlier annotation called them {' and '.join(named)}: an opinion to check, not a "
            "measurement."
        )
    return " ".join([*sentences, _AGAINST[spec.clustering.markers_against]])
