"""Whom a person may ask: providers, models, and whether they answer."""

from __future__ import annotations

from cassia_core.domain.config import OFFLINE, AgentModel
from cassia_core.errors import ConfigError, ReplyError, ReplyFiltered
from cassia_core.llm import catalogue
from cassia_core.llm.catalogue import ModelFacts, ProviderFacts
from cassia_core.llm.protocol import ChatRequest, ChatResponse
from cassia_core.llm.registry import list_models, make_provider
from cassia_core.pipeline.asking import small_question
from cassia_core.services.runs.session_answers import note_answer

__all__ = [
    "ModelFacts",
    "ProviderFacts",
    "check_connection",
    "default_model",
    "list_models",
    "models_of",
    "price_is_known",
    "providers",
]

CHECK_FIRST_WORD_S = 120.0
"""A local server may first have to load the model."""


def providers() -> tuple[ProviderFacts, ...]:
    """All known providers, in the order a page shows them."""
    return catalogue.providers()


def models_of(provider: str) -> tuple[ModelFacts, ...]:
    """Models of a provider that the catalogue knows. Any other model id may be typed."""
    return tuple(m for m in catalogue.models() if m.provider == provider)


def price_is_known(model: AgentModel) -> bool:
    """Whether the catalogue knows what the model costs."""
    facts = catalogue.facts_of(model.provider, model.model)
    return model.provider == OFFLINE or facts.input_usd is not None


def check_connection(
    model: AgentModel, key: str | None = None, *, first_word_s: float = CHECK_FIRST_WORD_S
) -> str:
    """Ask the model one small question as a run asks: with an instruction, for a form, without a limit.

    Parameters
    ----------
    first_word_s
        Seconds that the first word may take.

    Returns
    -------
    str
        One sentence that says who answered and how fast, and whether the answer had the form asked for.

    Raises
    ------
    ConfigError
        The provider is not known, or its key or address is missing.
    ProviderError
        What is wrong, in plain words: key refused, no credit, model not known, server not running.
    ReplyError
        The model answered nothing, or not in the form asked for.
    """
    facts = catalogue.provider_facts(model.provider)
    if facts.kind == "offline":
        return "The built-in engine is ready. It needs no key and no network."
    provider = make_provider(model, key)
    try:
        answer = provider.complete(_small_question(model, first_word_s))
    finally:
        provider.close()
    _refuse_no_answer(facts.title, answer)
    note_answer(model, key)
    return f"{facts.title} is connected: {answer.model or model.model} answered in {answer.latency_s:.1f} s."


def _small_question(model: AgentModel, first_word_s: float) -> ChatRequest:
    prompt = small_question.prompt(small_question.TASK)
    return ChatRequest(
        messages=prompt.messages,
        model=model.model,
        agent="tester",
        task=small_question.TASK,
        temperature=model.temperature,
        max_tokens=model.max_tokens,
        reasoning=model.reasoning,
        json_schema=prompt.json_schema,
        first_word_s=first_word_s,
    )


def _refuse_no_answer(title: str, answer: ChatResponse) -> None:
    """A server that is there need not be one that can be asked."""
    if answer.finish_reason == "filtered":
        said = f" It said: “{answer.finish_said}”" if answer.finish_said else ""
        raise ReplyFiltered(
            f"{title} is there, but withheld its answer.",
            f"Its content filter took offence.{said}",
            "Choose another model.",
        )
    problem = small_question.problem_of(answer.text)
    if problem:
        raise ReplyError(
            f"{title} is there, but a run with this model would not go well.",
            problem,
            "Choose another model, or try it with a few clusters.",
            details=answer.text[:2000],
            raw=answer.text,
        )


def default_model(provider: str) -> str:
    """The model asked when none is named: the first one that the catalogue lists for the provider.

    Raises
    ------
    ConfigError
        When the catalogue lists none, as for a server of one's own.
    """
    if provider == OFFLINE:
        return AgentModel().model
    listed = models_of(provider)
    if not listed:
        title = catalogue.provider_facts(provider).title
        raise ConfigError(
            f"No model was named for {title}.",
            "The catalogue lists none for it.",
            "Name the model: --model on the command line, the model field on the Set-up page.",
        )
    return listed[0].model
