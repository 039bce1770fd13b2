"""How many small wrong changes in places that promise something are noticed by tests (by cosmic-ray).

  python scripts/mutation.py                     every place, at most 40 changes each, drawn by a fixed seed
  python scripts/mutation.py --most 0 PLACE ...  all changes, in places whose path has one of these words

It works on a copy of the project. Each change is tried in a process of its own, forked from one that has
loaded the packages of others, so that a try takes about as long as the tests themselves.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).resolve().parents[1]
BORDERS = "tests/unit/knowledge/test_evidence_borders.py"
PLACES: dict[str, str] = {
    "cassia_core/knowledge/evidence/expected.py": f"{BORDERS} tests/unit/knowledge/test_evidence.py",
    "cassia_core/knowledge/evidence/conflicts.py": f"{BORDERS} tests/unit/knowledge/test_evidence.py",
    "cassia_core/knowledge/evidence/evidence_score.py": f"{BORDERS} tests/unit/knowledge/test_evidence.py",
    "cassia_core/knowledge/evidence/light.py": "tests/unit/knowledge/test_light.py",
    "cassia_core/knowledge/scoring/mixtures.py": "tests/unit/knowledge/test_mixtures.py",
    "cassia_core/llm/limiter.py": "tests/unit/llm/test_limiter.py tests/unit/llm/test_limiter_waits.py",
    "cassia_core/llm/problems/allowances.py": "tests/unit/llm/test_allowances.py",
    "cassia_core/llm/problems/in_words.py": "tests/unit/llm/test_in_words.py",
    "cassia_core/pipeline/annotation/boosting.py": "tests/unit/pipeline/test_boosting.py "
    "tests/unit/pipeline/test_cluster.py",
    "cassia_core/pipeline/annotation/budget.py": "tests/unit/pipeline/test_budget.py",
    "cassia_core/pipeline/annotation/merge.py": "tests/unit/pipeline/test_merge.py",
    "cassia_core/domain/config.py": "tests/unit/domain/test_limits_of_settings.py",
    "cassia_core/data/kernels/umap.py": "tests/unit/data/test_umap_steps.py "
    "tests/unit/data/test_umap_against_umap_learn.py",
    "cassia_core/data/quality/doublets.py": "tests/unit/data/test_doublets.py",
    "cassia_core/services/clusters/cluster_quality.py": "tests/unit/services/clusters/"
    "test_cluster_quality.py",
}
"""Files that promise something in docs, with the tests that are nearest to them."""
OPERATORS = (
    "core/NumberReplacer",
    "core/ReplaceComparison",
    "core/ReplaceBinaryOperator",
    "core/ReplaceTrue",
    "core/ReplaceFalse",
    "core/ReplaceAnd",
    "core/ReplaceOr",
    "core/AddNot",
    "core/ReplaceUnary",
)
"""Changes of values, comparisons and logic; decorators, type hints and the like are left alone."""


LOADED = (
    "anndata",
    "anthropic",
    "jinja2",
    "numba",
    "openai",
    "pandas",
    "pydantic",
    "scanpy",
    "sklearn",
    "umap",
)
"""Packages that tests load; of our own none, for they are what is changed."""
LONGEST_TRY_S = 180


@dataclass(frozen=True)
class Figure:
    """What became of the changes in one place."""

    place: str
    killed: int
    survived: int

    @property
    def share(self) -> float:
        return self.killed / max(self.killed + self.survived, 1)


def main() -> int:
    """Print a table; exit code 1 when less than 85 % of all changes are noticed."""
    options = read_options()
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    sys.dont_write_bytecode = True
    for name in LOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="cassia-mutation-") as name:
        copy = Path(name) / "project"
        skip = shutil.ignore_patterns(".git", ".venv", "workspace", "screens", "__pycache__", ".numba_cache")
        shutil.copytree(ROOT, copy, ignore=skip)
        chosen = [p for p in PLACES if not options.places or any(word in p for word in options.places)]
        figures = [mutate(copy, place, options.most) for place in chosen]
    killed, survived = sum(f.killed for f in figures), sum(f.survived for f in figures)
    total = Figure("all", killed, survived)
    print("| place | changes | noticed |\n|---|---|---|")
    for figure in [*figures, total]:
        print(f"| {figure.place} | {figure.killed + figure.survived} | {figure.share:.0%} |")
    return 0 if total.share >= 0.85 else 1


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="*")
    parser.add_argument("--most", type=int, default=40, help="changes per place; 0 for all")
    return parser.parse_args()


def mutate(copy: Path, place: str, most: int) -> Figure:
    """Try changes in one file of the copy; every one that survives is printed."""
    if noticed(copy, place):
        raise SystemExit(f"The tests of {place} fail without any change.")
    survivors = []
    changes = changes_of(copy, place, most)
    for change in changes:
        with use_mutation(copy / place, get_operator(change.operator_name)(), change.occurrence):
            if not noticed(copy, place):
                survivors.append(change)
    for one in survivors:
        print(f"survived: {place}:{one.start_pos[0]} {one.operator_name} {one.occurrence}", flush=True)
    return Figure(place, len(changes) - len(survivors), len(survivors))


def noticed(copy: Path, place: str) -> bool:
    """Whether the nearest tests of a place fail as the copy stands now, or come to no end."""
    child = os.fork()
    if not child:
        try:
            run_tests(copy, place)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] != 0


def run_tests(copy: Path, place: str) -> None:
    """Run the tests in this process and end it; conftest and plugins only take time here."""
    signal.alarm(LONGEST_TRY_S)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.chdir(copy)
    sys.path[:0] = [str(copy), str(copy / "tests")]
    os._exit(pytest.main(["--noconftest", "-x", "-q", "-p", "no:cacheprovider", *PLACES[place].split()]))


def changes_of(copy: Path, place: str, most: int) -> list[MutationSpec]:
    """The changes to try in a file: those of our operators, and at most `most`, drawn by a fixed seed."""
    config, session = copy / "mutation.toml", copy / "mutation.sqlite"
    session.unlink(missing_ok=True)
    config.write_text(
        f'[cosmic-ray]\nmodule-path = "{place}"\ntimeout = 1.0\nexcluded-modules = []\ntest-command = ""\n'
        '[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "cosmic_ray.cli", "init", config.name, session.name]
    subprocess.run(command, cwd=copy, check=True)
    with use_db(str(session), WorkDB.Mode.open) as db:
        ours = [item.mutations[0] for item in db.work_items if is_ours(copy, item.mutations[0])]
    random.Random(0).shuffle(ours)
    return ours[:most] if most else ours


def is_ours(root: Path, change: MutationSpec) -> bool:
    """Whether a change is one of values or logic. Left alone is what does nothing when it is changed: `|` in
    type hints, the bare `*` of a signature, what a decorator is given, and `is` in place of `==`, for words
    and small numbers of a program are the same objects.
    """
    operator = change.operator_name
    if not operator.startswith(OPERATORS) or "BitOr" in operator or operator.endswith(("_Eq_Is", "_IsNot")):
        return False
    line, column = change.start_pos
    source = (root / change.module_path).read_text(encoding="utf-8")
    here = source.splitlines()[line - 1]
    bare_star = "_Mul_" in operator and here[column:].lstrip().startswith("*,")
    return not bare_star and line not in decorated_lines(source)


@cache
def decorated_lines(source: str) -> frozenset[int]:
    """Numbers of the lines that hold decorators."""
    spots = [d for node in ast.walk(ast.parse(source)) for d in getattr(node, "decorator_list", ())]
    return frozenset(n for d in spots for n in range(d.lineno, (d.end_lineno or d.lineno) + 1))


if __name__ == "__main__":
    sys.exit(main())
