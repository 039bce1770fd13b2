"""What a dataset cost, by role and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cassia_core.domain.config import OFFLINE
from cassia_core.domain.usage import CallRecord, Usage
from cassia_core.report.tables.run_tables import cost_text, usage_of

ROLES = ("annotator", "validator", "formatter", "scorer", "booster", "merger")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """Calls of one role to one model."""

    role: str
    model: str
    provider: str
    usage: Usage
    cost: str


def cost_lines(calls: Sequence[CallRecord]) -> tuple[CostLine, ...]:
    """A line per role and model, in the order in which the roles speak."""
    asked = dict.fromkeys((c.agent, c.model, c.provider) for c in calls)
    order = {role: at for at, role in enumerate(ROLES)}
    lines = []
    for role, model, provider in sorted(asked, key=lambda key: order.get(key[0], len(order))):
        usage = usage_of([c for c in calls if (c.agent, c.model, c.provider) == (role, model, provider)])
        lines.append(
            CostLine(
                role=role,
                model=model,
                provider=provider,
                usage=usage,
                cost="nothing" if provider == OFFLINE else cost_text(usage),
            )
        )
    return tuple(lines)
