"""Why a server refused, told by status, codes and words. The first rule that holds decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from cassia_core.llm.problems.allowances import is_allowance
from cassia_core.llm.problems.server_words import ServerWords

Cause = Literal[
    "credit",
    "region",
    "policy",
    "context",
    "moderation",
    "model",
    "key",
    "allowance",
    "rate",
    "path",
    "web_page",
    "filter",
    "scheme",
    "proxy_login",
    "failed_there",
    "not_accepted",
    "not_understood",
]
INSIDE_200 = 0
"""Status of an error that came with HTTP 200 and names no status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Holds when the status is one of `statuses` (empty: any), and a code is in `codes` or words match."""

    cause: Cause
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    says: re.Pattern[str] | None = None

    def holds(self, words: ServerWords) -> bool:
        if self.statuses and words.status not in self.statuses:
            return False
        return bool(self.codes & words.codes) or (self.says is not None and words.speaks_of(self.says))


def _rule(cause: Cause, statuses: tuple[int, ...] = (), codes: str = "", says: str = "") -> _Rule:
    return _Rule(
        cause=cause,
        statuses=frozenset(statuses),
        codes=frozenset(codes.split()),
        says=re.compile(says, re.IGNORECASE) if says else None,
    )


_REFUSALS = (INSIDE_200, 400, 401, 403, 404, 409, 410, 422, 451)
_RULES = (
    _rule("scheme", says=r"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server"),
    _rule("credit", codes="insufficient_quota billing_hard_limit_reached billing_not_active billing_error"),
    _rule(
        "credit",
        (INSIDE_200, 400, 401, 403),
        says=r"credit balance is too low|insufficient (?:credits?|balance|funds)|more credits|"
        r"key limit exceeded|exceeded (?:its|your|the) (?:spend|credit)|budget has been exceeded",
    ),
    _rule(
        "region",
        _REFUSALS,
        codes="unsupported_country_region_territory",
        says=r"country, region|(?:in|from) your (?:country|region|location|territory)|"
        r"location is not supported",
    ),
    _rule(
        "context",
        (INSIDE_200, 400, 413, 422, 500),
        codes="context_length_exceeded exceed_context_size_error string_above_max_length",
        says=r"context[- _](?:length|size|window)|prompt is too long|too many (?:input )?tokens|"
        r"input is too long|reduce the length|n_ctx|num_ctx|max_model_len|"
        r"exceeds the maximum number of tokens",
    ),
    _rule(
        "policy",
        _REFUSALS,
        says=r"data policy|privacy settings|settings/privacy|zero data retention|guardrail|"
        r"no allowed providers",
    ),
    _rule(
        "moderation",
        _REFUSALS,
        codes="content_filter content_policy_violation moderation_blocked responsibleaipolicyviolation",
        says=r"\bflagged\b|moderation|content (?:management )?policy|safety (?:system|filter|polic)|"
        r"usage polic(?:y|ies)",
    ),
    _rule(
        "model",
        _REFUSALS,
        codes="model_not_found model_not_available model_not_supported invalid_model deploymentnotfound",
        says=r"\bmodels?\b[^.]{0,80}?(?:not found|not exist|n't exist|not available|unknown|not loaded|"
        r"retired|deprecated|decommissioned)|(?:unknown|invalid|no such|unsupported) model\b|"
        r"not a valid model|no models? (?:is |are )?loaded|no endpoints found|access to (?:the )?model|"
        r"try pulling it",
    ),
    _rule(
        "key",
        _REFUSALS,
        codes="invalid_api_key authentication_error api_key_invalid invalid_authentication token_expired",
        says=r"api[ _-]?key[^.]{0,30}(?:invalid|not valid|expired|missing|required)|"
        r"(?:invalid|incorrect|missing|no) (?:x-)?(?:api[ _-]?key|auth)",
    ),
    _rule(
        "rate",
        (INSIDE_200,),
        codes="rate_limit_exceeded rate_limit_error resource_exhausted too_many_requests",
    ),
    _rule(
        "path",
        (INSIDE_200, 404, 405),
        says=r"unexpected endpoint|invalid url|file not found|cannot (?:post|get)|unknown (?:request )?url|"
        r"no such (?:page|route|endpoint)|(?:page|resource|route|url|path|endpoint) (?:was )?not found|"
        r"\A\s*(?:404\s*:?\s*)?not found\W*(?:\{|\Z)|not allowed",
    ),
)
_LIMIT = re.compile(r"limit|quota|exceed|exhaust", re.IGNORECASE)
_OF_GATEWAY = (408, 409, 425)


def cause_of(words: ServerWords, model: str) -> Cause:
    """The cause of one refusal.

    Parameters
    ----------
    words
        What the server said.
    model
        Name of the model that was asked: a 404 that names it speaks of it.
    """
    status = words.status
    if status == 407:
        return "proxy_login"
    # Some servers answer a question that is too long with 500: that is no overload, and waiting would not
    # help.
    if status >= 500 and not _says(words, "context"):
        return "failed_there"
    if status == 413:  # also where a proxy says so with a page
        return "context"
    if words.web_page:
        return _cause_of_page(words)
    if status == 402:
        return "credit"
    known = next((rule.cause for rule in _RULES if rule.holds(words)), None)
    # A 404 that names the model speaks of the model, whatever else it says of pages.
    if known is not None and not (known == "path" and _names(words, model)):
        return known
    # "Per day" alone stands in many a piece of advice; beside a limit it is an allowance.
    if is_allowance(words) and words.speaks_of(_LIMIT):
        return "allowance"
    return _cause_by_status(words, model)


def _says(words: ServerWords, cause: Cause) -> bool:
    return any(rule.holds(words) for rule in _RULES if rule.cause == cause)


def _names(words: ServerWords, model: str) -> bool:
    return bool(model) and model.lower() in words.text.lower()


def _cause_of_page(words: ServerWords) -> Cause:
    """A page for a browser never comes from a model server."""
    if _says(words, "scheme"):
        return "scheme"
    if words.status in (404, 405):
        return "path"
    if words.status == 429:
        return "rate"
    return "filter" if words.status in (401, 403, 451) else "web_page"


def _cause_by_status(words: ServerWords, model: str) -> Cause:
    match words.status:
        case 429:
            return "rate"
        case 401:
            return "key"
        case 403:
            return "key" if words.structured else "filter"
        case 404 | 410:
            return "model" if words.structured or _names(words, model) else "path"
        case 405:
            return "path"
        case code if code in _OF_GATEWAY:
            return "failed_there"
        case code if code == INSIDE_200:
            return "failed_there" if words.structured else "not_understood"
    return "not_accepted"
