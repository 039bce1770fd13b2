"""Accuracy, calibration and speed of the offline engine, printed: python tests/bench/knowledge.py
[--no-cells]

Reads the labelled data under ../shared/data, which are no part of the project.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from cassia_core.domain.markers import ClusterMarkers, MarkerGene  # noqa: E402
from cassia_core.domain.tasks import Setting  # noqa: E402
from cassia_core.genes.tables_io import gene_table  # noqa: E402
from cassia_core.knowledge.evidence.light import light_of  # noqa: E402
from cassia_core.knowledge.evidence.weigh import weigh  # noqa: E402
from cassia_core.knowledge.naming.lineages import exclusive, lineage_of, lineage_of_entry, lineages  # noqa: E402
from cassia_core.knowledge.scoring.engine import rank_types  # noqa: E402
from cassia_core.services.engine.benchmark import run_benchmark  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
TABLE = DATA / "markers" / "marker_benchmark_dev_205.csv"
CELLS = (
    ("pbmc_facs_zheng2017", "celltype", "human", "blood"),
    ("pbmc68k_reduced", "bulk_labels", "human", "blood"),
    ("pbmc_symphony_3batches", "cell_type", "human", "blood"),
    ("mouse_hippocampus_saunders2018", "cell_type", "mouse", "hippocampus"),
    ("mouse_kidney_tabulamuris", "cell_type", "mouse", "kidney"),
)
SPELLED = {
    "Mono_CD14": "monocyte",
    "Mono_CD16": "monocyte",
    "Denate": "neuron",
    "Entorihinal": "neuron",
    "CA1": "neuron",
    "CA3": "neuron",
    "Neurogenesis": "neuron",
    "Neuron.Slc17a6": "neuron",
    "Choroid": "choroid plexus epithelial cell",
    "CD4+ T Helper2": "T cell",
}
"""Gold labels in the sources' own spelling."""
SEED = 0
List = tuple[str, str, str, tuple[str, ...], int]
"""name, gold lineage, tissue, genes, number of cells (0: unknown); the species is in the name."""


def as_markers(genes: tuple[str, ...]) -> ClusterMarkers:
    return ClusterMarkers(
        cluster="0", genes=tuple(MarkerGene(gene=g, rank=i) for i, g in enumerate(genes, start=1))
    )


def dev_lists() -> Iterator[List]:
    import csv

    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            genes = tuple(dict.fromkeys(g.strip() for g in row["markers"].split(",") if g.strip()))
            lineage = lineage_of(row["cl_id"].split(",")[0]) or lineage_of(row["gold_label"])
            if lineage:
                yield f"{row['species']}:{row['row_id']}", lineage, row["tissue"], genes, 0


def cell_lists(n_genes: int) -> Iterator[List]:
    """Markers of every gold type of the labelled cell files, by a t-test on log-normalised values."""
    import scanpy as sc

    for name, column, species, tissue in CELLS:
        adata = sc.read_h5ad(DATA / "h5ad" / f"{name}.h5ad")
        if name == "pbmc68k_reduced":
            adata = adata.raw.to_adata()
        if name in ("pbmc_facs_zheng2017", "mouse_hippocampus_saunders2018"):
            sc.pp.normalize_total(adata, target_sum=1e4)
            sc.pp.log1p(adata)
        adata.uns.pop("log1p", None)
        adata.obs["gold"] = adata.obs[column].astype(str).astype("category")
        sc.tl.rank_genes_groups(adata, "gold", method="t-test_overestim_var", n_genes=n_genes)
        for label in adata.obs["gold"].cat.categories:
            genes = tuple(adata.uns["rank_genes_groups"]["names"][label])
            cells = int((adata.obs["gold"] == label).sum())
            yield f"{species}:{name}:{label}", gold_lineage(label), tissue, genes, cells


def gold_lineage(label: str) -> str:
    return lineage_of(SPELLED.get(label, label))


def is_right(named: str, wanted: str) -> bool:
    """The same lineage; where the gold label is an umbrella ("leukocyte"), any lineage below it."""
    vague = wanted in lineages() and lineages()[wanted].vague
    return bool(named) and (named == wanted or vague and not exclusive(named, wanted))


def print_dev() -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = run_benchmark(TABLE, Path(folder) / "predictions.csv")
    print(f"Development table ({result.n_rows} rows), our published rule:")
    print(*(f"  {line}" for line in result.accuracy.lines()), sep="\n")


def print_cells(n_genes: int) -> None:
    lists = [item for item in cell_lists(n_genes) if item[1]]
    print(f"Gold types of the labelled cells, top {n_genes} genes:")
    for file in dict.fromkeys(item[0].split(":")[1] for item in lists):
        part = [item for item in lists if item[0].split(":")[1] == file]
        right = [item for item in part if is_right(named_lineage(item), item[1])]
        cells = sum(item[4] for item in right) / sum(item[4] for item in part)
        print(f"  {file:34s} {len(right):2d} of {len(part):2d} types, {cells:6.1%} of cells")


def named_lineage(item: List) -> str:
    ranking = rank_types(item[3], Setting(species=item[0].split(":")[0], tissue=item[2]), 50)
    return lineage_of_entry(ranking.entry) if ranking.entry else ""


