"""Sends one question to a provider: when it may be asked, within the budget, again where that may help."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tenacity import Retrying, retry_if_exception

from cassia_core.agents.parse import holds_answer, readable
from cassia_core.domain.config import OFFLINE, AgentModel, AnnotationParams
from cassia_core.domain.usage import CallFault, CallRecord
from cassia_core.errors import (
    BudgetExceeded,
    CassiaError,
    ContextTooLong,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    QuotaError,
    RateLimited,
    RunCancelled,
)
from cassia_core.llm.catalogue import cost_of, provider_facts
from cassia_core.llm.limiter import AdaptiveLimiter
from cassia_core.llm.near import NEAR_AT_ONCE, is_near
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, Provider
from cassia_core.llm.usage_fields import TokenUsage
from cassia_core.pipeline.annotation.budget import Budget, Need
from cassia_core.pipeline.asking.patience import Patience, worth_a_retry
from cassia_core.runs.call_log import CallLog, LoggedCall

CHARACTERS_PER_TOKEN = 3
"""Low on purpose: gene symbols cost more tokens than words do, and a reservation must not be too small."""
DEAD_AFTER = 3
"""Calls given up, none ever answered: the server is not there, and the run need not try it for every cluster.
"""
LONG_PAUSE = 120.0
"""Units of `wait_s` above which a wait is told as a pause of the run."""
LONGEST_PAUSE_S = 48 * 3600.0
"""A run waits so long for an allowance; after that it stops, and a person resumes it."""
GRACE_S = 20.0
"""Seconds that a cancelled run still waits for the answers under way, which are paid."""
CONTEXT_STEP = 1024
MOST_CHARACTERS_PER_TOKEN = 4.0
"""A prompt of ours has about 3.5 characters to a token; a count far below that, at a round number, is the
server's context, and the rest of the prompt was cut off.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReports:
    """Who is told of what: words as they come, calls that failed, and pauses (until when, and why; "" when
    one is over).
    """

    words: Callable[[ChatRequest, str, bool], None] = lambda request, words, thinking: None
    failed: Callable[[CallFault], None] = lambda fault: None
    paused: Callable[[str, str], None] = lambda until, why: None


