"""A request cut to what a model's server takes, and sent again without what it is found to refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cassia_core.domain.conversation import Message
from cassia_core.llm.abilities import Abilities, Refusal, Wish, Wishes
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard

Send = Callable[[ChatRequest, Wishes, Heard], ChatResponse]


def ask_as_it_takes(
    abilities: Abilities,
    request: ChatRequest,
    heard: Heard,
    send: Send,
    refusal_of: Callable[[Exception], Refusal | None],
) -> ChatResponse:
    """Send a request with all that the server takes; what it refuses is left out from then on.

    Parameters
    ----------
    abilities
        What is known of the provider's models; learned from each refusal.
    request, heard
        As `Provider.complete` has them.
    send
        Sends a request that fits the wishes; raises what the SDK raises.
    refusal_of
        The server's refusal in an error of `send`, or None where it is of another kind.

    Returns
    -------
    ChatResponse
        With `dropped`: what the server was found to refuse.
    """
    model = request.model
    with abilities.first_alone(model, lambda: heard("", False)):
        while True:
            wishes = abilities.wishes(model)
            sent = wishes_in(request, wishes)

            def hearing(words: str, thinking: bool, sent: frozenset[Wish] = sent) -> None:
                if words:  # it was taken: the other requests to this model need not wait any longer
                    abilities.accepted(model, sent)
                heard(words, thinking)

            try:
                answer = send(fitted(request, wishes), wishes, hearing)
            except Exception as error:
                refusal = refusal_of(error)
                if refusal is None or not abilities.refused(model, sent, refusal, request.max_tokens):
                    raise
            else:
                abilities.accepted(model, sent)
                return replace(answer, dropped=abilities.dropped(model))


def wishes_in(request: ChatRequest, wishes: Wishes) -> frozenset[Wish]:
    """Which of the wishes a request holds."""
    holds: dict[Wish, bool] = {
        "form": wishes.form and request.json_schema is not None,
        "cache_marks": wishes.cache_marks,
        "temperature": wishes.temperature and request.temperature is not None,
        "reasoning": wishes.reasoning and request.reasoning is not None,
        "tokens": bool(wishes.tokens) and request.max_tokens is not None,
        "system": wishes.system and any(m.role == "system" for m in request.messages),
    }
    return frozenset(wish for wish, held in holds.items() if held)


def fitted(request: ChatRequest, wishes: Wishes) -> ChatRequest:
    """The request without what the server refuses, and within the longest reply that it takes."""
    longest = request.max_tokens
    if longest is not None and wishes.most_tokens is not None:
        longest = min(longest, wishes.most_tokens)
    return replace(
        request,
        messages=request.messages if wishes.system else _folded(request.messages),
        json_schema=request.json_schema if wishes.form else None,
        temperature=request.temperature if wishes.temperature else None,
        reasoning=request.reasoning if wishes.reasoning else None,
        max_tokens=longest if wishes.tokens else None,
    )


def _folded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """One message of the user that holds all: such servers also want roles to alternate."""
    return (Message(role="user", content="\n\n".join(m.content for m in messages)),)
