"""Anthropic's messages, through the official SDK."""

from __future__ import annotations

import time

import anthropic

from cassia_core.errors import ProviderError
from cassia_core.llm import provider_problems
from cassia_core.llm.catalogue import ModelFacts, ProviderFacts, facts_of
from cassia_core.llm.protocol import ChatRequest, ChatResponse, FinishReason

LONGEST_REPLY = 8192
"""The wire format insists on a limit; thinking, which many models always do, counts against it."""
THINKING_BUDGET = {"low": 2048, "medium": 4096, "high": 8192}
_FINISH: dict[str | None, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filtered",
}
_NO_CREDIT = (
    anthropic.PaymentRequiredError,
    anthropic.EnforcedSpendLimitReachedError,
    anthropic.ContractSpendLimitReachedError,
)


class AnthropicMessages:
    """One address, one key, one pool of connections. Retries are made by the caller, never here.

    Parameters
    ----------
    facts
        The provider as the catalogue knows it.
    key
        API key, or None for servers that want none.
    base_url
        Address used exactly as given; None for the provider's own.
    """

    def __init__(self, facts: ProviderFacts, key: str | None, base_url: str | None = None) -> None:
        self._facts, self._key = facts, key
        self._base_url = base_url or facts.base_url
        self._client = anthropic.Anthropic(
            api_key=key or provider_problems.NO_KEY, base_url=self._base_url, max_retries=0
        )

    def __repr__(self) -> str:
        return f"AnthropicMessages({self._facts.name!r}, {self._base_url!r})"

    def complete(self, request: ChatRequest) -> ChatResponse:
        begun = time.monotonic()
        try:
            answer = self._client.messages.create(**self._fields(request))
        except anthropic.AnthropicError as error:
            raise self._problem(error, request.model, request.timeout_s) from error
        text = "".join(block.text for block in answer.content or () if block.type == "text")
        return ChatResponse(
            text=text,
            input_tokens=answer.usage.input_tokens,
            output_tokens=answer.usage.output_tokens,
            finish_reason=_FINISH.get(answer.stop_reason, "other"),
            model=answer.model,
            latency_s=time.monotonic() - begun,
        )

    def list_models(self) -> tuple[str, ...]:
        """Ids of the models this key may use, newest first.

        Raises
        ------
        ProviderError
            In plain words.
        """
        try:
            return tuple(model.id for model in self._client.models.list(limit=100, timeout=15.0))
        except anthropic.AnthropicError as error:
            raise self._problem(error, "", 15.0) from error

    def close(self) -> None:
        self._client.close()

    def _fields(self, request: ChatRequest) -> dict[str, object]:
        model = facts_of(self._facts.name, request.model)
        thinks = bool(request.reasoning) and model.reasoning is not False
        fields: dict[str, object] = {
            "model": request.model,
            "timeout": request.timeout_s,
            "max_tokens": request.max_tokens or LONGEST_REPLY,
            "messages": [
                {"role": m.role, "content": m.content} for m in request.messages if m.role != "system"
            ],
        }
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        if system:
            fields["system"] = system
        if request.temperature is not None and model.temperature and not thinks:
            fields["temperature"] = min(request.temperature, 1.0)
        output = _output_config(request, model, thinks)
        if output:
            fields["output_config"] = output
        if thinks:
            fields["thinking"] = _thinking(request, model)
        return fields

    def _problem(self, error: anthropic.AnthropicError, model: str, timeout_s: float) -> ProviderError:
        """The SDK's error by its type, and for status errors by the server's own code."""
        facts, details = self._facts, provider_problems.without_key(str(error), self._key)
        match error:
            case anthropic.APITimeoutError():
                return provider_problems.no_answer(facts, timeout_s, details)
            case anthropic.APIConnectionError():
                return provider_problems.not_reached(facts, self._base_url, details)
            case anthropic.APIStatusError():
                return self._status_problem(error, model, details)
        return provider_problems.not_understood(facts, details)

    def _status_problem(self, error: anthropic.APIStatusError, model: str, details: str) -> ProviderError:
        facts, wait = self._facts, provider_problems.retry_after_s(error.response.headers)
        if isinstance(error, _NO_CREDIT) or error.type == "billing_error":
            return provider_problems.no_credit(facts, details)
        match error:
            case anthropic.AuthenticationError() | anthropic.PermissionDeniedError():
                return provider_problems.key_refused(facts, details)
            case anthropic.NotFoundError():
                return provider_problems.unknown_model(facts, model, details)
            case anthropic.RateLimitError():
                return provider_problems.too_many(facts, wait, details)
            case anthropic.ContentTooLargeError():
                return provider_problems.too_long(facts, model, details)
            case (
                anthropic.InternalServerError() | anthropic.RequestTimeoutError() | anthropic.ConflictError()
            ):
                return provider_problems.failed_there(facts, error.status_code, wait, details)
        return provider_problems.not_accepted(facts, error.status_code, details)


def _output_config(request: ChatRequest, model: ModelFacts, thinks: bool) -> dict[str, object]:
    config: dict[str, object] = {}
    if thinks and model.thinking == "adaptive":
        config["effort"] = request.reasoning
    if request.json_schema and model.json_schema:
        config["format"] = {"type": "json_schema", "schema": dict(request.json_schema)}
    return config


def _thinking(request: ChatRequest, model: ModelFacts) -> dict[str, object]:
    if model.thinking == "budget":
        most = (request.max_tokens or LONGEST_REPLY) // 2
        return {
            "type": "enabled",
            "budget_tokens": max(1024, min(THINKING_BUDGET[request.reasoning or "low"], most)),
        }
    return {"type": "adaptive"}
