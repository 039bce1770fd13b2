"""The operator's keys: visitors use them within limits, and never see them. A ledger counts what is spent.

What a run may spend is reserved when it starts and written into its limits, so that many started at once
cannot spend more than there is; at its end the ledger takes what it did spend, from its own record of calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from cassia_core import persons, settings
from cassia_core.domain.config import OFFLINE, AgentModel, AnnotationParams, RunConfig
from cassia_core.errors import CassiaError, LimitReached
from cassia_core.llm.catalogue import facts_of, provider_facts
from cassia_core.runs.digest import spending
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.lock import worker_alive
from cassia_core.runs.office.shared_file import change_shared, read_shared
from cassia_core.runs.store import archive_folder
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.sharing.limits import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class LabAllowance:
    """What is left of the operator's keys this month: dollars and tokens; infinite where not limited."""

    usd: float
    tokens: float

    @property
    def is_used_up(self) -> bool:
        """Whether nothing can be asked any more."""
        return self.usd <= 0 or self.tokens <= 0


def lab_providers() -> tuple[str, ...]:
    """Providers for which the operator lends a key to the people of this server."""
    if not persons.is_shared() or not (limits().usd or limits().tokens):
        return ()
    return tuple(sorted(known_keys(tuple(sorted(settings.lab_providers())))))


def lent_to(config: RunConfig, keys: Mapping[str, str]) -> tuple[str, ...]:
    """Providers of a run whose key is the operator's: lent, and the person has none of their own.

    Never for an address that a person typed: a key goes to its own provider only.
    """
    lent = lab_providers()
    if config.replay_from:
        return ()
    asked = (m for m in config.models() if m.provider in lent and m.provider not in keys)
    return tuple(sorted({m.provider for m in asked if _goes_to_its_own(m)}))


def _goes_to_its_own(model: AgentModel) -> bool:
    """Whether a key would go where it belongs: the provider's own address, or where it has none, one that the
    operator has listed.
    """
    if provider_facts(model.provider).base_url:
        return not model.base_url
    return (model.base_url or "").rstrip("/").lower() in settings.model_servers()


def within_allowance(config: RunConfig, keys: Mapping[str, str]) -> tuple[RunConfig, dict[str, str]]:
    """A run with the keys it is lent, limited to what is left; the same run where it is lent none.

    Raises
    ------
    LimitReached
        When nothing is left, or what a model costs is not known and only money is limited.
    """
    lent = lent_to(config, keys)
    if not lent:
        return config, dict(keys)
    left = allowance(persons.signed_in().id)
    if left.is_used_up:
        raise LimitReached(
            "The laboratory's key has no allowance left for you this month.",
            "It is shared, and what it spends is limited.",
            "Use the offline engine, enter a key of your own, or ask the operator.",
        )
    if left.tokens == inf:
        _require_known_prices(config)
    annotation = config.annotation or AnnotationParams()
    cost = min(annotation.max_cost_usd or inf, left.usd)
    tokens = min(annotation.max_tokens_total or inf, left.tokens)
    limited = replace(
        annotation,
        max_cost_usd=None if cost == inf else cost,
        max_tokens_total=None if tokens == inf else int(tokens),
    )
    return replace(config, annotation=limited), {**keys, **known_keys(lent)}


def _require_known_prices(config: RunConfig) -> None:
    for model in config.models():
        if model.provider != OFFLINE and facts_of(model.provider, model.model).input_usd is None:
            raise LimitReached(
                f"The laboratory's key cannot be used for {model.model}.",
                "What it costs is not known, so its cost cannot be limited.",
                "Choose a model of the list, or enter a key of your own.",
            )


def note_reserved(layout: RunLayout, config: RunConfig, lent: tuple[str, ...]) -> None:
    """Write into the ledger what a run may spend. It holds no key."""
    if not lent:
        return
    annotation = config.annotation or AnnotationParams()
    entry = {
        "person": persons.signed_in().id,
        "run": layout.root.name,
        "providers": list(lent),
        "month": _month(),
        "usd": annotation.max_cost_usd,
        "tokens": annotation.max_tokens_total,
        "open": True,
    }
    change_shared(_file(), lambda held: held.update({layout.root.name: entry}))


def keys_again(layout: RunLayout, keys: Mapping[str, str]) -> dict[str, str]:
    """The keys for a run that goes on: those of its person, and the lent ones it was started with."""
    if not persons.is_shared():
        return dict(keys)
    entry = read_shared(_file()).get(layout.root.name)
    if entry is None or entry["person"] != persons.signed_in().id:
        return dict(keys)
    change_shared(_file(), lambda held: held[layout.root.name].update(open=True))
    lent = tuple(p for p in entry["providers"] if p not in keys and p in lab_providers())
    return {**keys, **known_keys(lent)}


def allowance(person: str) -> LabAllowance:
    """What a person may still spend this month, of theirs and of what all share."""
    known, spent = limits(), spent_this_month()
    usd, tokens = (sum(entry[at] for entry in spent.values()) for at in (0, 1))
    own = spent.get(person, (0.0, 0.0))
    return LabAllowance(
        usd=min(_left(known.usd, own[0]), _left(known.usd_all, usd)),
        tokens=min(_left(known.tokens, own[1]), _left(known.tokens_all, tokens)),
    )


def _left(limit: float, spent: float) -> float:
    return limit - spent if limit else inf


def spent_this_month() -> dict[str, tuple[float, float]]:
    """Dollars and tokens by person, with what runs under way may still spend."""
    ledger = change_shared(_file(), _settled)
    sums: dict[str, tuple[float, float]] = {}
    for entry in ledger.values():
        if entry["month"] == _month():
            usd, tokens = sums.get(entry["person"], (0.0, 0.0))
            sums[entry["person"]] = (usd + (entry["usd"] or 0.0), tokens + (entry["tokens"] or 0))
    return sums


def _settled(held: dict[str, Any]) -> dict[str, Any]:
    """Close the entries of runs that have ended; one whose run is gone keeps what was reserved."""
    for entry in held.values():
        layout = _layout(entry) if entry["open"] else None
        if layout is None or worker_alive(layout):
            continue
        try:
            spent = [s for s in spending(layout) if s.provider in entry["providers"]]
        except CassiaError:  # a damaged record of calls: the reservation stands
            continue
        if all(s.usage.unpriced_calls == 0 for s in spent):
            entry["usd"] = sum(s.usage.cost_usd for s in spent)
        entry["tokens"] = sum(s.usage.total_tokens for s in spent)
        entry["open"] = False
    return dict(held)


def settle() -> None:
    """Bring the ledger up to date, before a run goes and its record of calls with it."""
    if persons.is_shared():
        change_shared(_file(), _settled)


def _layout(entry: dict[str, Any]) -> RunLayout | None:
    shelf = settings.runs_of(persons.Person(id=entry["person"]))
    for folder in (shelf, archive_folder(shelf)):
        if (folder / entry["run"]).is_dir():
            return RunLayout(root=folder / entry["run"])
    return None


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")


def _file():
    return settings.office_root() / "ledger.json"
