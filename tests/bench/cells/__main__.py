"""How well whole paths from cells find the labelled types, with seconds: python -m tests.bench.cells [--sets
NAME ...]

Runs the command line on every labelled set under ../shared/data, once with clusters of our own and once with
the gold types
as clusters, and prints for both the table of `../shared/tools/cells_fine.py`: for every gold type the mean
over its cells of
1 (that type or a finer one), 0.5 (an ancestor, three steps at most) or 0. Then how often a label is right as
named, by light
and by evidence score. Neither data nor tool are part of the project: where they are absent, nothing is
measured.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import anndata as ad
import pandas as pd

from cassia_core.knowledge.naming.lineages import exclusive, lineage_of, lineage_of_term
from tests.bench.cells.sets import ROOT, SETS, SHARED

warnings.simplefilter("ignore")

DECILES = list(range(0, 101, 10))


def annotate(name: str, folder: Path, gold_column: str, extra: Iterable[str]) -> float:
    """Annotate one set into `folder`/`name`; the seconds it took."""
    species, tissue = SETS[name]
    command = [
        sys.executable,
        "-m",
        "cassia_core",
        "annotate",
        str(SHARED / "data" / "h5ad" / f"{name}.h5ad"),
    ]
    command += [
        "--species",
        species,
        "--tissue",
        tissue,
        "--output-dir",
        str(folder / name),
        "--quiet",
        *extra,
    ]
    if gold_column:
        command += ["--cluster-column", gold_column]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1:] or done.stdout.strip().splitlines()[-1:]}")
    return time.perf_counter() - begun


def table_of(tool: ModuleType, folder: Path, names: list[str], seconds: dict[str, float]) -> None:
    """Print the tool's table with a column of seconds."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        tool.main(str(folder), names)
    for line in text.getvalue().splitlines():
        spent = seconds.get(line.split(" ")[0])
        print(f"{line}   {spent:5.1f} s" if spent is not None else line)


def labelled_cells(tool: ModuleType, folder: Path, names: list[str]) -> pd.DataFrame:
    """One row per labelled cell: `set`, `gold` and `id` (terms), `label`, `cluster`, `light`, `score`."""
    rows = []
    for name in names:
        found = sorted((folder / name).glob(f"run_*/*/{name}/{name}_annotated.h5ad"))
        if not found:
            continue
        _, column, terms = tool.GOLD[name]
        cells = ad.read_h5ad(found[-1], backed="r").obs
        gold = ad.read_h5ad(SHARED / "data" / "h5ad" / f"{name}.h5ad", backed="r").obs[column].astype(str)
        table = pd.DataFrame(
            {
                "set": name,
                "gold": gold.reindex(cells.index).map(terms),
                "id": cells["cell_type_ontology_term_id"].astype(str),
                "label": cells["cell_type"].astype(str),
                "light": cells["cassia_confidence"].astype(str),
                "score": cells["cassia_evidence"].astype(float),
            }
        )
        rows.append(table.dropna(subset=["gold"]))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def right_as_named(tool: ModuleType, gold: str, label: str, cl_id: str) -> bool:
    """Whether a label is the gold type, a kind of it, or a broader name for it."""
    named = tool.find(label, cl_id)
    if named is None:
        return False
    also = named in tool.ALSO.get(gold, ())
    return also or gold in tool.ancestors(named) or named in tool.ancestors(gold)


def right_lineage(gold: str, label: str, cl_id: str) -> bool:
    wanted, found = lineage_of_term(gold), lineage_of(label) or lineage_of_term(cl_id)
    return bool(found) and (
        found == wanted or wanted in ("leukocyte", "lymphocyte") and not exclusive(found, wanted)
    )


def print_reliability(tool: ModuleType, cells: pd.DataFrame) -> None:
    """Lineage per set, then how often labels are right as named: by light, and by evidence score in tens."""
    kinds = cells.drop_duplicates(["gold", "label", "id"])[["gold", "label", "id"]]
    right = {tuple(row): right_as_named(tool, *row) for row in kinds.itertuples(index=False)}
    lineage = {tuple(row): right_lineage(*row) for row in kinds.itertuples(index=False)}
    keys = list(zip(cells["gold"], cells["label"], cells["id"], strict=True))
    cells = cells.assign(right=[right[key] for key in keys], lineage=[lineage[key] for key in keys])
    print(
        "Right lineage, of cells:",
        ", ".join(f"{k} {v:.1%}" for k, v in cells.groupby("set")["lineage"].mean().items()),
    )
    by_light = cells.groupby("light")["right"].agg(["mean", "size"])
    print(
        "Right as named, by light:",
        ", ".join(f"{k} {r['mean']:.1%} of {r['size']:.0f}" for k, r in by_light.iterrows()),
    )
    tens = pd.cut(cells["score"], DECILES, include_lowest=True)
    by_score = cells.groupby(tens, observed=True)["right"].agg(["mean", "size"])
    print("Right as named, by evidence score:")
    for interval, row in by_score.iterrows():
        print(
            f"  {interval.left:3.0f} to {interval.right:3.0f}: {row['mean']:6.1%} of {row['size']:5.0f} cells"
        )


def measure(
    tool: ModuleType, names: list[str], folder: Path, *, gold: bool, extra: Iterable[str]
) -> pd.DataFrame:
    print("Gold types as clusters:" if gold else "Clusters of our own, default settings:")
    seconds = {name: annotate(name, folder, tool.GOLD[name][1] if gold else "", extra) for name in names}
    table_of(tool, folder, names, seconds)
    cells = labelled_cells(tool, folder, names)
    if len(cells):
        print_reliability(tool, cells)
    print()
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS), help="only these sets")
    parser.add_argument("--only", choices=("default", "gold"), help="only one of the two ways")
    parser.add_argument("--keep", type=Path, help="folder for the runs, which is kept")
    options, extra = parser.parse_known_args()
    if not (SHARED / "tools" / "cells_fine.py").exists() or not (SHARED / "data" / "h5ad").exists():
        print(f"{SHARED} with the labelled sets and the tool is not here: nothing was measured.")
        return
    sys.path.insert(0, str(SHARED / "tools"))
    tool = importlib.import_module("cells_fine")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        parts = [
            measure(tool, options.sets, folder / way, gold=way == "gold", extra=extra)
            for way in ("default", "gold")
            if options.only in (None, way)
        ]
    if len(parts) > 1 and all(len(part) for part in parts):
        print("Both together:")
        print_reliability(tool, pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    main()
