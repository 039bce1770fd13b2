"""The one way to the models: logged, retried, within the budget, and stopped at once when it must be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import partial

from cassia_core.agents import annotator, booster, formatter, merger, scorer, validator
from cassia_core.agents.opinions import comparator, consultant, parts_annotator
from cassia_core.agents.prompts import Prompt
from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.domain.conversation import AgentRole, Message, Repair, Turn
from cassia_core.domain.tasks import AgentTask
from cassia_core.domain.usage import CallRecord
from cassia_core.errors import CassiaError, ConfigError, ReplyError, ReplyFiltered, RunCancelled
from cassia_core.llm.catalogue import facts_of, prices_of
from cassia_core.llm.fingerprint import fingerprint
from cassia_core.llm.near import FIRST_WORD_S, NEAR_FIRST_WORD_S, NEAR_SILENCE_S, SILENCE_S
from cassia_core.llm.protocol import ChatRequest, Provider
from cassia_core.pipeline.annotation.budget import Budget
from cassia_core.pipeline.asking import small_question
from cassia_core.pipeline.asking.first_questions import FirstQuestions
from cassia_core.pipeline.asking.sending import CallReports, Sender, stands_near
from cassia_core.runs.call_log import CallLog, LoggedCall

PROMPT_OF: dict[AgentRole, Callable[..., Prompt]] = {
    "annotator": annotator.prompt,
    "validator": validator.prompt,
    "formatter": formatter.prompt,
    "scorer": scorer.prompt,
    "booster": booster.prompt,
    "merger": merger.prompt,
    "tester": small_question.prompt,
    "comparator": comparator.prompt,
    "consultant": consultant.prompt,
    "parts_annotator": parts_annotator.prompt,
}
EARLIER_PROMPT_OF: dict[AgentRole, Callable[..., Prompt]] = {
    role: partial(PROMPT_OF[role], earlier=True) for role in ("annotator", "validator", "scorer", "booster")
}
"""As earlier versions asked: their answers are found in the logs of the runs that they recorded."""
REPLY_TOKENS_UNDER_A_LIMIT = 4096
"""Longest reply asked for when a budget is set and no `max_tokens`: without it no call has a known most."""
LONGER_REPLY_TOKENS = 16384
PAUSE_LOOK_S = 0.3
"""How often a paused run looks whether it may go on."""
UNUSED_REPLIES = 3
"""How often one question is put when the reply is empty, withheld or cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer with the turn to keep of it. `key` names it in the call log.

    `finish` is why it ended ("stop", "length", "filtered", "endless", "other"), `finish_said` in the
    server's own word.
    """

    text: str
    turn: Turn
    key: str
    finish: str = "stop"
    finish_said: str = ""


@dataclass(slots=True)
class _Trouble:
    """The error after which no call can succeed, shared by all who ask the same models."""

    error: CassiaError | None = None


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
    reports
        Told of words as they come, of calls that failed, and of pauses.
    paused
        True while a person lets the run wait: answers on record are still given, nothing is asked.
    wait_s
        Unit of the waits between retries, seconds. A call is given up after `params.max_retries` faults;
        "too many requests" is waited out.

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
        reports: CallReports | None = None,
        paused: Callable[[], bool] = lambda: False,
        wait_s: float = 1.0,
    ) -> None:
        self._params, self._log, self._stop, self._paused = params, call_log, stop, paused
        self._notice = notice or (lambda text: None)
        self._trouble = _Trouble()
        self._repetition = 1
        self._read_models: set[AgentModel] = set()
        self._first = FirstQuestions()
        spent = call_log.spent()
        self._budget = Budget(
            params.max_tokens_total,
            params.max_cost_usd,
            spent_tokens=spent.total_tokens,
            spent_usd=spent.cost_usd,
        )
        self._sender = Sender(
            providers,
            params,
            self._budget,
            call_log,
            check_stop=self._check_stop,
            stopped=stop,
            on_call=on_call,
            notice=self._notice,
            reports=reports or CallReports(),
            wait_s=wait_s,
        )
        self._refuse_unpriced_limit(providers)

    @property
    def stopped_by(self) -> CassiaError | None:
        """The error after which no call of this run can succeed, once there is one."""
        return self._trouble.error

    def asking(self, params: AnnotationParams) -> Asker:
        """The same way to the models with other ones for the roles: log, limits and connections are shared.
        What ends all calls to the models of one does not end those of another.
        """
        other = copy(self)
        other._params, other._trouble = params, _Trouble()
        return other

    def stopped_too(self, stop: Callable[[], bool]) -> Asker:
        """The same for a part of the run that a person may stop by itself."""
        other, of_run = copy(self), self._stop
        other._stop = lambda: of_run() or stop()
        return other

    def repeated(self, repetition: int) -> Asker:
        """The same, for the answer with this number to questions that are put several times on purpose."""
        other = copy(self)
        other._repetition = repetition
        return other

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
        # One small question before hundreds of large ones: a wrong key or a dead server costs one call.
        self._first.wait_for(model, self._check_stop)
        for _ in range(UNUSED_REPLIES):
            reply = self._answer(request, model)
            longer = _with_more_room(request, model) if reply.finish == "length" else None
            if reply.text.strip() and reply.finish != "filtered" and longer is None:
                return reply
            if unused is not None:
                unused(reply)
            # A reply cut off at the limit of tokens is asked for again with more room; an empty one just
            # again.
            request = longer or request
        raise _no_answer(reply, role, attempt)

    def ask_first(
        self, models: tuple[AgentModel, ...], answered: Callable[[AgentModel], None] = lambda model: None
    ) -> None:
        """Put one small question to each model at once; the run's questions to it wait for the answer.
        `answered` is told of those that answer in the form asked for.

        What stands in the way of every question (a key refused, a wrong address) ends the run before anything
        else is asked; what the run may get over is told as a notice.
        """

        def ask(model: AgentModel) -> None:
            if self._answers_at_all(model):
                answered(model)

        self._first.start(models, ask)

    def _answers_at_all(self, model: AgentModel) -> bool:
        try:
            request = self._request(
                "tester", small_question.TASK, model, dataset="", cluster="", attempt=1, note=""
            )
            problem = small_question.problem_of(self._answer(request, model).text)
        except RunCancelled:
            return False
        except CassiaError as error:
            self._notice(f"{model.model} was asked a small question first. {error}")
            return False
        if problem:
            self._notice(f"{model.model} was asked a small question first. {problem}")
        return not problem

    def note_read(self, role: AgentRole) -> None:
        """Remember that a reply of this role's model could be read."""
        self._read_models.add(self._params.model_of(role))

    def was_ever_read(self, role: AgentRole) -> bool:
        """Whether any reply of this role's model could be read in this run."""
        return self._params.model_of(role) in self._read_models

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
            repetition=self._repetition,
            temperature=model.temperature,
            max_tokens=longest,
            reasoning=model.reasoning,
            json_schema=prompt.json_schema,
            first_word_s=self._params.first_word_timeout_s or _first_word_s(model),
            silence_s=self._params.silence_timeout_s or _silence_s(model),
        )

    def _answer(self, request: ChatRequest, model: AgentModel) -> Reply:
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
            counted=call.counted,
            cost_usd=0.0 if entry.replayed else call.cost_usd,
            latency_s=call.latency_s,
            at=call.at,
            replayed=entry.replayed,
            repairs=_repairs(entry),
        )
        return Reply(
            text=entry.reply, turn=turn, key=key, finish=entry.finish_reason, finish_said=entry.finish_said
        )

    def _as_asked_earlier(self, request: ChatRequest) -> tuple[ChatRequest, str, LoggedCall] | None:
        """The same question in the words of an earlier version, where a log holds the answer to it."""
        prompt_of = EARLIER_PROMPT_OF.get(request.agent)
        if prompt_of is None or not self._log.had_answers:
            return None
        prompt = prompt_of(request.task)
        # What was added to the conversation stays; only the instruction is exchanged for its earlier wording.
        notes = request.messages[len(prompt.messages) :]
        earlier = replace(request, messages=(*prompt.messages, *notes), json_schema=prompt.json_schema)
        key = fingerprint(earlier)
        entry = self._log.take(key)
        return None if entry is None else (earlier, key, entry)

    def _paid(self, request: ChatRequest, model: AgentModel, key: str) -> LoggedCall:
        while self._paused():
            self._check_stop()
            time.sleep(PAUSE_LOOK_S)
        try:
            return self._sender.send(request, model, key)
        except CassiaError as error:
            # No call can succeed any more (key refused, account empty): the others stop before they are sent,
            # too.
            if self._sender.is_hopeless(error, model):
                self._trouble.error = self._trouble.error or error
            raise

    def _check_stop(self) -> None:
        if self._stop():
            raise RunCancelled(
                "The run was cancelled.",
                "You asked to stop it.",
                "Resume it whenever you like; what is done is kept.",
            )
        if self._trouble.error is not None:
            # A copy for each thread: raising one exception in several threads would tangle their traces.
            raise copy(self._trouble.error)

    def _refuse_unpriced_limit(self, models: Iterable[AgentModel]) -> None:
        if self._params.max_cost_usd is None:
            return
        for model in models:
            if prices_of(model) is None:
                raise ConfigError(
                    f"A limit in dollars cannot be kept with the model {model.model}.",
                    "Its price is not known.",
                    "Type its price, or set a limit in tokens instead (`max_tokens_total`).",
                )


