"""Fifty further refusals through the official SDK: told by cause, with a remedy and the server's words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cassia_core import errors
from cassia_core.llm.openai_compatible import OpenAICompatible
from cassia_core.llm.registry import make_provider
from tests.annotating import server_model
from tests.contract.models.more_causes import MORE_CAUSES
from tests.contract.test_providers import request
from tests.model_server import Answer, ModelServer

KINDS = {
    "credit": errors.QuotaError,
    "region": errors.AccessDenied,
    "policy": errors.AccessDenied,
    "context": errors.ContextTooLong,
    "moderation": errors.ReplyFiltered,
    "model": errors.ModelUnavailable,
    "key": errors.AuthError,
    "allowance": errors.RateLimited,
    "rate": errors.RateLimited,
    "path": errors.WrongAddress,
    "web_page": errors.WrongAddress,
    "filter": errors.WrongAddress,
    "failed_there": errors.Overloaded,
}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def provider(server: ModelServer) -> Iterator[OpenAICompatible]:
    made = make_provider(server_model(server), "sk-canary-0123456789abcdef")
    yield made
    made.close()


@pytest.mark.parametrize("who", MORE_CAUSES)
def test_a_refusal_is_told_by_its_cause(who: str, server: ModelServer, provider: OpenAICompatible):
    status, body, cause, said = MORE_CAUSES[who]
    page = "text/html" if isinstance(body, str) else ""
    server.fault = lambda asked, good: Answer(status=status, body=body, content_type=page)
    with pytest.raises(KINDS[cause]) as caught:
        provider.complete(request())
    error = caught.value
    assert type(error) is KINDS[cause], error
    assert error.what and error.remedy and said in error.said + error.details
    if cause in ("rate", "allowance"):
        assert error.allowance == (cause == "allowance")
    assert error.fatal == (
        cause in ("credit", "region", "policy", "model", "key", "path", "web_page", "filter")
    )
