"""The offline engine as a provider: answers every agent's task from the knowledge base, in the models' reply
format.

No language model, no network, no tokens. The same task always gets the same answer.
"""

from __future__ import annotations

from cassia_core.domain.tasks import (
    AnnotateTask,
    BoostTask,
    CompareTask,
    ConsultTask,
    FormatTask,
    MergeTask,
    PartsTask,
    ScoreTask,
    ValidateTask,
)
from cassia_core.errors import ProviderError
from cassia_core.llm.offline.annotator import annotate
from cassia_core.llm.offline.booster import boost
from cassia_core.llm.offline.comparator import compare
from cassia_core.llm.offline.consultant import consult
from cassia_core.llm.offline.formatter import format_answer
from cassia_core.llm.offline.merger import merge
from cassia_core.llm.offline.parts import name_parts
from cassia_core.llm.offline.reviewer import score, validate
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, unheard

ENGINE_NAME = "cassia-offline"


class OfflineProvider:
    """A `Provider` that reads `ChatRequest.task` and never the messages."""

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        """Answer one task.

        Raises
        ------
        ProviderError
            A task of a kind the engine does not know.
        """
        return ChatResponse(text=_answer(request), model=ENGINE_NAME)

    def close(self) -> None:
        """Nothing is held open."""


def _answer(request: ChatRequest) -> str:
    match request.task:
        case AnnotateTask():
            return annotate(request.task)
        case ValidateTask():
            return validate(request.task)
        case ScoreTask():
            return score(request.task)
        case BoostTask():
            return boost(request.task)
        case MergeTask():
            return merge(request.task)
        case FormatTask():
            return format_answer(request.task)
        case CompareTask():
            return compare(request.task)
        case ConsultTask():
            return consult(request.task)
        case PartsTask():
            return name_parts(request.task)
        case _:
            raise ProviderError(
                "The offline engine cannot answer this.",
                f"It has no answer for a task of the kind {type(request.task).__name__}.",
                "Choose a language model for this step.",
            )
