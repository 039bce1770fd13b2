"""The comparator: scores each of several candidate types for one cluster, in rounds with other models."""

from __future__ import annotations

from collections.abc import Iterable

from cassia_core.agents.forms import CANDIDATE_SCORES
from cassia_core.agents.prompts import Prompt, cells_data, checks_data, measured_data, render, setting_data
from cassia_core.domain.opinions.comparison import TypeScore
from cassia_core.domain.tasks import CompareTask


def prompt(task: CompareTask) -> Prompt:
    """The first round is blind to the evidence and to other models, so that opinions are independent."""
    discusses = task.round > 1
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "candidates": list(task.candidates),
        "measured": measured_data(task.measured, task.markers.cluster),
        "cells": cells_data(task.cells) if discusses else {},
        "own": _scores_data(task.own),
        "others": [_scores_data(scores) for scores in task.others],
        "checks": {item.label: checks_data(item) for item in task.evidence} if discusses else {},
    }
    messages = render("comparator", data, discusses=discusses, cells=discusses and task.cells is not None)
    return Prompt(messages=messages, json_schema=CANDIDATE_SCORES)


def _scores_data(scores: Iterable[TypeScore]) -> dict[str, object]:
    """Scores with reasons by type; one that is missing is said to be."""
    return {
        score.type: {"reasoning": score.reasoning, "score": "none" if score.score is None else score.score}
        for score in scores
    }
