"""What each trouble with a server is called: who, what, why and what to do."""

from __future__ import annotations

import pytest

from cassia_core.errors import Overloaded, ProviderTimeout, RateLimited
from cassia_core.llm.catalogue import ProviderFacts
from cassia_core.llm.problems import in_words
from cassia_core.llm.problems.in_words import KEPT_DETAILS, Asked
from cassia_core.llm.problems.server_words import ServerWords

FACTS = ProviderFacts(name="lab", title="Lab", kind="openai", base_url="https://lab.example/v1", key_page="")
ASKED = Asked(facts=FACTS, base_url="https://lab.example/v1", model="m-1")


def asked(base_url: str = FACTS.base_url, **facts) -> Asked:
    fields = {"name": "lab", "title": "Lab", "kind": "openai", "base_url": FACTS.base_url} | facts
    return Asked(facts=ProviderFacts(**fields), base_url=base_url, model="m-1")


def words(status: int = 400, line: str = "", **more) -> ServerWords:
    return ServerWords(status=status, line=line, text=more.pop("text", line), **more)


def test_a_server_is_elsewhere_when_it_is_ones_own_or_the_address_is_another():
    assert ASKED.elsewhere is False and ASKED.title == "Lab"
    assert asked(local=True).elsewhere is True
    assert asked("http://10.0.0.1/v1").elsewhere is True


def test_the_servers_own_words_end_the_reason_and_are_kept_in_part():
    error = in_words.key_refused(ASKED, words(401, "bad key", text="x" * 5000))
    assert str(error.why).endswith(" Lab said: “bad key”") and error.said == "bad key"
    assert error.details == "x" * KEPT_DETAILS and KEPT_DETAILS == 2000
    assert "said" not in in_words.key_refused(ASKED, words(401)).why


@pytest.mark.parametrize(
    ("page", "remedy"),
    [
        ("", "Check the key."),
        ("https://lab.example/keys", "Make a new one at https://lab.example/keys and enter it."),
    ],
)
def test_a_refused_key_points_to_where_keys_are_made(page, remedy):
    assert in_words.key_refused(asked(key_page=page), words(401)).remedy == remedy


@pytest.mark.parametrize(
    ("base_url", "kind", "hint"),
    [
        ("https://lab.example", "openai", "Most servers want https://lab.example/v1."),
        ("https://lab.example/", "openai", "Most servers want https://lab.example/v1."),
        ("https://lab.example/v1", "openai", ""),
        ("https://lab.example/v1/", "openai", ""),
        ("https://lab.example", "anthropic", ""),
    ],
)
def test_an_address_without_a_version_gets_the_hint_that_most_servers_want_one(base_url, kind, hint):
    remedy = in_words.wrong_path(asked(base_url, kind=kind), words(404)).remedy
    assert remedy == f"Check the address. {hint}".strip()


@pytest.mark.parametrize(
    ("line", "allowance", "first", "remedy"),
    [
        ("Daily limit reached, try again tomorrow: requests per day", True, "is used up", "Wait,"),
        ("slow down", False, "asks for fewer requests", "Use fewer workers"),
    ],
)
def test_an_allowance_for_a_day_is_told_apart_from_a_rate(line, allowance, first, remedy):
    error = in_words.too_many(ASKED, words(429, line, headers={"retry-after": "7"}))
    assert isinstance(error, RateLimited) and error.allowance is allowance and error.retry_after_s == 7.0
    assert first in error.what and error.remedy.startswith(remedy)
    assert ("a longer time" in error.why) is allowance


@pytest.mark.parametrize(("status", "said"), [(503, "HTTP 503"), (0, "an error inside HTTP 200")])
def test_a_failure_on_their_side_says_how_it_came(status, said):
    error = in_words.failed_there(ASKED, words(status, headers={"retry-after": "3"}))
    assert isinstance(error, Overloaded) and said in error.what and error.retry_after_s == 3.0


def test_a_refusal_without_a_reason_says_so():
    assert "no reason" in in_words.not_accepted(ASKED, words(400)).why
    assert "no reason" not in in_words.not_accepted(ASKED, words(400, "temperature?")).why


@pytest.mark.parametrize(
    ("first", "what", "setting"),
    [(True, "no word within 2.5 seconds", "first word"), (False, "fell silent", "silence between words")],
)
def test_silence_says_at_which_end_and_which_setting_allows_more(first, what, setting):
    error = in_words.no_word(ASKED, 2.5, first=first)
    assert isinstance(error, ProviderTimeout) and what in error.what and setting in error.remedy
    assert error.overdue is True
