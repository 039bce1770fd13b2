"""A provider for replays: every answer must come from the recorded run, nothing is ever sent."""

from __future__ import annotations

from cassia_core.errors import ProviderError
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, unheard


class ReplayProvider:
    """Stands where a model would, and refuses: recorded answers are given by the call log before it is
    asked.
    """

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        """Refuse.

        Raises
        ------
        ProviderError
            Always: this request has no answer on record.
        """
        raise ProviderError(
            "The recorded run has no answer to this request.",
            f"Its {request.agent} was never asked this about cluster {request.cluster!r}: input, settings "
            "or prompts "
            "differ.",
            "Replay with the settings and the input of the recorded run, or annotate anew.",
        )

    def close(self) -> None:
        """Nothing is held open."""
