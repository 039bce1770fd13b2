"""Plain words for what can go wrong with a model server; used by every provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cassia_core.errors import (
    AccessDenied,
    AuthError,
    ContextTooLong,
    ModelUnavailable,
    NotUnderstood,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    QuotaError,
    RateLimited,
    ReplyFiltered,
    WrongAddress,
)
from cassia_core.llm.catalogue import ProviderFacts
from cassia_core.llm.problems.allowances import is_allowance, retry_after_s, wait_of
from cassia_core.llm.problems.causes import Cause, cause_of
from cassia_core.llm.problems.server_words import ServerWords

NO_KEY = "none"
"""Sent as key to servers that want none: the SDKs insist on a value, and must not take one from the
environment.
"""
SILENT = ServerWords(status=0)
KEPT_DETAILS = 2000
E = TypeVar("E", bound=ProviderError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who was asked for what: `base_url` is where, `model` the model's name ("" for the list of models)."""

    facts: ProviderFacts
    base_url: str
    model: str = ""

    @property
    def title(self) -> str:
        """What to call the server."""
        return self.facts.title

    @property
    def elsewhere(self) -> bool:
        """Whether the user gave the address, or the server is the user's own."""
        return self.facts.local or self.base_url != self.facts.base_url


def refused(asked: Asked, words: ServerWords) -> ProviderError:
    """The error for a refusal, by its cause, with the server's own words."""
    return _BY_CAUSE[cause_of(words, asked.model)](asked, words)


def _told(kind: type[E], what: str, why: str, remedy: str, asked: Asked, words: ServerWords) -> E:
    """An error that ends its reason with what the server said itself."""
    said = f" {asked.title} said: “{words.line}”" if words.line else ""
    error = kind(what, why + said, remedy, details=words.text[:KEPT_DETAILS])
    error.said = words.line
    return error


def key_refused(asked: Asked, words: ServerWords) -> AuthError:
    page = asked.facts.key_page
    return _told(
        AuthError,
        f"{asked.title} refused the key.",
        "It is misspelled, expired or not allowed to do this.",
        f"Make a new one at {page} and enter it." if page else "Check the key.",
        asked,
        words,
    )


def no_credit(asked: Asked, words: ServerWords) -> QuotaError:
    return _told(
        QuotaError,
        f"The account at {asked.title} has no credit left.",
        "The provider declined to be paid later.",
        "Top it up or choose another provider, then go on with the run; what is done is kept.",
        asked,
        words,
    )


def wrong_region(asked: Asked, words: ServerWords) -> AccessDenied:
    return _told(
        AccessDenied,
        f"{asked.title} does not serve the place you ask from.",
        "The provider, or the model, is not offered in this country or region.",
        "Choose a provider or a model that is offered where you are, or a model on your own computer.",
        asked,
        words,
    )


def data_policy(asked: Asked, words: ServerWords) -> AccessDenied:
    return _told(
        AccessDenied,
        f"{asked.title} found nobody who may answer under your account's data policy.",
        "The account's privacy settings shut out every host of this model.",
        "Change the privacy settings of the account (OpenRouter: https://openrouter.ai/settings/privacy), or "
        "choose another model.",
        asked,
        words,
    )


def moderated(asked: Asked, words: ServerWords) -> ReplyFiltered:
    return _told(
        ReplyFiltered,
        f"{asked.title} withheld the answer.",
        "Its content filter took offence at the question.",
        "Ask another model for this cluster.",
        asked,
        words,
    )


def unknown_model(asked: Asked, words: ServerWords) -> ModelUnavailable:
    return _told(
        ModelUnavailable,
        f"{asked.title} does not know the model {asked.model!r}.",
        "The name is misspelled, the model is not there, or this key may not use it.",
        "Choose one from the list, or install it on the server.",
        asked,
        words,
    )


def wrong_path(asked: Asked, words: ServerWords) -> WrongAddress:
    # An address that ends in a version is whole already; the hint would send its owner astray.
    bare = not asked.base_url.rstrip("/").rpartition("/")[2].startswith("v")
    hint = (
        f"Most servers want {asked.base_url.rstrip('/')}/v1." if bare and asked.facts.kind == "openai" else ""
    )
    return _told(
        WrongAddress,
        f"There is a server at {asked.base_url}, but not under this path.",
        "It has no page for questions to a model there.",
        " ".join(part for part in ("Check the address.", hint) if part),
        asked,
        words,
    )


