"""Faults by name. Each turns a request and its good reply into what a faulty server would do."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.model_server.asked import Answer, Asked
from tests.model_server.replies import annotation, fenced

Fault = Callable[[Asked, str], Answer]
OTHER_GENES = ("OTHER1", "OTHER2", "OTHER3", "OTHER4", "OTHER5")


def status(code: int, error_code: str = "", **headers: str) -> Fault:
    return lambda asked, good: Answer(
        status=code, error_code=error_code, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def text(value: str | None, finish: str = "stop") -> Fault:
    return lambda asked, good: Answer(text=value, finish=finish)


def only(*agents: str) -> Callable[[Fault], Fault]:
    """The fault concerns replies of these agents; the others answer well."""

    def narrowed(fault: Fault) -> Fault:
        return lambda asked, good: fault(asked, good) if asked.agent in agents else Answer(text=good)

    return narrowed


@only("annotator", "merger")
def without_json(asked: Asked, good: str) -> Answer:
    return Answer(text=good.split("```")[0] or "The groups are clear.")


@only("annotator")
def of_another_cluster(asked: Asked, good: str) -> Answer:
    return Answer(text=annotation(OTHER_GENES))


@only("annotator")
def wrong_types(asked: Asked, good: str) -> Answer:
    genes = ", ".join(asked.markers[:5])
    block = {"general": 7, "subtypes": "a, b", "mixed": None, "key_genes": [1, None], "tissue": []}
    return Answer(
        text=f"The strongest markers are {genes}; together they point to one type.\n{fenced(block)}"
    )


@only("annotator")
def two_answers(asked: Asked, good: str) -> Answer:
    return Answer(text=good + "\n" + annotation(OTHER_GENES))


@only("annotator")
def broken_json(asked: Asked, good: str) -> Answer:
    return Answer(text=good.replace('"general"', "general", 1))


def score_of(value: object) -> Fault:
    @only("validator", "scorer")
    def fault(asked: Asked, good: str) -> Answer:
        block = fenced({"score": value, "reasoning": "40% of the list is explained."})
        last = "\nVALIDATION PASSED" if asked.agent == "validator" else ""
        return Answer(text=block + last)

    return fault


@only("validator")
def without_stop_phrase(asked: Asked, good: str) -> Answer:
    return Answer(text="I would say that this is not VALIDATION PASSED material, but it may do.")


@only("annotator", "validator")
def truncated(asked: Asked, good: str) -> Answer:
    if asked.fields.get("max_tokens") or asked.fields.get("max_completion_tokens"):
        return Answer(text=good)
    return Answer(text=good[: len(good) // 2], finish="length")


@only("merger")
def merger_in_other_order(asked: Asked, good: str) -> Answer:
    labels = asked.data["labels"]
    backwards = dict(reversed([(c, [g, g, d]) for c, (g, d) in labels.items()]))
    return Answer(text=f"```json\n{json.dumps(backwards)}\n```")


FAULTS: dict[str, Fault] = {
    "429": status(429, "rate_limit_exceeded"),
    "429-retry-after": status(429, "rate_limit_exceeded", retry_after="0.05"),
    "500": status(500),
    "503": status(503),
    "401": status(401, "invalid_api_key"),
    "402": status(402, "insufficient_quota"),
    "out-of-credit": status(429, "insufficient_quota"),
    "404": status(404, "model_not_found"),
    "timeout": lambda asked, good: Answer(text=good, hang_s=3.0),
    "reset": lambda asked, good: Answer(reset=True),
    "empty": text(""),
    "null": text(None),
    "refusal": only("annotator", "validator", "scorer")(
        text("I'm sorry, but I can't help with that request.")
    ),
    "filtered": text("", finish="content_filter"),
    "truncated": truncated,
    "no-json": without_json,
    "broken-json": broken_json,
    "other-cluster": of_another_cluster,
    "wrong-types": wrong_types,
    "two-answers": two_answers,
    "score-850": score_of(850),
    "score-text": score_of("85.5"),
    "no-stop-phrase": without_stop_phrase,
    "merger-backwards": merger_in_other_order,
}