class Sender:
    """The providers of one run with their limiters. Safe for use from several threads.

    Parameters
    ----------
    check_stop
        Raises when nothing more may be asked.
    stopped
        True once a person cancelled the run: answers under way are still waited for, for a while.
    wait_s
        Unit of waits that a server did not name, seconds.
    """

    def __init__(
        self,
        providers: Mapping[AgentModel, Provider],
        params: AnnotationParams,
        budget: Budget,
        call_log: CallLog,
        *,
        check_stop: Callable[[], None],
        stopped: Callable[[], bool],
        on_call: Callable[[CallRecord], None],
        notice: Callable[[str], None],
        reports: CallReports,
        wait_s: float,
    ) -> None:
        self._providers, self._params, self._budget, self._log = providers, params, budget, call_log
        self._check_stop, self._stopped = check_stop, stopped
        self._on_call, self._notice, self._reports, self._wait_s = on_call, notice, reports, wait_s
        self._limiters = {
            id(provider): AdaptiveLimiter(
                params.max_workers, first=NEAR_AT_ONCE if stands_near(model) else None, unit_s=wait_s
            )
            for model, provider in providers.items()
        }
        self._given_up: Counter[int] = Counter()
        self._paused: set[int] = set()
        self._dropped: set[tuple[str, str, str]] = set()
        self._seats = threading.BoundedSemaphore(params.max_workers)

    def send(self, request: ChatRequest, model: AgentModel, key: str) -> LoggedCall:
        """The model's answer, written down under `key`.

        Raises
        ------
        ProviderError
            After the retries.
        BudgetExceeded
            Before a call that could exceed the limit.
        RunCancelled
            When the run was cancelled.
        """
        patience = Patience(self._params.max_retries, self._wait_s)
        retrying = Retrying(
            stop=patience.give_up,
            retry=retry_if_exception(worth_a_retry),
            wait=patience.wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._call, request, model, key, patience)
        except ProviderError:
            self._given_up[id(self._providers[model])] += 1
            raise

    def is_hopeless(self, error: CassiaError, model: AgentModel) -> bool:
        """Whether no later call of the run can succeed after this error."""
        if isinstance(error, BudgetExceeded):
            return True
        if not isinstance(error, ProviderError):
            return False
        provider = id(self._providers[model])
        dead = self._given_up[provider] >= DEAD_AFTER and not self._limiters[provider].ever_answered
        return error.fatal or (error.retryable and dead)

    def _call(self, request: ChatRequest, model: AgentModel, key: str, patience: Patience) -> LoggedCall:
        provider = self._providers[model]
        limiter = self._limiters[id(provider)]
        asked = replace(request, first_word_s=request.first_word_s * patience.stretch)
        with limiter.slot(self._check_stop), self._seats:
            self._told_to_go_on(limiter)
            need = _most(asked, model)
            self._budget.reserve(need, self._check_stop)
            tokens, cost, begun = 0, None, time.monotonic()
            try:
                response = provider.complete(asked, self._hearing(asked))
                entry = _logged(asked, model, key, response, time.monotonic() - begun)
                tokens, cost = entry.call.input_tokens + entry.call.output_tokens, entry.call.cost_usd
                if not response.counted:  # a limit must hold for what nobody counted, too
                    tokens, cost = need.tokens, need.cost_usd
            except ProviderError as error:
                self._note(error, asked, model)
                self._slow_down(error, limiter, begun, patience)
                raise
            finally:
                self._budget.settle(need, tokens, cost)
        limiter.answered()
        self._tell_dropped(model, response)
        self._log.add(entry)
        self._on_call(entry.call)
        self._refuse_cut_prompt(asked, model, response)
        return entry

    def _tell_dropped(self, model: AgentModel, response: ChatResponse) -> None:
        """Say once per model what its server was found to refuse."""
        for dropped in response.dropped:
            if (model.provider, model.model, dropped) not in self._dropped:
                self._dropped.add((model.provider, model.model, dropped))
                self._notice(f"The server of {model.model} does not take {dropped}.")

    def _hearing(self, request: ChatRequest) -> Heard:
        """Passes words on, and gives up on an answer some time after the run was cancelled."""
        cancelled_at: float | None = None

        def heard(words: str, thinking: bool) -> None:
            nonlocal cancelled_at
            if words:
                self._reports.words(request, words, thinking)
            if cancelled_at is None and not words and self._stopped():
                cancelled_at = time.monotonic()
            if cancelled_at is not None and time.monotonic() - cancelled_at > GRACE_S:
                raise RunCancelled(
                    "The run was cancelled.",
                    f"The answer under way did not come within {GRACE_S:g} seconds.",
                    "Resume it whenever you like; what is done is kept.",
                )

        return heard

    def _note(self, error: ProviderError, request: ChatRequest, model: AgentModel) -> None:
        fault = CallFault(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            provider=model.provider,
            model=model.model,
            agent=request.agent,
            dataset=request.dataset,
            cluster=request.cluster,
            attempt=request.attempt,
            kind=type(error).__name__,
            problem=error.what,
            said=error.said,
        )
        self._log.fail(fault)
        self._reports.failed(fault)

    def _slow_down(
        self, error: ProviderError, limiter: AdaptiveLimiter, begun: float, patience: Patience
    ) -> None:
        """Ask for less at a time, or not at all for a while, as the error demands."""
        if isinstance(error, ProviderTimeout) and error.overdue:
            if limiter.overdue(begun):
                patience.queued()
            return
        wait_s = getattr(error, "retry_after_s", None)
        long = isinstance(error, Overloaded) and (wait_s or 0.0) > LONG_PAUSE
        if not isinstance(error, RateLimited) and not long:
            return
        if (wait_s or 0.0) > LONGEST_PAUSE_S:
            raise _used_up(error, wait_s or 0.0)
        pause = limiter.refused(wait_s, allowance=isinstance(error, RateLimited) and error.allowance)
        if pause is None:
            raise _used_up(error, LONGEST_PAUSE_S)
        if pause > LONG_PAUSE * self._wait_s:
            self._pause(limiter, pause, error)
        elif limiter.first_refusal():
            self._notice(f"{error.what} The run goes on more slowly; nothing is lost.")

    def _pause(self, limiter: AdaptiveLimiter, pause_s: float, error: ProviderError) -> None:
        self._paused.add(id(limiter))
        until = datetime.now(UTC) + timedelta(seconds=pause_s)
        self._reports.paused(until.isoformat(timespec="seconds"), " ".join((error.what, error.why)))

    def _told_to_go_on(self, limiter: AdaptiveLimiter) -> None:
        if id(limiter) in self._paused:
            self._paused.discard(id(limiter))
            self._reports.paused("", "")

    def _refuse_cut_prompt(self, request: ChatRequest, model: AgentModel, response: ChatResponse) -> None:
        """A server of one's own that cuts long prompts to its context does so in silence; its count tells."""
        sent, counted = _characters(request), response.input_tokens
        round_number = counted >= CONTEXT_STEP and counted % CONTEXT_STEP in (0, CONTEXT_STEP - 1)
        if not (stands_near(model) and round_number and sent > counted * MOST_CHARACTERS_PER_TOKEN):
            return
        raise ContextTooLong(
            f"The server cut the question to its context of {counted:,} tokens.",
            f"It was sent about {sent // MOST_CHARACTERS_PER_TOKEN:,.0f} tokens and read {counted:,}; an "
            "answer to half a question is none.",
            "Give the server a larger context (Ollama: OLLAMA_CONTEXT_LENGTH, llama.cpp: --ctx-size), or "
            "show the agents fewer genes (`n_genes`).",
        )

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, 0.1))
        self._check_stop()


