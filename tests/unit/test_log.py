"""No key reaches a log."""

from __future__ import annotations

import logging

import pytest

from cassia_core.log import KeyFilter


@pytest.mark.parametrize(
    "text",
    [
        "url /v1?k=AIzaSy0123456789abcdef0123",
        "key is my-odd-secret-1",
        "Authorization: Bearer abcdefgh12345678",
        "sk-or-v1-0123456789abcdef in a message",
    ],
)
def test_known_keys_and_whatever_looks_like_one_are_hidden(text):
    hidden = KeyFilter(["my-odd-secret-1"]).hide(text)
    assert (
        "my-odd-secret-1" not in hidden
        and "abcdefgh12345678" not in hidden
        and "0123456789abcdef" not in hidden
    )


def test_arguments_and_tracebacks_of_a_record_are_cleaned_too(capsys):
    logger = logging.getLogger("test_log")
    handler = logging.StreamHandler()
    handler.addFilter(KeyFilter(["topsecret"]))
    logger.addHandler(handler)
    try:
        raise ValueError("refused key topsecret")
    except ValueError:
        logger.exception("call with %s failed", "topsecret")
    logger.removeHandler(handler)
    text = capsys.readouterr().err
    assert "ValueError" in text and "topsecret" not in text
