"""Renders the prompt files: a fixed instruction, and the task as one JSON object of data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cassia_core.domain.annotation import Evidence, Proposal
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.conversation import Message
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import Setting

PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
SHOWN_GENES = 10
"""At most so many genes of one kind are named to a model when the checks are summed up."""

_NO_VALUE = {
    "only_elsewhere": "a marker of other clusters only",
    "not_in_data": "not measured in this data",
    "not_in_table": "not in the marker table (unknown)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent for one task: the messages, and the JSON schema of the reply."""

    messages: tuple[Message, ...]
    json_schema: Mapping[str, object] | None = None


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PROMPTS),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def render(
    name: str, data: Mapping[str, object], *, earlier: bool = False, **switches: bool
) -> tuple[Message, ...]:
    """Messages of one request: the instruction `prompts/NAME.j2`, then `data` without its empty fields.

    With `earlier` the instruction is that of `prompts/earlier/`, by which runs recorded before the present
    wording are found in their call logs. What is the same for all clusters comes first, so that providers can
    keep it in a cache. Text of users and of models reaches a prompt only inside `data`, as JSON strings.
    """
    file = f"earlier/{name}.j2" if earlier else f"{name}.j2"
    instruction = _environment().get_template(file).render(**switches).strip()
    filled = {key: value for key, value in data.items() if value not in ("", None, [], {}, ())}
    return (
        Message(role="system", content=instruction),
        Message(role="user", content=json.dumps(filled, ensure_ascii=False)),
    )


def prompt_hashes() -> dict[str, str]:
    """SHA-256 of every prompt file, by file name, for `run.json`."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(PROMPTS.glob("*.j2"))}


def setting_data(setting: Setting) -> dict[str, object]:
    panel = f"targeted panel of {setting.panel_genes} genes" if setting.panel_genes else ""
    return {"species": setting.species, "tissue": setting.tissue, "context": setting.context, "assay": panel}


def answer_data(proposal: Proposal) -> dict[str, object]:
    answer = {
        "general": proposal.general,
        "subtypes": list(proposal.subtypes),
        "mixed": list(proposal.mixed),
        "key_genes": list(proposal.key_genes),
        "tissue": proposal.tissue,
    }
    return {key: value for key, value in answer.items() if value}


def checks_data(evidence: Evidence) -> dict[str, object]:
    """What the checks found, kept short."""
    kinds = {
        "supporting": "supporting",
        "silent": "expected_but_silent",
        "conflicting": "against",
        "cited_not_in_list": "cited_but_not_in_markers",
    }
    checks: dict[str, object] = {}
    for kind, name in kinds.items():
        genes = evidence.genes(kind)  # type: ignore[arg-type]  # the keys are evidence kinds
        if genes:
            checks[name] = ", ".join(genes[:SHOWN_GENES])
    if evidence.problems:
        checks["problems"] = list(evidence.problems)
    return checks


def cells_data(cells: Contrast | None) -> dict[str, object]:
    """The reading of the cells, kept short: type, rival, the genes that decided with their means, and
    what stays open.
    """
    if cells is None:
        return {}
    genes = {
        gene.gene: f"{'high' if gene.high else 'silent'}: mean {gene.mean_in:.2f}, {gene.lowest:.2f} to "
        f"{gene.highest:.2f} over the clusters; marks {gene.points_to}"
        for gene in cells.genes[:SHOWN_GENES]
    }
    return {
        "reads_as": cells.named,
        "confidence": round(cells.confidence, 2),
        "nearest_rival": cells.rival,
        "genes": genes,
        "open": cells.stopped,
    }


def measured_data(measured: tuple[GeneMeasurement, ...], cluster: str) -> dict[str, object]:
    """One short text per gene. Other clusters are never named."""
    return {value.gene: _in_words(value, cluster) for value in measured}


def _in_words(value: GeneMeasurement, cluster: str) -> str:
    if value.status != "measured_here":
        return _NO_VALUE[value.status]
    parts = []
    if value.pct_in is not None:
        out = f", {value.pct_out:.0%} out" if value.pct_out is not None else ""
        parts.append(f"{value.pct_in:.0%} in{out}")
    if value.log2fc is not None:
        parts.append(f"log2FC {value.log2fc:+.1f}")
    elif value.mean_in is not None and value.mean_out is not None:
        parts.append(f"mean {value.mean_in:.2f} in, {value.mean_out:.2f} out")
    if value.top_cluster is not None:
        parts.append("highest here" if value.top_cluster == cluster else "higher elsewhere")
    if value.rank is not None:
        parts.append(f"marker {value.rank}")
    return "; ".join(parts) or "listed for this cluster"
