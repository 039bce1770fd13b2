"""The identity of a request, by which a run's call log answers it again instead of paying twice."""

from __future__ import annotations

import hashlib
import json

from cassia_core.llm.protocol import ChatRequest


def fingerprint(request: ChatRequest) -> str:
    """SHA-256 (hex) over all that decides the answer, and whose question it is.

    The provider and its address are left out: a recorded run can be replayed without them.
    """
    parts = {
        "agent": request.agent, "dataset": request.dataset, "cluster": request.cluster, "attempt": request.attempt,
        "model": request.model, "temperature": request.temperature, "max_tokens": request.max_tokens,
        "reasoning": request.reasoning, "schema": request.json_schema,
        "messages": [[m.role, m.content] for m in request.messages],
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
