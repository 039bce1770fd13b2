"""The command line: the same runs as the app's, for people who like a prompt.

Exit codes: 0 all done, 1 failed, 2 partly done or cancelled (2 is also argparse's code for a wrong call).
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from cassia_core.cli_commands.class_options import add_class
from cassia_core.cli_commands.clustering_options import add_clustering, resolution
from cassia_core.cli_commands.exporting_options import add_export
from cassia_core.cli_commands.opinions.refining_options import add_refining
from cassia_core.cli_commands.reading_options import add_reading
from cassia_core.errors import CassiaError
from cassia_core.services.batches.manifest_rows import ANSWERS, EXCEPTIONS, NEEDED, OPTIONAL

_AGENT_OPTIONS = (
    "provider",
    "model",
    "base_url",
    "max_workers",
    "first_word_timeout",
    "silence_timeout",
    "score_threshold",
    "boost",
    "validator",
    "no_score",
    "no_merge",
    "blind",
    "use_reference",
    "prices",
    "max_cost",
    "max_tokens",
    "replay",
)


def main(arguments: Sequence[str]) -> int:
    """Run one command. Problems are printed as what, why and what to do; never as a traceback."""
    options = parser().parse_args(arguments)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # they name files of ours and of libraries, and help nobody here
    try:
        return _function(options.run)(options)
    except CassiaError as error:
        for title, text in (("Problem", error.what), ("Why", error.why), ("What to do", error.remedy)):
            if text:
                print(f"{title}: {text}", file=sys.stderr)
        return 1
    except (OSError, UnicodeError) as error:
        named = f" {error.filename}" if isinstance(error, OSError) and error.filename else ""
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        print(
            f"Problem: The file or folder{named} could not be read or written.\nWhy: {why}\n"
            "What to do: Check its name and its rights, and that there is space left.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001  whatever it is, a person reads what to do
        print(
            f"Problem: The command could not be finished.\nWhy: The program itself failed "
            f"({type(error).__name__}: {error}). No input file was changed.\n"
            "What to do: Try another file or setting, or send this message to the maintainers.",
            file=sys.stderr,
        )
        return 1


def _function(name: str) -> Callable[[argparse.Namespace], int]:
    """The function of a command, such as "running.annotate"; its module is loaded only now."""
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"cassia_core.cli_commands.{module}"), function)


def parser() -> argparse.ArgumentParser:
    """The whole command line; the documentation is written from it, too."""
    parser = argparse.ArgumentParser(
        prog="cassia", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_annotate(commands)
    _add_cluster(commands)
    _add_batch(commands)
    _add_subcluster(commands)
    _add_again(commands)
    add_refining(commands, _add_model)
    _add_run_commands(commands)
    _add_across(commands)
    add_export(commands)
    _add_look_commands(commands)
    add_class(commands)
    return parser


def _add_annotate(commands) -> None:
    command = commands.add_parser("annotate", help="annotate one file of cells or markers")
    command.add_argument("input", type=Path, metavar="INPUT", help="h5ad, 10x, mtx, loom, or a marker table")
    _add_sample(command)
    add_reading(command)
    add_clustering(command)
    _add_agents(command)
    _add_output(command)
    command.set_defaults(run="running.annotate")


def _add_cluster(commands) -> None:
    command = commands.add_parser("cluster", help="cluster cells and find markers, without any annotation")
    command.add_argument("input", type=Path, metavar="INPUT", help="a file of cells")
    _add_sample(command, required=False)
    add_reading(command)
    add_clustering(command)
    _add_output(command)
    command.set_defaults(run="running.cluster")


def _add_batch(commands) -> None:
    command = commands.add_parser(
        "batch",
        help="many datasets in one run",
        description=f"INPUT is a manifest (CSV, TSV or XLSX with the columns {', '.join(NEEDED)}, "
        f"and optionally {', '.join((*OPTIONAL, *ANSWERS, *EXCEPTIONS))}), or files and folders that all "
        "take --tissue and --species.",
    )
    command.add_argument("inputs", type=Path, nargs="+", metavar="INPUT")
    _add_sample(command, required=False)
    command.add_argument(
        "--tissue-from",
        choices=("folder",),
        help="take the names of the sub-folders of INPUT as the tissues of the files in them",
    )
    add_reading(command)
    add_clustering(command)
    _add_agents(command)
    _add_side_by_side(command)
    _add_output(command)
    command.set_defaults(run="running.batch")


def _add_side_by_side(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("many datasets")
    group.add_argument(
        "--side-by-side",
        type=int,
        metavar="N",
        help="datasets whose cells are prepared at once (default: as many as cores, from three files of "
        "cells on; 1: one after the other)",
    )
    group.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="let the workers of this Dask scheduler prepare the cells, such as tcp://10.0.0.5:8786; they "
        "must see the files and the runs folder",
    )


def _add_subcluster(commands) -> None:
    command = commands.add_parser(
        "subcluster",
        help="look inside clusters of a run: cluster and annotate their cells anew",
        description="Starts a new run beside RUN_DIR, which knows its parent. What is not given is as in "
        "the parent.",
    )
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="a finished run of cells")
    command.add_argument(
        "--clusters", nargs="+", required=True, metavar="ID", help="exact ids of its clusters"
    )
    command.add_argument("--dataset", help="which dataset, if the run has several")
    group = command.add_argument_group("clusters and markers")
    group.add_argument(
        "--resolution", type=resolution, default=argparse.SUPPRESS, help='of Leiden, or "auto"'
    )
    group.add_argument("--n-neighbors", type=int)
    group.add_argument("--n-pcs", type=int)
    group.add_argument("--batch-column", help="correct for this column with Harmony")
    group.add_argument(
        "--markers-against",
        choices=("both", "all", "subset"),
        help="compare each part with all other cells of the parent, with the other parts, or both (default)",
    )
    group.add_argument("--seed", type=int)
    _add_agents(command)
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(
        run="subclustering.subcluster", **dict.fromkeys(_AGENT_OPTIONS)
    )  # None: as in the parent


def _add_again(commands) -> None:
    command = commands.add_parser(
        "again",
        help="ask again about clusters of a run, or ask several models, and count what they agree on",
        description="The answers stand beside those of the run and change no label. The run's own answer "
        "counts as the first and is not paid again; asking stops where no further answer could change the "
        "consensus.",
    )
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR", help="a finished run")
    command.add_argument("--dataset", help="which dataset, if the run has several")
    command.add_argument(
        "--clusters",
        nargs="+",
        default=["doubtful"],
        metavar="ID",
        help='exact ids, "doubtful" (default) or "all"',
    )
    command.add_argument("--times", type=int, default=5, help="answers of each model (default: 5)")
    command.add_argument(
        "--models",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="PROVIDER/MODEL, or a model of the run's provider (default: the run's own model)",
    )
    command.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible server")
    command.add_argument("--no-discussion", action="store_true", help="models that differ do not talk")
    command.add_argument("--max-workers", type=int, default=6, help="requests at a time")
    command.add_argument("--max-cost", type=float, metavar="USD", help="stop before this is exceeded")
    command.add_argument("--max-tokens", type=int, help="stop before this is exceeded")
    command.add_argument("--estimate", action="store_true", help="say what it would cost, and ask nobody")
    command.add_argument("--quiet", action="store_true", help="say nothing on the way")
    command.set_defaults(run="opinions.asking_again.again")


def _add_run_commands(commands) -> None:
    resume = commands.add_parser(
        "resume", help="go on with a run that was cancelled, cut off, or has failed clusters"
    )
    resume.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    resume.add_argument("--max-cost", type=float, metavar="USD", help="go on in a new run with this limit")
    resume.add_argument("--max-tokens", type=int, help="go on in a new run with this limit")
    resume.add_argument("--datasets", nargs="+", default=[], metavar="NAME", help="take up these only")
    resume.add_argument(
        "--failed", action="store_true", help="take up only the datasets that failed or lack answers"
    )
    resume.add_argument("--quiet", action="store_true", help="no progress bar")
    resume.set_defaults(run="running.resume")
    runs = commands.add_parser("runs", help="list runs")
    runs.add_argument("--output-dir", type=Path, help="folder of the runs (default: the app's)")
    runs.set_defaults(run="running.list_runs")
    compare = commands.add_parser(
        "compare", help="two runs side by side: which labels changed, and what was set differently"
    )
    compare.add_argument("first", type=Path, metavar="RUN_DIR")
    compare.add_argument("second", type=Path, metavar="RUN_DIR")
    compare.add_argument("--dataset", metavar="NAME", help="which dataset, where a run has several")
    compare.add_argument(
        "--other-dataset", metavar="NAME", help="the dataset of the second run, if called otherwise"
    )
    compare.add_argument("--csv", type=Path, metavar="FILE", help="write a table of all pairs of clusters")
    compare.set_defaults(run="comparing.compare")


def _add_across(commands) -> None:
    side = commands.add_parser(
        "across", help="labels of all datasets of a run side by side: one name for one type, what is odd"
    )
    side.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    side.add_argument("--level", choices=("type", "group", "lineage"), default="type", help="default: type")
    side.add_argument("--csv", type=Path, metavar="FILE", help="write types by datasets as a table")
    side.add_argument("--labels", type=Path, metavar="FILE", help="write every label with its shared name")
    side.set_defaults(run="across.across")
    combine = commands.add_parser(
        "combine", help="annotated cells of all datasets of a run as one h5ad: the genes that all have"
    )
    combine.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    combine.add_argument("--tissue", default="", help="only the datasets of this tissue")
    combine.add_argument("--output", type=Path, metavar="FILE.h5ad", help="default: beside the run's summary")
    combine.set_defaults(run="across.combine")


def _add_look_commands(commands) -> None:
    look = commands.add_parser("inspect", help="say what is in a file, without changing or running anything")
    look.add_argument("input", type=Path, metavar="FILE")
    look.add_argument("--json", action="store_true", help="print everything as JSON")
    add_reading(look, with_cluster_column=True)
    look.set_defaults(run="inspecting.inspect")
    app = commands.add_parser("app", help="start the web app and open the browser")
    app.add_argument("--port", type=int, default=8501, help="default 8501")
    app.add_argument("--address", default="localhost", help="default localhost: this machine only")
    app.add_argument("--no-browser", action="store_true", help="do not open the browser")
    app.set_defaults(run="app.app")
    check = commands.add_parser("doctor", help="what is installed, what works")
    check.set_defaults(run="doctor.doctor")
    bench = commands.add_parser("benchmark", help="annotate a table of marker lists and measure accuracy")
    bench.add_argument(
        "table",
        type=Path,
        metavar="TABLE.csv",
        help="columns row_id, tissue, species, markers; optionally gold_label, cl_id",
    )
    bench.add_argument("--output", type=Path, required=True, metavar="PRED.csv")
    _add_model(bench)
    bench.add_argument("--max-workers", type=int, default=6)
    bench.set_defaults(run="benchmark.benchmark")


def _add_sample(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    command.add_argument(
        "--tissue", required=required, default="unknown", help='tissue of the cells, or "unknown"'
    )
    command.add_argument("--species", required=required, default="human", help="human, mouse, ...")
    command.add_argument("--context", default="", help="anything the agents should know of the experiment")


def _add_model(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--provider",
        default="offline",
        help="offline (default; no key), openai, anthropic, openrouter, or custom with --base-url",
    )
    command.add_argument("--model", help="model id (default: the provider's own default)")
    command.add_argument("--base-url", help="address of an OpenAI-compatible server, used exactly as typed")
    command.add_argument(
        "--prices",
        nargs="+",
        type=float,
        metavar="USD",
        help="price of a million tokens sent, written and (if it differs) read from the cache: 0.5 2 0.05",
    )


def _add_agents(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group(
        "agents",
        "Keys are read from OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY or CASSIA_API_KEY.",
    )
    _add_model(group)
    group.add_argument("--max-workers", type=int, default=6, help="requests in flight (default 6)")
    group.add_argument(
        "--first-word-timeout",
        type=float,
        metavar="SECONDS",
        help="how long the first word of a reply may take (default 300; an hour for a server of your own)",
    )
    group.add_argument(
        "--silence-timeout",
        type=float,
        metavar="SECONDS",
        help="how long a reply may fall silent (default 120; 600 for a server of your own)",
    )
    group.add_argument("--score-threshold", type=float, default=75.0)
    group.add_argument("--boost", choices=("off", "selective", "fused"), default="selective")
    group.add_argument("--validator", choices=("v1", "v0"), default="v1", help="v1 standard, v0 strict")
    group.add_argument("--no-score", action="store_true", help="leave the scorer out")
    group.add_argument("--no-merge", action="store_true", help="leave the merger out")
    group.add_argument("--blind", action="store_true", help="never show labels of the input to the agents")
    group.add_argument(
        "--use-reference",
        action="store_true",
        help="give the annotator what the knowledge base holds on types left open (not in blind runs)",
    )
    group.add_argument("--max-cost", type=float, metavar="USD", help="stop before this is exceeded")
    group.add_argument("--max-tokens", type=int, help="stop before this many tokens are exceeded")
    group.add_argument(
        "--replay", type=Path, metavar="RUN_DIR", help="answer from the calls of that run, no network"
    )


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--output-dir", type=Path, help="where the run directory goes (default: the app's folder of runs)"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar")
