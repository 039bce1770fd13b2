"""The options of the commands that look at single clusters again, and of those that work on a table alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

AddModel = Callable[[argparse.ArgumentParser], None]


def add_refining(commands, add_model: AddModel) -> None:
    """Add the commands with their options; `add_model` adds those that say whom to ask."""
    _add_candidates(commands)
    _add_look(commands)
    _add_ask(commands)
    _add_score(commands, add_model)
    _add_merge(commands, add_model)
    _add_parts(commands, add_model)


def _add_candidates(commands) -> None:
    command = _about_one_cluster(
        commands,
        "candidates",
        "compare two to four types for one cluster: every model scores each, beside what the data say",
    )
    command.add_argument("--types", nargs="+", required=True, metavar="TYPE", help="two to four cell types")
    command.add_argument(
        "--rounds", type=int, default=3, help="rounds of discussion where models differ (default: 3; 0: none)"
    )
    command.set_defaults(run="opinions.refining.candidates")


def _add_look(commands) -> None:
    command = _about_one_cluster(
        commands, "look", "test the label of one cluster with further genes measured in it"
    )
    command.add_argument("--question", default="", help='answered along with it: "is this a cancer cluster?"')
    command.add_argument("--strategy", choices=("breadth", "depth"), default="breadth")
    command.add_argument("--rounds", type=int, default=3, help="most rounds of asking for genes (default: 3)")
    command.set_defaults(run="opinions.refining.look")


def _add_ask(commands) -> None:
    command = _about_one_cluster(commands, "ask", "ask a question in plain words about one cluster")
    command.add_argument("question", metavar="QUESTION")
    command.set_defaults(run="opinions.refining.ask")


def _about_one_cluster(commands, name: str, words: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=words, description="The answer stands beside the label of the run, which it never changes."
    )
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="a finished run")
    command.add_argument("--cluster", required=True, metavar="ID", help="exact id of the cluster")
    command.add_argument("--dataset", help="which dataset, if the run has several")
    command.add_argument(
        "--models", nargs="+", default=[], metavar="MODEL", help="as in `again` (default: the run's own)"
    )
    command.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible server")
    command.add_argument("--max-cost", type=float, metavar="USD", help="stop before this is exceeded")
    command.add_argument("--max-tokens", type=int, help="stop before this is exceeded")
    command.add_argument("--quiet", action="store_true", help="say nothing on the way")
    return command


def _add_score(commands, add_model: AddModel) -> None:
    command = commands.add_parser("score", help="score the labels of a table, of this program or of CASSIA")
    _on_table(command, add_model, "TABLE_scored.csv beside it")
    command.add_argument("--no-report", action="store_true", help="no page beside the table")
    command.set_defaults(run="opinions.tables.score")


def _add_merge(commands, add_model: AddModel) -> None:
    command = commands.add_parser("merge", help="group the labels of a table, broad to specific")
    _on_table(command, add_model, "TABLE_merged.csv beside it")
    command.add_argument(
        "--detail",
        nargs="+",
        choices=("broad", "detailed", "very_detailed"),
        default=["broad", "detailed", "very_detailed"],
        help="levels of detail (default: all three)",
    )
    command.add_argument("--note", default="", help="what else is known of the sample")
    command.add_argument("--batch-size", type=int, default=20, help="clusters asked about at a time")
    command.set_defaults(run="opinions.tables.merge")


def _add_parts(commands, add_model: AddModel) -> None:
    command = commands.add_parser(
        "parts",
        help="annotate the parts of one cluster from a marker table of the parts, without cells",
        description="All parts are asked about in one question, so that each is named beside the others; "
        "a part that is missing from the answer is asked about again.",
    )
    _on_table(command, add_model, "TABLE_parts.csv beside it")
    command.add_argument("--of", required=True, metavar="TYPE", help="what the cells of all parts are")
    command.add_argument("--times", type=int, default=1, help="how often to ask (default: once)")
    command.add_argument("--tissue", default="unknown")
    command.add_argument("--species", default="human")
    command.add_argument("--context", default="", help="anything else that is known of the sample")
    command.add_argument("--n-genes", type=int, default=50, help="marker genes shown of each part")
    command.set_defaults(run="opinions.tables.parts")


def _on_table(command: argparse.ArgumentParser, add_model: AddModel, default: str) -> None:
    command.add_argument("table", type=Path, metavar="TABLE")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=f"where the result goes (default: {default})"
    )
    add_model(command)
    command.add_argument("--max-workers", type=int, default=4, help="requests at a time")