def web_page(asked: Asked, words: ServerWords) -> WrongAddress:
    return _told(
        WrongAddress,
        f"A web page answered instead of a model at {asked.base_url}.",
        "It is a log-in page, of the network or of the server, or the address is that of a web site.",
        "Log in with a browser and try again, or give the address of the server's interface (API).",
        asked,
        words,
    )


def filtered_on_the_way(asked: Asked, words: ServerWords) -> WrongAddress:
    return _told(
        WrongAddress,
        f"The question to {asked.title} was stopped on the way (HTTP {words.status}).",
        "A web filter or firewall, of the network or of the server, did not let it pass; the key was not "
        "looked at.",
        "Try another network, or ask whoever runs the filter to allow this address.",
        asked,
        words,
    )


def wrong_scheme(asked: Asked, words: ServerWords) -> WrongAddress:
    return _told(
        WrongAddress,
        f"The server at {asked.base_url} wants an encrypted connection.",
        "The address begins with http://.",
        "Write https:// instead.",
        asked,
        words,
    )


def proxy_login(asked: Asked, words: ServerWords) -> WrongAddress:
    return _told(
        WrongAddress,
        f"The proxy between here and {asked.title} wants a log-in (HTTP 407).",
        "It is set in the environment (HTTPS_PROXY or HTTP_PROXY) without a name and a password.",
        "Set the proxy with its log-in, or NO_PROXY for this server, and start the program again.",
        asked,
        words,
    )


def too_long(asked: Asked, words: ServerWords) -> ContextTooLong:
    return _told(
        ContextTooLong,
        f"The request does not fit into {asked.model}.",
        "It is longer than the model's context.",
        "Show the agents fewer genes (`n_genes`), give the server a larger context, or choose another model.",
        asked,
        words,
    )


def too_many(asked: Asked, words: ServerWords) -> RateLimited:
    allowance = is_allowance(words)
    error = _told(
        RateLimited,
        f"The allowance at {asked.title} is used up for now."
        if allowance
        else f"{asked.title} asks for fewer requests at a time.",
        "Its limit for a longer time, such as a day, is reached."
        if allowance
        else "Its rate limit is reached.",
        "Wait, or choose another model or provider; what is done is kept."
        if allowance
        else "Use fewer workers or try again later.",
        asked,
        words,
    )
    error.retry_after_s, error.allowance = wait_of(words), allowance
    return error


def failed_there(asked: Asked, words: ServerWords) -> Overloaded:
    status = f"HTTP {words.status}" if words.status else "an error inside HTTP 200"
    error = _told(
        Overloaded,
        f"{asked.title} failed on its side ({status}).",
        "The server is overloaded or broken.",
        "Try again later.",
        asked,
        words,
    )
    error.retry_after_s = retry_after_s(words.headers)
    return error


def not_accepted(asked: Asked, words: ServerWords) -> ProviderError:
    return _told(
        ProviderError,
        f"{asked.title} did not accept the request (HTTP {words.status}).",
        "" if words.line else "It gave no reason.",
        "Check the model's settings (temperature, reasoning, reply length).",
        asked,
        words,
    )


def not_understood(asked: Asked, words: ServerWords = SILENT) -> NotUnderstood:
    return _told(
        NotUnderstood,
        f"The answer of {asked.title} was not understood.",
        "It does not have the form that model servers use.",
        f"Check that {asked.base_url} is the address of a model server of this kind.",
        asked,
        words,
    )


def no_word(asked: Asked, seconds: float, *, first: bool) -> ProviderTimeout:
    error = ProviderTimeout(
        f"{asked.title} gave no word within {seconds:g} seconds."
        if first
        else f"{asked.title} fell silent in the middle of its answer for {seconds:g} seconds.",
        "The model is slow, or the server is stuck or busy with other questions.",
        "Allow more time for the "
        + ("first word" if first else "silence between words")
        + " (Settings, or the command line), or choose a faster model.",
    )
    error.overdue = True
    return error


_BY_CAUSE: dict[Cause, Callable[[Asked, ServerWords], ProviderError]] = {
    "credit": no_credit,
    "region": wrong_region,
    "policy": data_policy,
    "context": too_long,
    "moderation": moderated,
    "model": unknown_model,
    "key": key_refused,
    "allowance": too_many,
    "rate": too_many,
    "path": wrong_path,
    "web_page": web_page,
    "filter": filtered_on_the_way,
    "scheme": wrong_scheme,
    "proxy_login": proxy_login,
    "failed_there": failed_there,
    "not_accepted": not_accepted,
    "not_understood": not_understood,
}
