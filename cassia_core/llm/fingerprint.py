"""The identity of a request, by which a run's call log answers it again instead of paying twice."""

from __future__ import annotations

import hashlib
import json

from cassia_core.llm.protocol import ChatRequest


def fingerprint(request: ChatRequest) -> str:
    """SHA-256 (hex) over all that decides the answer, and whose question it is.

    Left out are the provider and its address (a recorded run can be replayed without them) and the longest
    reply
    allowed (it follows from the run's limits, which may be raised when a run goes on).
    """
    parts: dict[str, object] = {
        "agent": request.agent,
        "dataset": request.dataset,
        "cluster": request.cluster,
        "attempt": request.attempt,
        "model": request.model,
        "temperature": request.temperature,
        "reasoning": request.reasoning,
        "schema": request.json_schema,
        "messages": [[m.role, m.content] for m in request.messages],
    }
    if request.repetition != 1:  # the first is asked as ever, so that logs of earlier versions are found
        parts["repetition"] = request.repetition
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
