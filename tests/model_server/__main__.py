"""Start the stand-in server by hand: `python -m tests.model_server --help`."""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.model_server import FAULTS, Answer, Asked, ModelServer


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.model_server",
        description=(
            "A local stand-in for model servers. Speaks OpenAI chat completions (/v1/chat/completions, "
            "/v1/models) and "
            "Anthropic messages (/v1/messages). GET /stats shows the counters, POST /reset clears them."
        ),
    )
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds per answer")
    parser.add_argument("--key", help="refuse every other key")
    parser.add_argument("--fault", choices=sorted(FAULTS), help="what goes wrong")
    parser.add_argument(
        "--rate", type=float, default=1.0, help="share of the requests with the fault (0 to 1)"
    )
    parser.add_argument("--after", type=int, default=0, help="first so many requests are answered well")
    parser.add_argument(
        "--first", type=int, help="only the first so many requests (after --after) have the fault"
    )
    parser.add_argument("--any-model", action="store_true", help="accept every model name")
    options = parser.parse_args()

    def fault(asked: Asked, good: str) -> Answer | None:
        number = asked.number - options.after
        past = options.first is not None and number > options.first
        if options.fault is None or number <= 0 or past or random.random() >= options.rate:
            return None
        return FAULTS[options.fault](asked, good)

    extra = {"models": ()} if options.any_model else {}
    with ModelServer(
        fault=fault, latency_s=options.latency, key=options.key, port=options.port, keep=False, **extra
    ) as server:
        sys.stdout.write(
            f"OpenAI format: {server.url}   Anthropic format: {server.anthropic_url}   (Ctrl-C stops)\n"
        )
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            sys.stdout.write(f"{server.stats.as_dict()}\n")


if __name__ == "__main__":
    main()
