"""`inspect FILE`: the same findings as the Data page."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from cassia_core.cli_commands.reading_options import OPTION_OF_QUESTION, reading_of
from cassia_core.services.intake import intake, memory
from cassia_core.services.runs import runs

_STEP_BYTES = 100_000_000


class _Progress:
    """Says on the error stream, every 100 MB, how much of a file is unpacked."""

    def __init__(self) -> None:
        self._said = 0

    def __call__(self, name: str, n_bytes: int) -> None:
        if n_bytes - self._said >= _STEP_BYTES:
            self._said = n_bytes
            print(f"Unpacking {name}: {n_bytes / 1e6:,.0f} MB so far", file=sys.stderr)


def inspect(options: argparse.Namespace) -> int:
    """Print what was found, what would be done, and what is to be asked."""
    runs.check_input(options.input)
    intake.unpack_ahead(options.input, _Progress())
    findings = intake.inspect_file(options.input, reading_of(options, options.input))
    if options.json:
        print(json.dumps(asdict(findings), indent=1, ensure_ascii=False))
        return 0
    print(f"What we found in {options.input.name}")
    for line in findings.found:
        mark = {"ok": " ", "notice": "!", "ask": "?", "none": " "}[line.level]
        print(f" {mark} {line.topic}: {line.value}" + (f" ({line.remark})" if line.remark else ""))
    if findings.done:
        print("What we do to your data (the file itself is not changed)")
        for sentence in findings.done:
            print(f"   {sentence}")
    plan = memory.memory_plan(options.input, findings, reading_of(options, options.input))
    if plan is not None and plan.sketch_bytes is not None:
        print(f"Memory\n   {plan.in_words()}")
    for question in findings.questions:
        print(f" ? {question.text} [{' / '.join(question.choices)}]")
        if question.option in OPTION_OF_QUESTION:
            print(f"     answer with {OPTION_OF_QUESTION[question.option]}")
    return 0
