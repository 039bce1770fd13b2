"""How many small wrong changes in places that promise something are noticed by tests (by cosmic-ray).

  python scripts/mutation.py                     every place, at most 40 changes each, drawn by a fixed seed
  python scripts/mutation.py --most 0 PLACE ...  all changes, in places whose path has one of these words

It works on a copy of the project.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parents[1]
PLACES: dict[str, str] = {
    "cassia_core/knowledge/evidence/light.py": "tests/unit/knowledge/test_light.py",
    "cassia_core/knowledge/scoring/mixtures.py": "tests/unit/knowledge/test_mixtures.py",
    "cassia_core/llm/limiter.py": "tests/unit/llm/test_limiter.py tests/unit/llm/test_limiter_waits.py",
    "cassia_core/llm/problems/in_words.py": "tests/unit/llm/test_in_words.py",
    "cassia_core/pipeline/annotation/boosting.py": "tests/unit/pipeline/test_boosting.py "
    "tests/unit/pipeline/test_cluster.py",
    "cassia_core/pipeline/annotation/budget.py": "tests/unit/pipeline/test_budget.py",
    "cassia_core/pipeline/annotation/merge.py": "tests/unit/pipeline/test_merge.py",
    "cassia_core/domain/config.py": "tests/unit/domain/test_limits_of_settings.py",
    "cassia_core/data/kernels/umap.py": "tests/unit/data/test_umap_against_umap_learn.py",
    "cassia_core/data/quality/doublets.py": "tests/unit/data/test_doublets.py",
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
    config, session = copy / "mutation.toml", copy / "mutation.sqlite"
    session.unlink(missing_ok=True)
    # Without plugins and conftest a change is tried in half a second; these tests need neither.
    tests = f"{sys.executable} -m pytest --noconftest -x -q -p no:cacheprovider {PLACES[place]}"
    config.write_text(
        f'[cosmic-ray]\nmodule-path = "{place}"\ntimeout = 180.0\nexcluded-modules = []\n'
        f'test-command = "{tests}"\n[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "cosmic_ray.cli"]
    surroundings = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DISABLE_JIT": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    subprocess.run([*command, "init", config.name, session.name], cwd=copy, check=True, env=surroundings)
    thin_out(session, most)
    subprocess.run([*command, "exec", config.name, session.name], cwd=copy, check=True, env=surroundings)
    return count(session, place)


def thin_out(session: Path, most: int) -> None:
    """Keep the changes of our operators, and of those at most `most`, drawn by a fixed seed."""
    with use_db(str(session), WorkDB.Mode.open) as db:
        items = [item for item in db.work_items if is_ours(session.parent, item.mutations[0])]
        random.Random(0).shuffle(items)
        kept = items[:most] if most else items
        db.clear()
        db.add_work_items(kept)


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


def count(session: Path, place: str) -> Figure:
    with use_db(str(session), WorkDB.Mode.open) as db:
        mutations = {item.job_id: item.mutations[0] for item in db.work_items}
        results = [(job, result.test_outcome) for job, result in db.results]
    survivors = [mutations[job] for job, outcome in results if outcome == TestOutcome.SURVIVED]
    for one in survivors:
        print(f"survived: {place}:{one.start_pos[0]} {one.operator_name} {one.occurrence}", flush=True)
    return Figure(place, len(results) - len(survivors), len(survivors))


if __name__ == "__main__":
    sys.exit(main())