def stands_near(model: AgentModel) -> bool:
    """Whether the model's server is on this computer or in this network."""
    facts = provider_facts(model.provider)
    if facts.kind == "offline":
        return False
    return facts.local or is_near(model.base_url or facts.base_url)


def _used_up(error: ProviderError, wait_s: float) -> QuotaError:
    """An allowance that does not come back in the time that a run can wait."""
    until = datetime.now(UTC) + timedelta(seconds=wait_s)
    ended = QuotaError(
        error.what,
        f"{error.why} It may be asked again on {until:%d %B %Y at %H:%M} UTC, as far as is known.",
        "Resume the run then, or choose another provider; what is done is kept.",
        details=error.details,
    )
    ended.said = error.said
    return ended


def _characters(request: ChatRequest) -> int:
    return sum(len(m.content) for m in request.messages)


def _most(request: ChatRequest, model: AgentModel) -> Need:
    input_tokens = math.ceil(_characters(request) / CHARACTERS_PER_TOKEN) + 20
    output_tokens = request.max_tokens or 0
    return Need(
        tokens=input_tokens + output_tokens,
        cost_usd=cost_of(model, TokenUsage(input=input_tokens, output=output_tokens)),
    )


def _logged(
    request: ChatRequest, model: AgentModel, key: str, response: ChatResponse, seconds: float
) -> LoggedCall:
    tokens = response.usage
    call = CallRecord(
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        provider=model.provider,
        model=readable(response.model) or model.model,
        agent=request.agent,
        dataset=request.dataset,
        cluster=request.cluster,
        attempt=request.attempt,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        latency_s=round(seconds, 4),
        cost_usd=cost_of(model, tokens) if response.counted or model.provider == OFFLINE else None,
        counted=response.counted,
        cached_tokens=tokens.cached,
        cache_write_tokens=tokens.cache_write,
        reasoning_tokens=tokens.reasoning,
    )
    from_thinking = not response.text.strip() and holds_answer(response.thinking)
    return LoggedCall(
        key=key,
        call=call,
        reply=readable(response.thinking if from_thinking else response.text),
        from_thinking=from_thinking,
        finish_reason=response.finish_reason,
        finish_said=readable(response.finish_said),
    )
