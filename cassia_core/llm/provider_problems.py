"""Plain words for what can go wrong with a model server; used by every provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cassia_core.errors import (
    AuthError,
    ContextTooLong,
    ModelUnavailable,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    QuotaError,
    RateLimited,
    ReplyFiltered,
)
from cassia_core.llm.catalogue import ProviderFacts

NO_KEY = "none"
"""Sent as key to servers that want none: the SDKs insist on a value, and must not take one from the
environment.
"""


def key_refused(facts: ProviderFacts, details: str = "") -> AuthError:
    return AuthError(
        f"{facts.title} refused the key.",
        "It is misspelled, expired or not allowed to do this.",
        f"Make a new one at {facts.key_page} and enter it." if facts.key_page else "Check the key.",
        details=details,
    )


def no_credit(facts: ProviderFacts, details: str = "") -> QuotaError:
    return QuotaError(
        f"The account at {facts.title} has no credit left.",
        "The provider declined to be paid later.",
        "Top it up or choose another provider, then go on with the run; what is done is kept.",
        details=details,
    )


def too_many(facts: ProviderFacts, retry_after_s: float | None, details: str = "") -> RateLimited:
    error = RateLimited(
        f"{facts.title} asks for fewer requests at a time.",
        "Its rate limit is reached.",
        "Use fewer workers or try again later.",
        details=details,
    )
    error.retry_after_s = retry_after_s
    return error


def failed_there(
    facts: ProviderFacts, status: int, retry_after_s: float | None, details: str = ""
) -> Overloaded:
    error = Overloaded(
        f"{facts.title} failed on its side (HTTP {status}).",
        "The server is overloaded or broken.",
        "Try again later.",
        details=details,
    )
    error.retry_after_s = retry_after_s
    return error


def no_answer(facts: ProviderFacts, timeout_s: float, details: str = "") -> ProviderTimeout:
    return ProviderTimeout(
        f"{facts.title} gave no answer within {timeout_s:g} seconds.",
        "The model is slow or the server is stuck.",
        "Allow more time or choose a faster model.",
        details=details,
    )


def not_reached(facts: ProviderFacts, base_url: str, details: str = "") -> ProviderTimeout:
    if facts.local or base_url != facts.base_url:
        return ProviderTimeout(
            f"No server was reached at {base_url}.",
            "It is not running, or the address is wrong.",
            "Start the server and check the address.",
            details=details,
        )
    return ProviderTimeout(
        f"{facts.title} was not reached.",
        "The connection broke or there is none.",
        "Check the network.",
        details=details,
    )


def unknown_model(facts: ProviderFacts, model: str, details: str = "") -> ModelUnavailable:
    return ModelUnavailable(
        f"{facts.title} does not know the model {model!r}.",
        "The name is misspelled, the model is not there, or this key may not use it.",
        "Choose one from the list, or install it on the server.",
        details=details,
    )


def too_long(facts: ProviderFacts, model: str, details: str = "") -> ContextTooLong:
    return ContextTooLong(
        f"The request does not fit into {model}.",
        "It is longer than the model's context.",
        "Show the agents fewer genes (`n_genes`) or choose another model.",
        details=details,
    )


def withheld(facts: ProviderFacts, details: str = "") -> ReplyFiltered:
    return ReplyFiltered(
        f"{facts.title} withheld the answer.",
        "Its content filter took offence.",
        "Ask another model for this cluster.",
        details=details,
    )


def not_accepted(facts: ProviderFacts, status: int, details: str = "") -> ProviderError:
    return ProviderError(
        f"{facts.title} did not accept the request (HTTP {status}).",
        _first_line(details) or "It gave no reason.",
        "Check the model's settings (temperature, reasoning, reply length).",
        details=details,
    )


def not_understood(facts: ProviderFacts, details: str = "") -> Overloaded:
    return Overloaded(
        f"The answer of {facts.title} was not understood.",
        "It does not have the agreed form.",
        "Check that the address is that of a model server of this kind.",
        details=details,
    )


def without_key(text: str, key: str | None) -> str:
    """Servers quote the key they refuse: take it out before anything is kept or shown."""
    return text.replace(key, "[key hidden]") if key else text


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The server's own wish, in seconds: a number, or a date of RFC 9110."""
    text = headers.get("retry-after-ms")
    if text and _number(text) is not None:
        return max(0.0, _number(text) / 1000)
    text = headers.get("retry-after")
    if not text:
        return None
    number = _number(text)
    if number is not None:
        return max(0.0, number)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else ""