def print_clusters() -> None:
    """Cell files end to end: our clustering, markers and engine, against the majority gold label of each
    cluster.
    """
    from cassia_core.data.cells.load_cells import load_cells
    from cassia_core.data.clustering.cluster_cells import cluster_cells
    from cassia_core.domain.config import DatasetSpec

    print("Cell files end to end (our clusters at resolution 0.4, top 50 genes):")
    for name, column, species, tissue in CELLS:
        path = DATA / "h5ad" / f"{name}.h5ad"
        spec = DatasetSpec(name=name, path=str(path), tissue=tissue, species=species)
        with tempfile.TemporaryDirectory() as folder:
            found = cluster_cells(load_cells(path), spec, Silent(), Path(folder) / "view")
        gold = found.adata.obs[column].astype(str)
        clusters = found.adata.obs[found.cluster_key].astype(str)
        right_clusters = right_cells = cells = n_clusters = 0
        lights: dict[str, list[bool]] = {"high": [], "medium": [], "look": []}
        for markers in found.table.clusters:
            inside = gold[clusters == markers.cluster]
            wanted = gold_lineage(inside.value_counts().index[0])
            setting = Setting(species=species, tissue=tissue)
            ranking = rank_types(markers, setting, 50)
            named = lineage_of_entry(ranking.entry) if ranking.entry else ""
            evidence = weigh(ranking.label, markers, setting, found.expression)
            right = is_right(named, wanted)
            lights[light_of(evidence, None, None)[0]].append(right)
            n_clusters += 1
            right_clusters += right
            cells += len(inside)
            right_cells += sum(is_right(named, gold_lineage(label)) for label in inside)
        shown = ", ".join(f"{light} {sum(ok)} of {len(ok)} right" for light, ok in lights.items() if ok)
        print(
            f"  {name:34s} {right_clusters:2d} of {n_clusters:2d} clusters, {right_cells / cells:6.1%} of "
            "cells; "
            f"{shown}"
        )


class Silent:
    """A clustering listener that listens to nothing."""

    def started(self, stage: str) -> None: ...
    def progress(self, stage: str, fraction: float) -> None: ...
    def finished(self, stage: str, seconds: float, summary: str) -> None: ...
    def notice(self, text: str) -> None: ...
    def clusters_found(self, ids: tuple, n_cells: tuple) -> None: ...
    def inside_read(self, inside: object) -> None: ...

    def markers_ready(self, table: object, expression: object) -> None: ...
    def cancelled(self) -> bool:
        return False


def print_lights(lists: list[List]) -> None:
    counts = {"high": [0, 0], "medium": [0, 0], "look": [0, 0]}
    for item in lists:
        setting = Setting(species=item[0].split(":")[0], tissue=item[2])
        ranking = rank_types(item[3], setting, 50)
        light, _ = light_of(weigh(ranking.label, as_markers(item[3]), setting), None, None)
        counts[light][0] += bool(ranking.entry) and lineage_of_entry(ranking.entry) == item[1]
        counts[light][1] += 1
    print(f"Lights on {len(lists)} labelled lists:")
    for light, (right, n) in counts.items():
        print(f"  {light:7s} {n / len(lists):6.1%} of lists, right lineage {right / max(n, 1):6.1%}")


def print_random(n_lists: int = 500) -> None:
    genes = sorted(gene_table("human").symbols)
    coded = [g for g in genes if g.isalnum() and not g.startswith(("LINC", "LOC", "MIR", "RNU", "SNOR"))]
    draw = random.Random(SEED)
    for n in (10, 50):
        called = sum(
            rank_types(draw.sample(coded, n), Setting(species="human"), n).entry is not None
            for _ in range(n_lists)
        )
        print(f"Random genes, lists of {n}: labelled {called / n_lists:.1%}")


def print_mixtures(lists: list[List], n_mixtures: int = 300) -> None:
    """Two lists of exclusive lineages, gene by gene; and how often an unmixed list is called mixed."""
    draw = random.Random(SEED)
    human = [
        item
        for item in lists
        if item[0].startswith("human") and len(item[3]) >= 8 and named_lineage(item) == item[1]
    ]
    pairs = [(a, b) for a, b in itertools.combinations(human, 2) if exclusive(a[1], b[1])]
    draw.shuffle(pairs)
    called = right = 0
    for one, other in pairs[:n_mixtures]:
        genes = [g for pair in itertools.zip_longest(one[3], other[3]) for g in pair if g]
        mixed = rank_types(genes, Setting(species="human", tissue=one[2]), 100).mixed
        called += bool(mixed)
        right += {c.lineage for c in mixed} == {one[1], other[1]}
    pure = sum(bool(rank_types(i[3], Setting(species="human", tissue=i[2]), 50).mixed) for i in human)
    print(
        f"50:50 mixtures of two lineages ({min(n_mixtures, len(pairs))}): called mixed "
        f"{called / n_mixtures:.1%}, "
        f"with both lineages right {right / n_mixtures:.1%}; unmixed lists called mixed "
        f"{pure / len(human):.1%}"
    )


def print_speed(n_lists: int = 10_000) -> None:
    genes = sorted(gene_table("human").symbols)
    draw = random.Random(SEED)
    lists = [draw.sample(genes, 50) for _ in range(n_lists)]
    begun = time.perf_counter()
    for genes_of_list in lists:
        rank_types(genes_of_list, Setting(species="human", tissue="lung"), 50)
    print(f"{n_lists} lists of 50 genes: {time.perf_counter() - begun:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--no-cells", action="store_true", help="skip the cell files (they need scanpy and a minute)"
    )
    options = parser.parse_args()
    begun = time.perf_counter()
    rank_types(("CD3D",), Setting(species="human"), 1)
    print(f"First answer after {time.perf_counter() - begun:.2f} s (imports excluded)")
    print_random()
    print_speed()
    if not TABLE.exists():
        print(f"{TABLE} is not here: the accuracy on labelled data was not measured.")
        return
    print_dev()
    lists = list(dev_lists())
    if not options.no_cells:
        print_cells(10)
        print_cells(50)
        print_clusters()
        lists += [item for item in cell_lists(50) if item[1]]
    print_lights(lists)
    print_mixtures(lists)


if __name__ == "__main__":
    main()
