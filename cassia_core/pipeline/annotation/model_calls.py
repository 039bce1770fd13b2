"""The one way to the models: logged, retried, within the budget, and stopped at once when it must be."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from cassia_core.agents import annotator, booster, formatter, merger, parse, scorer, validator
from cassia_core.agents.prompts import Prompt
from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.domain.conversation import AgentRole, Message, Turn
from cassia_core.domain.tasks import AgentTask
from cassia_core.domain.usage import CallRecord
from cassia_core.errors import (
    BudgetExceeded,
    CassiaError,
    ConfigError,
    ProviderError,
    RateLimited,
    ReplyError,
    ReplyFiltered,
    RunCancelled,
)
from cassia_core.llm.catalogue import cost_of, facts_of, prices_of
from cassia_core.llm.fingerprint import fingerprint
from cassia_core.llm.limiter import AdaptiveLimiter
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Provider
from cassia_core.llm.usage_fields import TokenUsage
from cassia_core.pipeline.annotation.budget import Budget, Need
from cassia_core.runs.call_log import CallLog, LoggedCall

PROMPT_OF: dict[AgentRole, Callable[..., Prompt]] = {
    "annotator": annotator.prompt,
    "validator": validator.prompt,
    "formatter": formatter.prompt,
    "scorer": scorer.prompt,
    "booster": booster.prompt,
    "merger": merger.prompt,
}
EARLIER_PROMPT_OF: dict[AgentRole, Callable[..., Prompt]] = {
    role: partial(PROMPT_OF[role], earlier=True) for role in ("annotator", "validator", "scorer", "booster")
}
"""As earlier versions asked: their answers are found in the logs of the runs that they recorded."""
CHARACTERS_PER_TOKEN = 3
"""Low on purpose: gene symbols cost more tokens than words do, and a reservation must not be too small."""
REPLY_TOKENS_UNDER_A_LIMIT = 4096
"""Longest reply asked for when a budget is set and no `max_tokens`: without it no call has a known most."""
LONGER_REPLY_TOKENS = 16384
UNUSED_REPLIES = 3
"""How often one question is put when the reply is empty, withheld or cut off."""
LONGEST_WAIT_S = 300.0
DEAD_AFTER = 3
"""Calls given up, none ever answered: the server is not there, and the run need not try it for every cluster.
"""
RATE_LIMIT_PATIENCE = 900
"""Units of `wait_s` for which one call may be put off by a provider that asks for fewer requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer with the turn to keep of it. `key` names it in the call log."""

    text: str
    turn: Turn
    key: str


class Asker:
    """Asks models on behalf of the agents of one run. Safe for use from several threads.

    Parameters
    ----------
    providers
        One open provider for every model of `params`; models of one address may share one.
    params
        Whom to ask, how often to retry, and the limits.
    call_log
        Finished calls; a request found there is answered from it without a call.
    on_call
        Called after each paid call is on disk.
    stop
        True once a person cancelled the run.
    notice
        Called, once per provider, when it asks for fewer requests.
    wait_s
        Unit of the waits between retries, seconds. A call is given up after `params.max_retries` faults, or
        when the
        provider's rate limit has kept it waiting for 900 units.

    Raises
    ------
    ConfigError
        When a limit in dollars is set and a model has no known price.
    """

    def __init__(
        self,
        providers: Mapping[AgentModel, Provider],
        params: AnnotationParams,
        call_log: CallLog,
        on_call: Callable[[CallRecord], None],
        stop: Callable[[], bool],
        *,
        notice: Callable[[str], None] | None = None,
        wait_s: float = 1.0,
    ) -> None:
        self._providers, self._params, self._log = providers, params, call_log
        self._on_call, self._stop, self._wait_s = on_call, stop, wait_s
        self._notice = notice or (lambda text: None)
        self._fatal: CassiaError | None = None
        self._limiters = {id(p): AdaptiveLimiter(params.max_workers) for p in providers.values()}
        self._given_up: Counter[int] = Counter()
        self._seats = threading.BoundedSemaphore(params.max_workers)
        spent = call_log.spent()
        self._budget = Budget(
            params.max_tokens_total,
            params.max_cost_usd,
            spent_tokens=spent.total_tokens,
            spent_usd=spent.cost_usd,
        )
        self._refuse_unpriced_limit()

    @property
    def stopped_by(self) -> CassiaError | None:
        """The error after which no call of this run can succeed, once there is one."""
        return self._fatal

    def ask(
        self,
        role: AgentRole,
        task: AgentTask,
        *,
        dataset: str,
        cluster: str,
        attempt: int,
        note: str = "",
        unused: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """Put `task` to the model of `role`.

        Parameters
        ----------
        role, task
            Who is asked what.
        dataset, cluster, attempt
            Whose question it is.
        note
            One sentence on what was wrong with the last reply, when the same task is asked again.
        unused
            Called with each reply that was paid but is empty, withheld or cut off, before it is asked for
            again.

        Raises
        ------
        ProviderError
            After the retries; `AuthError` and `QuotaError` end all later asks too.
        BudgetExceeded
            Before a call that could exceed the limit.
        ReplyError
            When the model answers nothing.
        RunCancelled
            When the run was cancelled.
        """
        model = self._params.model_of(role)
        request = self._request(
            role, task, model, dataset=dataset, cluster=cluster, attempt=attempt, note=note
        )
        for _ in range(UNUSED_REPLIES):
            reply, finish = self._answer(request, model)
            longer = _with_more_room(request, model) if finish == "length" else None
            if reply.text.strip() and finish != "filtered" and longer is None:
                return reply
            if unused is not None:
                unused(reply)
            request = longer or request
        if finish == "filtered":
            raise ReplyFiltered(
                "The provider withheld the answer.",
                "Its content filter took offence.",
                "Ask another model for this cluster.",
            )
        raise ReplyError(
            "The model answered nothing.",
            f"It was asked {UNUSED_REPLIES} times.",
            "Ask again later or choose another model.",
            agent=role,
            attempt=attempt,
        )

    def discard(self, replies: tuple[str, ...]) -> None:
        """Note that these replies (by key) led nowhere, so that a later retry asks anew."""
        self._log.reject(replies)

    def _request(
        self,
        role: AgentRole,
        task: AgentTask,
        model: AgentModel,
        *,
        dataset: str,
        cluster: str,
        attempt: int,
        note: str,
    ) -> ChatRequest:
        prompt = PROMPT_OF[role](task)
        messages = (*prompt.messages, Message(role="user", content=note)) if note else prompt.messages
        longest = model.max_tokens or (REPLY_TOKENS_UNDER_A_LIMIT if self._budget.limited else None)
        return ChatRequest(
            messages=messages,
            model=model.model,
            agent=role,
            task=task,
            dataset=dataset,
            cluster=cluster,
            attempt=attempt,
            temperature=model.temperature,
            max_tokens=longest,
            reasoning=model.reasoning,
            json_schema=prompt.json_schema,
            timeout_s=self._params.timeout_s,
        )

    def _answer(self, request: ChatRequest, model: AgentModel) -> tuple[Reply, str]:
        """From the log, or else from the model. An answer that the filter withheld has an empty text."""
        self._check_stop()
        key = fingerprint(request)
        entry = self._log.take(key)
        if entry is None and (earlier := self._as_asked_earlier(request)) is not None:
            request, key, entry = earlier
        if entry is None:
            entry = self._paid(request, model, key)
        call = entry.call
        turn = Turn(
            role=request.agent,
            attempt=request.attempt,
            text=entry.reply,
            sent=request.messages,
            provider=call.provider,
            model=call.model,
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            cached_tokens=call.cached_tokens,
            reasoning_tokens=call.reasoning_tokens,
            cost_usd=0.0 if entry.replayed else call.cost_usd,
            latency_s=call.latency_s,
            at=call.at,
            replayed=entry.replayed,
        )
        return Reply(text=entry.reply, turn=turn, key=key), entry.finish_reason

    def _as_asked_earlier(self, request: ChatRequest) -> tuple[ChatRequest, str, LoggedCall] | None:
        """The same question in the words of an earlier version, where a log holds the answer to it."""
        prompt_of = EARLIER_PROMPT_OF.get(request.agent)
        if prompt_of is None or not self._log.had_answers:
            return None
        prompt = prompt_of(request.task)
        notes = request.messages[len(prompt.messages) :]
        earlier = replace(request, messages=(*prompt.messages, *notes), json_schema=prompt.json_schema)
        key = fingerprint(earlier)
        entry = self._log.take(key)
        return None if entry is None else (earlier, key, entry)

    def _paid(self, request: ChatRequest, model: AgentModel, key: str) -> LoggedCall:
        provider = self._providers[model]
        limiter = self._limiters[id(provider)]
        retrying = Retrying(
            stop=self._patience(),
            retry=retry_if_exception(_worth_a_retry),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._call, request, model, key, provider, limiter)
        except ProviderError as error:
            self._given_up[id(provider)] += 1
            dead = self._given_up[id(provider)] >= DEAD_AFTER and not limiter.ever_answered
            if error.fatal or (error.retryable and dead):
                self._fatal = self._fatal or error
            raise

    def _call(
        self, request: ChatRequest, model: AgentModel, key: str, provider: Provider, limiter: AdaptiveLimiter
    ) -> LoggedCall:
        with limiter.slot(self._check_stop), self._seats:
            need = self._most(request, model)
            self._reserve(need)
            tokens, cost = 0, None
            try:
                begun = time.monotonic()
                response = self._completed(provider, request, limiter)
                entry = _logged(request, model, key, response, time.monotonic() - begun)
                tokens, cost = entry.call.input_tokens + entry.call.output_tokens, entry.call.cost_usd
            finally:
                self._budget.settle(need, tokens, cost)
        limiter.answered()
        self._log.add(entry)
        self._on_call(entry.call)
        return entry

    def _completed(self, provider: Provider, request: ChatRequest, limiter: AdaptiveLimiter) -> ChatResponse:
        try:
            return provider.complete(request)
        except RateLimited as error:
            if limiter.refused(min(error.retry_after_s or self._wait_s, LONGEST_WAIT_S)):
                self._notice(f"{error.what} The run goes on more slowly; nothing is lost.")
            raise

    def _reserve(self, need: Need) -> None:
        try:
            self._budget.reserve(need, self._check_stop)
        except BudgetExceeded as error:
            self._fatal = self._fatal or error
            raise

    def _most(self, request: ChatRequest, model: AgentModel) -> Need:
        sent = sum(len(m.content) for m in request.messages)
        input_tokens = math.ceil(sent / CHARACTERS_PER_TOKEN) + 20
        output_tokens = request.max_tokens or 0
        return Need(
            tokens=input_tokens + output_tokens,
            cost_usd=cost_of(model, TokenUsage(input=input_tokens, output=output_tokens)),
        )

    def _check_stop(self) -> None:
        if self._stop():
            raise RunCancelled(
                "The run was cancelled.",
                "You asked to stop it.",
                "Resume it whenever you like; what is done is kept.",
            )
        if self._fatal is not None:
            raise copy(self._fatal)

    def _patience(self) -> Callable[[RetryCallState], bool]:
        """When to give one call up: faults are counted; "too many requests" is waited out for a long time,
        because
        it says nothing against this call."""
        faults = 0

        def give_up(state: RetryCallState) -> bool:
            nonlocal faults
            if isinstance(state.outcome.exception(), RateLimited) and self._params.max_retries:
                return state.seconds_since_start > RATE_LIMIT_PATIENCE * self._wait_s
            faults += 1
            return faults > self._params.max_retries

        return give_up

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after_s", None)
        jittered = wait_random_exponential(multiplier=self._wait_s, max=60 * self._wait_s)(state)
        return min(asked, LONGEST_WAIT_S) + 0.1 * jittered if asked is not None else jittered

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, 0.1))
        self._check_stop()

    def _refuse_unpriced_limit(self) -> None:
        if self._params.max_cost_usd is None:
            return
        for model in self._providers:
            if prices_of(model) is None:
                raise ConfigError(
                    f"A limit in dollars cannot be kept with the model {model.model}.",
                    "Its price is not known.",
                    "Type its price, or set a limit in tokens instead (`max_tokens_total`).",
                )


def _worth_a_retry(error: BaseException) -> bool:
    if not isinstance(error, ProviderError) or not error.retryable:
        return False
    return (getattr(error, "retry_after_s", None) or 0.0) <= LONGEST_WAIT_S


def _with_more_room(request: ChatRequest, model: AgentModel) -> ChatRequest | None:
    """The same request with a longer reply allowed; None when the model has no more room."""
    most = min(
        LONGER_REPLY_TOKENS, facts_of(model.provider, model.model).max_output_tokens or LONGER_REPLY_TOKENS
    )
    if request.max_tokens is not None and request.max_tokens >= most:
        return None
    return replace(request, max_tokens=most)


def _logged(
    request: ChatRequest, model: AgentModel, key: str, response: ChatResponse, seconds: float
) -> LoggedCall:
    tokens = response.usage
    cost = cost_of(model, tokens)
    call = CallRecord(
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        provider=model.provider,
        model=parse.readable(response.model) or model.model,
        agent=request.agent,
        dataset=request.dataset,
        cluster=request.cluster,
        attempt=request.attempt,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        latency_s=round(seconds, 4),
        cost_usd=cost,
        cached_tokens=tokens.cached,
        cache_write_tokens=tokens.cache_write,
        reasoning_tokens=tokens.reasoning,
    )
    return LoggedCall(
        key=key, call=call, reply=parse.readable(response.text), finish_reason=response.finish_reason
    )
