"""Cell Ranger's `analysis` folder beside counts: its clusters, maps and marker tests, offered as they are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.readers.beside.cell_tables import maps_in, table_of_cells
from cassia_core.data.readers.cell_file import CellFile, StoredTest
from cassia_core.data.readers.text import read_table, to_numbers
from cassia_core.domain.findings import MarkerTest
from cassia_core.errors import CassiaError

_PART = re.compile(
    r"(?P<part>clustering|umap|tsne|diffexp)/(?P<name>[^/]+)/"
    r"(?:clusters|projection|differential_expression)\.csv(?:\.gz)?$"
)
_STATISTIC = re.compile(
    r"^Cluster (?P<cluster>.+) (?P<what>Log2 fold change|Adjusted p value)$", re.IGNORECASE
)
_FIELDS = {"log2 fold change": "log2fc", "adjusted p value": "pval_adj"}
_GENE = ("Feature Name", "Gene Name", "FeatureName", "Feature ID", "Gene ID")
_METHOD = "Cell Ranger's own test"
_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The tables of one `analysis` folder, each by the name that Cell Ranger gives it."""

    root: Path
    clusterings: dict[str, Path] = field(default_factory=dict)
    maps: dict[str, Path] = field(default_factory=dict)
    tests: dict[str, Path] = field(default_factory=dict)


def analyses_in(files: Iterable[Path]) -> tuple[Analysis, ...]:
    """Every analysis folder among the files of an output folder or archive."""
    parts: dict[Path, dict[str, dict[str, Path]]] = defaultdict(lambda: defaultdict(dict))
    for path in files:
        match = _PART.search(path.as_posix())
        if match:
            name = match["name"] if match["part"] in ("clustering", "diffexp") else match["part"]
            parts[path.parents[2]][match["part"]].setdefault(_plain(name), path)
    return tuple(
        Analysis(
            root=root,
            clusterings=dict(sorted(tables["clustering"].items(), key=_graph_first)),
            maps={**tables["umap"], **tables["tsne"]},
            tests=dict(tables["diffexp"]),
        )
        for root, tables in sorted(parts.items())
    )


def with_analysis(file: CellFile, analyses: tuple[Analysis, ...]) -> CellFile:
    """The cells with clusters, maps and tests of the analysis that names them; without one as they are."""
    for analysis in analyses:
        joined = _joined(file, analysis)
        if joined is not None:
            return joined
    if not analyses:
        return file
    folder = analyses[0].root.name
    return replace(
        file, done=(*file.done, f"The folder {folder} is of other cells; its clusters are not taken.")
    )


def _plain(name: str) -> str:
    """`gene_expression_kmeans_10_clusters` is `kmeans_10`: newer versions name the kind of feature first."""
    return name.removeprefix("gene_expression_").removesuffix("_clusters")


def _graph_first(item: tuple[str, Path]) -> tuple[bool, int, str]:
    """Clusters of the graph before k-means, which has many numbers of clusters and no reason for any."""
    number = re.search(r"\d+$", item[0])
    return "graph" not in item[0], int(number.group()) if number else 0, item[0]


def _joined(file: CellFile, analysis: Analysis) -> CellFile | None:
    adata = file.adata
    whole = pd.DataFrame(index=file.obs.index if file.obs is not None else adata.obs_names)
    clusters = {f"{name}_clusters": path for name, path in analysis.clusterings.items()}
    for column, path in clusters.items():
        table = table_of_cells(path, whole.index)
        if table is not None and column not in adata.obs:
            whole[column] = table.iloc[:, 0].astype(object)
    taken = list(whole.columns)
    maps = _maps(analysis, adata.obs_names)
    if not taken and not maps:
        return None
    # Of a file that is only looked into, a few hundred cells are there; the table speaks of all of them.
    obs = None
    if file.obs is not None:
        obs = file.obs.join(whole)
    elif adata.n_obs < file.n_cells and taken:
        obs = _of_all_cells(clusters, taken)
    for column in taken:
        adata.obs[column] = whole[column].reindex(adata.obs_names).to_numpy()
    for name, coordinates in maps.items():
        adata.obsm[name] = coordinates
    return replace(
        file,
        obs=obs,
        embeddings=(*file.embeddings, *(name for name in maps if name not in file.embeddings)),
        marker_tests=(*file.marker_tests, *_tests(analysis, taken)),
        done=(*file.done, _said(analysis, taken, list(maps))),
    )


def _of_all_cells(clusters: dict[str, Path], taken: list[str]) -> pd.DataFrame:
    """The columns for every cell that the tables name."""
    columns = {}
    for column in taken:
        frame = read_table(clusters[column]).frame
        columns[column] = pd.Series(frame.iloc[:, 1].to_numpy(), index=pd.Index(frame.iloc[:, 0].astype(str)))
    return pd.DataFrame(columns)


def _maps(analysis: Analysis, cells: pd.Index) -> dict[str, np.ndarray]:
    maps: dict[str, np.ndarray] = {}
    for path in analysis.maps.values():
        table = table_of_cells(path, cells)
        if table is not None:
            maps |= maps_in(table.apply(to_numbers))
    return maps


def _tests(analysis: Analysis, taken: list[str]) -> list[StoredTest]:
    """Tests of clusters that were taken; a table that does not read as one is passed over."""
    tests = []
    for name, path in analysis.tests.items():
        column = f"{name}_clusters"
        if column not in taken:
            continue
        try:
            frame = _test_frame(read_table(path).frame)
        except CassiaError:
            continue
        if len(frame):
            n_groups = int(frame["cluster"].nunique())
            known = MarkerTest(name=name, column=column, method=_METHOD, n_groups=n_groups)
            tests.append(StoredTest(test=known, frame=frame))
    return tests


def _test_frame(table: pd.DataFrame) -> pd.DataFrame:
    """One row per cluster and gene from the columns `Cluster 1 Log2 fold change` and so on."""
    gene = next((name for name in _GENE if name in table), None)
    values: dict[str, dict[str, pd.Series]] = defaultdict(dict)
    for column in table:
        match = _STATISTIC.match(str(column))
        if match:
            values[match["cluster"]][_FIELDS[match["what"].lower()]] = to_numbers(table[column])
    if gene is None or not values:
        return pd.DataFrame({"cluster": [], "gene": []})
    parts = [
        pd.DataFrame({"cluster": cluster, "gene": table[gene].astype(str), **statistics})
        for cluster, statistics in values.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _said(analysis: Analysis, taken: list[str], maps: list[str]) -> str:
    more = f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
    parts = [f"clusters ({', '.join(taken[:_SHOWN])}{more})"] if taken else []
    parts += [f"maps ({', '.join(maps)})"] if maps else []
    what, folder = " and ".join(parts), analysis.root.name
    return f"From the folder {folder} {what} are taken, joined by the names of the cells."
