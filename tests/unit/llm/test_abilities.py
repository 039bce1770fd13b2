"""What a server refuses is left out from then on; what it refuses for other reasons is not."""

from __future__ import annotations

import threading
import time

import pytest

from cassia_core.llm.abilities import Abilities, Refusal
from cassia_core.llm.catalogue import provider_facts

ALL = frozenset({"form", "temperature", "reasoning", "tokens", "system"})


def abilities(provider: str = "custom") -> Abilities:
    return Abilities(provider_facts(provider))


@pytest.mark.parametrize(
    ("refusal", "left_out"),
    [
        (Refusal(status=400, parameter="response_format", words="not supported"), "form"),
        (Refusal(status=400, words="This response_format type is unavailable now"), "form"),
        (
            Refusal(
                status=422, words='{"detail":[{"loc":["body","response_format"],"type":"extra_forbidden"}]}'
            ),
            "form",
        ),
        (Refusal(status=500, words="Failed to parse grammar"), "form"),
        (Refusal(status=404, words="No endpoints found that support json_schema"), "form"),
        (Refusal(status=400, parameter="temperature", words="Unsupported value: use 1"), "temperature"),
        (Refusal(status=400, words="Unknown parameter: reasoning_effort"), "reasoning"),
        (Refusal(status=400, words="System role not supported"), "system"),
        (
            Refusal(status=400, words="Conversation roles must alternate user/assistant/user/assistant"),
            "system",
        ),
        (
            Refusal(
                status=400, parameter="messages[0].role", words="does not support 'system' with this model"
            ),
            "system",
        ),
        (Refusal(status=400, words="Developer instruction is not enabled for models/gemma"), "system"),
        (Refusal(status=500, words="Jinja Exception: System role not supported"), "system"),
    ],
)
def test_what_is_named_is_left_out(refusal: Refusal, left_out: str):
    known = abilities()
    assert known.refused("m", ALL, refusal)
    assert not getattr(known.wishes("m"), left_out)
    assert len(known.dropped("m")) == 1
    assert known.wishes("another") == abilities().wishes("another"), "other models are not concerned"


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(status=400, words="This model's maximum context length is 4096 tokens"),
        Refusal(status=401, words="response_format"),
        Refusal(status=429, words="temperature"),
        Refusal(status=500, words="internal error"),
        Refusal(status=400, words="Input data may contain inappropriate content"),
    ],
)
def test_other_refusals_leave_all_as_it_is(refusal: Refusal):
    known = abilities()
    assert not known.refused("m", ALL, refusal)
    assert known.wishes("m") == abilities().wishes("m")


def test_a_refusal_without_a_reason_is_tried_without_one_wish_after_the_other_and_once_only():
    known, blank, tries = abilities(), Refusal(status=400, words="Bad request"), 0
    while known.refused("m", ALL, blank):
        tries += 1
    assert tries == 4 and not known.refused("m", ALL, blank)


def test_what_was_taken_before_is_not_suspected():
    known = abilities()
    known.accepted("m", ALL)
    assert not known.refused("m", ALL, Refusal(status=400, words="Bad request"))
    assert known.refused("m", ALL, Refusal(status=400, words="response_format: too many properties"))


def test_the_field_of_the_reply_limit_is_changed_lowered_or_left_out():
    known = abilities()
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    assert known.refused("m", ALL, Refusal(status=400, words=words), 4096)
    assert known.wishes("m").tokens == "max_completion_tokens" and known.dropped("m") == ()
    assert known.refused("m", ALL, Refusal(status=400, words="max_completion_tokens: at most 2048"), 4096)
    assert known.wishes("m").most_tokens == 2048
    assert known.refused("m", ALL, Refusal(status=400, words="max_completion_tokens is unknown"), 2048)
    assert known.wishes("m").tokens == ""


def test_the_first_request_to_a_model_goes_alone_until_it_is_taken():
    known, order = abilities(), []

    def ask(name: str, takes_s: float) -> None:
        with known.first_alone("m", lambda: None):
            order.append(name)
            time.sleep(takes_s)
            known.accepted("m", ALL)
            time.sleep(takes_s)

    first = threading.Thread(target=ask, args=("first", 0.2))
    first.start()
    time.sleep(0.05)
    others = [threading.Thread(target=ask, args=("other", 0.0)) for _ in range(3)]
    for thread in others:
        thread.start()
    time.sleep(0.05)
    assert order == ["first"]
    for thread in (first, *others):
        thread.join()
    assert order == ["first", "other", "other", "other"]


def test_waiting_for_the_first_request_can_be_stopped():
    known = abilities()

    def stop() -> None:
        raise KeyboardInterrupt

    with known.first_alone("m", lambda: None), pytest.raises(KeyboardInterrupt), known.first_alone("m", stop):
        pass
