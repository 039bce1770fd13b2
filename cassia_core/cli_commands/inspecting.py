"""`inspect FILE`: the same findings as the Data page."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from cassia_core.cli_commands.reading_options import OPTION_OF_QUESTION, reading_of
from cassia_core.services.intake import intake
from cassia_core.services.runs import runs


def inspect(options: argparse.Namespace) -> int:
    """Print what was found, what would be done, and what is to be asked."""
    runs.check_input(options.input)
    findings = intake.inspect_file(options.input, reading_of(options, options.input))
    if options.json:
        print(json.dumps(asdict(findings), indent=1, ensure_ascii=False))
        return 0
    print(f"What we found in {options.input.name}")
    for line in findings.found:
        mark = {"ok": " ", "notice": "!", "ask": "?"}[line.level]
        print(f" {mark} {line.topic}: {line.value}" + (f" ({line.remark})" if line.remark else ""))
    if findings.done:
        print("What we do to your data (the file itself is not changed)")
        for sentence in findings.done:
            print(f"   {sentence}")
    for question in findings.questions:
        print(f" ? {question.text} [{' / '.join(question.choices)}]")
        if question.option in OPTION_OF_QUESTION:
            print(f"     answer with {OPTION_OF_QUESTION[question.option]}")
    return 0