def _with_more_room(request: ChatRequest, model: AgentModel) -> ChatRequest | None:
    """The same request with a longer reply allowed; None when the model has no more room."""
    most = min(
        LONGER_REPLY_TOKENS, facts_of(model.provider, model.model).max_output_tokens or LONGER_REPLY_TOKENS
    )
    if request.max_tokens is not None and request.max_tokens >= most:
        return None
    return replace(request, max_tokens=most)


def _repairs(entry: LoggedCall) -> tuple[Repair, ...]:
    """What was done to a reply before anybody read it."""
    field: tuple[Repair, ...] = ("from_reasoning_field",) if entry.from_thinking else ()
    return (*field, "cut_repetition") if entry.finish_reason == "endless" else field


def _no_answer(reply: Reply, role: AgentRole, attempt: int) -> CassiaError:
    """Why the last of several replies to the same question is no answer."""
    if reply.finish == "filtered":
        said = f" It said: “{reply.finish_said}”" if reply.finish_said else ""
        return ReplyFiltered(
            "The provider withheld the answer.",
            f"Its content filter took offence.{said}",
            "Ask another model for this cluster.",
        )
    if reply.finish == "length":
        return ReplyError(
            "The model used its whole reply for thinking and gave no answer.",
            f"It was asked {UNUSED_REPLIES} times; the limit for a reply counts what it thinks.",
            "Ask for less reasoning, allow longer replies (`max_tokens`), or choose another model.",
            agent=role,
            attempt=attempt,
        )
    if reply.finish == "endless":
        return ReplyError(
            "The model repeated its thoughts without end and gave no answer.",
            f"It was asked {UNUSED_REPLIES} times and cut short each time.",
            "Ask for less reasoning, or choose another model.",
            agent=role,
            attempt=attempt,
        )
    return ReplyError(
        "The model answered nothing.",
        f"It was asked {UNUSED_REPLIES} times.",
        "Ask again later or choose another model.",
        agent=role,
        attempt=attempt,
    )


def _first_word_s(model: AgentModel) -> float:
    return NEAR_FIRST_WORD_S if stands_near(model) else FIRST_WORD_S


def _silence_s(model: AgentModel) -> float:
    return NEAR_SILENCE_S if stands_near(model) else SILENCE_S
