"""Are labels better after looking inside clusters, and what should markers of the parts be compared with?

    python tests/bench/subclusters.py FILE.h5ad GOLD_COLUMN TISSUE SPECIES [--resolution R]

Runs the offline engine on computed clusters, then looks inside every cluster of 50 cells or more, with
markers
against all other cells of the parent, against the other parts only, and from both in turn. Prints how many
cells agree with the
column: the same Cell Ontology term, near it (within three steps), the same lineage.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from cassia_core.data.view.view_store import View
from cassia_core.domain.annotation import names_a_type
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.knowledge.naming.label_distance import LabelDistance, label_distance
from cassia_core.knowledge.naming.lineages import lineage_of
from cassia_core.pipeline.batch import run_batch
from cassia_core.runs import store
from cassia_core.runs.event_log import EventLog
from cassia_core.services.runs import results
from cassia_core.services.subclusters.subclustering import child_config

SMALLEST = 50


def ran(config: RunConfig, root: Path) -> str:
    """Run in this process; the run's id."""
    layout = store.create_run(config, root, {})
    log = EventLog(layout.events)
    run_batch(layout, config, log, {})
    log.close()
    return layout.root.name


def column_of(view: View, gold: str) -> str:
    """The column's name in a run's own file: one that has the name of ours is kept as `_original` there."""
    return next(c.name for c in view.columns() if c.name in (f"{gold}_original", gold))


def agreement(
    run_id: str, name: str, root: Path, gold: str, cells: frozenset[str] | None = None
) -> pd.Series:
    """Cells, and how many of them agree at each level; of a parent only those of some clusters."""
    found = results.load_results(run_id, name, root)
    labels = {
        r.cluster: r.label if names_a_type(r.label) else ""
        for r in found.rows
        if cells is None or r.cluster in cells
    }
    codes = found.view.column(found.view.cluster_key)
    counted = pd.Series(0.0, ["cells", "same", "near", "lineage", "labelled"])
    truth = found.view.column(column_of(found.view, gold))
    pairs = pd.crosstab(
        pd.Series(pd.Categorical.from_codes(truth.codes, truth.categories)),
        pd.Series(pd.Categorical.from_codes(codes.codes, codes.categories)),
    ).stack()
    for (true, cluster), n in pairs[pairs > 0].items():
        if cluster not in labels:
            continue
        label = labels[cluster]
        distance = label_distance(str(true), label) if label else None
        limits = (LabelDistance.SAME, LabelDistance.NEAR, LabelDistance.LINEAGE)
        within = [n * (distance is not None and distance.within(limit)) for limit in limits]
        if distance is not None or (not label and lineage_of(str(true))):
            counted += pd.Series([n, *within, n * bool(label)], counted.index)
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("file", "gold", "tissue", "species"):
        parser.add_argument(name)
    parser.add_argument("--resolution", type=float)
    parser.add_argument("--against", nargs="+", default=["all", "subset", "both"])
    parser.add_argument(
        "--show", action="store_true", help="every part with its label and its commonest true type"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        spec = DatasetSpec(name="cells", path=options.file, tissue=options.tissue, species=options.species)
        parent = ran(RunConfig(datasets=(spec,)), root)
        rows = results.load_results(parent, "cells", root).rows
        large = [r.cluster for r in rows if (r.n_cells or 0) >= SMALLEST]
        table = {"parent": agreement(parent, "cells", root, options.gold, frozenset(large))}
        for against in options.against:
            total = pd.Series(0.0, [*table["parent"].index, "parts"])
            for cluster in large:
                config = child_config(
                    parent,
                    "cells",
                    (cluster,),
                    root=root,
                    clustering={"resolution": options.resolution, "markers_against": against},
                )
                child = ran(config, root)
                name = config.datasets[0].name
                if options.show:
                    show(child, name, root, options.gold, against, cluster)
                parts = len(results.load_results(child, name, root).rows)
                total += pd.Series([*agreement(child, name, root, options.gold), parts], total.index)
            table[against] = total
    frame = pd.DataFrame(table).T
    shares = frame[["same", "near", "lineage", "labelled"]].div(frame["cells"], axis=0)
    print(pd.concat([frame[["cells", "parts"]], shares.round(3)], axis=1).to_string())


def show(run_id: str, name: str, root: Path, gold: str, against: str, cluster: str) -> None:
    found = results.load_results(run_id, name, root)
    truth, codes = found.view.column(column_of(found.view, gold)), found.view.column(found.view.cluster_key)
    for row in found.rows:
        inside = codes.codes == codes.categories.index(row.cluster)
        counts = pd.Series(pd.Categorical.from_codes(truth.codes[inside], truth.categories)).value_counts()
        light = row.light or "none"
        print(
            f"{against:6s} {cluster:>3s}/{row.cluster:<3s} {row.n_cells:5d} {row.label or '(no label)':48s} "
            f"{light:7s}"
            f" {counts.index[0]} {counts.iloc[0] / counts.sum():.0%} | {', '.join(row.markers[:8])}"
        )


if __name__ == "__main__":
    main()
