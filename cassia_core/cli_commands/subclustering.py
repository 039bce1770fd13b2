"""`subcluster RUN_DIR --clusters 3 5`: look inside clusters of a run, in a run of its own."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from cassia_core.cli_commands.running import dataset_of_run, finish, model_of
from cassia_core.domain.config import OFFLINE, AgentModel, AnnotationParams
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.runs import runs
from cassia_core.services.subclusters import subclustering

_AGENT_FIELDS = {
    "max_workers": "max_workers",
    "first_word_timeout": "first_word_timeout_s",
    "silence_timeout": "silence_timeout_s",
    "score_threshold": "score_threshold",
    "boost": "boost",
    "validator": "validator_involvement",
    "blind": "blind",
    "use_reference": "use_reference",
    "max_cost": "max_cost_usd",
    "max_tokens": "max_tokens_total",
}
_CLUSTERING_FIELDS = ("n_neighbors", "n_pcs", "markers_against", "seed")


def subcluster(options: argparse.Namespace) -> int:
    """Start the child run with what was given, and follow it to its end."""
    folder = options.run_dir.expanduser().resolve()
    parent = runs.load_config(folder.name, folder.parent)
    agents = _agents(options, parent.annotation)
    child = subclustering.start_child(
        folder.name,
        dataset_of_run(options.dataset, parent, folder),
        tuple(options.clusters),
        clustering=_clustering(options),
        annotation=agents,
        replay_from=str(options.replay.resolve()) if options.replay else "",
        keys=known_keys(replace(parent, annotation=agents).providers()),
        root=folder.parent,
    )
    return finish(child, folder.parent, quiet=options.quiet)


def _clustering(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of `ClusteringParams` that were given."""
    given = {
        name: getattr(options, name) for name in _CLUSTERING_FIELDS if getattr(options, name) is not None
    }
    if hasattr(options, "resolution"):  # None means a suggested one
        given["resolution"] = options.resolution
    if options.batch_column:
        given |= {"batch_column": options.batch_column, "batch_method": "harmony"}
    return given


def _agents(options: argparse.Namespace, parents: AnnotationParams | None) -> AnnotationParams | None:
    """The parent's agents with what was given; none where the parent had none and nothing was given."""
    given = {
        field: getattr(options, name)
        for name, field in _AGENT_FIELDS.items()
        if getattr(options, name) is not None
    }
    given |= {
        field: False
        for name, field in (("no_score", "score"), ("no_merge", "merge"))
        if getattr(options, name)
    }
    if options.provider or options.model or options.base_url:
        given |= {
            "annotator": _model(options, parents),
            "validator": None,
            "scorer": None,
            "booster": None,
            "merger": None,
        }
    return replace(parents or AnnotationParams(), **given) if given else parents


def _model(options: argparse.Namespace, parents: AnnotationParams | None) -> AgentModel:
    """The model named; `--model` alone names another one of the parent's provider."""
    if options.provider or options.base_url:
        options.provider = options.provider or OFFLINE
        return model_of(options)
    return replace((parents or AnnotationParams()).annotator, model=options.model)
