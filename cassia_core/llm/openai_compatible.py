"""OpenAI, OpenRouter and every server that speaks OpenAI's chat completions, through the official SDK."""

from __future__ import annotations

import time

import openai

from cassia_core.errors import ProviderError
from cassia_core.llm import provider_problems
from cassia_core.llm.catalogue import ProviderFacts, facts_of
from cassia_core.llm.protocol import ChatRequest, ChatResponse, FinishReason

_FINISH: dict[str | None, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "filtered"}
_NO_CREDIT_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


class OpenAICompatible:
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
        self._facts = facts
        self._base_url = base_url or facts.base_url
        self._key = key
        self._client = openai.OpenAI(
            api_key=key or provider_problems.NO_KEY, base_url=self._base_url, max_retries=0
        )
        self._client.organization = self._client.project = (
            None  # taken from the environment, for whichever server
        )

    def __repr__(self) -> str:
        return f"OpenAICompatible({self._facts.name!r}, {self._base_url!r})"

    def complete(self, request: ChatRequest) -> ChatResponse:
        begun = time.monotonic()
        try:
            answer = self._client.chat.completions.create(**self._fields(request))
        except openai.OpenAIError as error:
            raise self._problem(error, request.model, request.timeout_s) from error
        return self._response(answer, time.monotonic() - begun)

    def list_models(self) -> tuple[str, ...]:
        """Ids of the models the server offers, sorted.

        Raises
        ------
        ProviderError
            In plain words.
        """
        try:
            return tuple(sorted(model.id for model in self._client.models.list(timeout=15.0)))
        except openai.OpenAIError as error:
            raise self._problem(error, "", 15.0) from error

    def close(self) -> None:
        self._client.close()

    def _fields(self, request: ChatRequest) -> dict[str, object]:
        model = facts_of(self._facts.name, request.model)
        fields: dict[str, object] = {
            "model": request.model,
            "timeout": request.timeout_s,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        }
        if request.temperature is not None and model.temperature:
            fields["temperature"] = request.temperature
        if request.max_tokens is not None:
            fields[self._facts.tokens_field] = request.max_tokens
        if request.reasoning and model.reasoning is not False:
            fields |= _reasoning(self._facts.reasoning_field, request.reasoning)
        wants_schema = model.json_schema if model.json_schema is not None else self._facts.json_schema
        if request.json_schema and wants_schema:
            fields["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": request.agent, "schema": dict(request.json_schema), "strict": True},
            }
        return fields

    def _response(self, answer: openai.types.chat.ChatCompletion, seconds: float) -> ChatResponse:
        choices = getattr(answer, "choices", None)
        if not choices or choices[0].message is None:
            raise provider_problems.not_understood(self._facts)
        choice, usage = choices[0], answer.usage
        refused = getattr(choice.message, "refusal", None)
        return ChatResponse(
            text=choice.message.content or refused or "",
            input_tokens=(usage.prompt_tokens or 0) if usage else 0,
            output_tokens=(usage.completion_tokens or 0) if usage else 0,
            finish_reason=_FINISH.get(choice.finish_reason, "other"),
            model=answer.model or "",
            latency_s=seconds,
        )

    def _problem(self, error: openai.OpenAIError, model: str, timeout_s: float) -> ProviderError:
        """The SDK's error by its type, and for status errors by the server's own code."""
        facts, details = self._facts, provider_problems.without_key(str(error), self._key)
        match error:
            case openai.APITimeoutError():
                return provider_problems.no_answer(facts, timeout_s, details)
            case openai.APIConnectionError():
                return provider_problems.not_reached(facts, self._base_url, details)
            case openai.APIResponseValidationError():
                return provider_problems.not_understood(facts, details)
            case openai.APIStatusError():
                return self._status_problem(error, model, details)
        return provider_problems.not_understood(facts, details)

    def _status_problem(self, error: openai.APIStatusError, model: str, details: str) -> ProviderError:
        facts, wait = self._facts, provider_problems.retry_after_s(error.response.headers)
        if error.status_code == 402 or error.code in _NO_CREDIT_CODES:
            return provider_problems.no_credit(facts, details)
        if error.code == "context_length_exceeded" or error.status_code == 413:
            return provider_problems.too_long(facts, model, details)
        if error.code == "content_filter":
            return provider_problems.withheld(facts, details)
        if error.code == "model_not_found":
            return provider_problems.unknown_model(facts, model, details)
        match error:
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return provider_problems.key_refused(facts, details)
            case openai.NotFoundError():
                return provider_problems.unknown_model(facts, model, details)
            case openai.RateLimitError():
                return provider_problems.too_many(facts, wait, details)
            case openai.InternalServerError():
                return provider_problems.failed_there(facts, error.status_code, wait, details)
        if error.status_code in (408, 409):
            return provider_problems.failed_there(facts, error.status_code, wait, details)
        return provider_problems.not_accepted(facts, error.status_code, details)


def _reasoning(field: str, effort: str) -> dict[str, object]:
    if field == "reasoning":
        return {"extra_body": {"reasoning": {"effort": effort}}}
    return {field: effort} if field else {}
