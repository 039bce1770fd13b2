"""Numbers behind the comparison plots: expression by cluster, composition, agreement with labels of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.view_store import View
from cassia_core.domain.annotation import ClusterResult
from cassia_core.knowledge import ontology
from cassia_core.knowledge.lineages import lineage_of

GENES_PER_CLUSTER = 3
NO_LABEL = "No label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Agreement of two labellings, as shares (0 to 1) of `n_compared` cells; None when nothing can be compared.

    `same_label`: the same Cell Ontology term (or the same words); `near`: one is an ancestor of the other within
    three steps; `same_lineage`: the same broad lineage of our knowledge base. `confusion` counts cells: rows are the
    file's labels, columns the predicted ones.
    """

    confusion: pd.DataFrame
    n_compared: int
    same_label: float | None
    near: float | None
    same_lineage: float | None


def telling_genes(rows: Sequence[ClusterResult], per_cluster: int = GENES_PER_CLUSTER) -> list[str]:
    """The genes that support each label most, in the order of the clusters."""
    return list(dict.fromkeys(gene for row in rows if row.evidence
                              for gene in row.evidence.genes("supporting")[:per_cluster]))


def expression_by_cluster(view: View, genes: Iterable[str]) -> pd.DataFrame:
    """Per cluster and gene: `mean` of log-normalised values and `share` (0 to 1) of cells above 0."""
    column = view.column(view.cluster_key)
    inside = column.codes >= 0
    codes, n = column.codes[inside], len(column.categories)
    sizes = np.maximum(np.bincount(codes, minlength=n), 1)
    parts = []
    for gene in genes:
        values = view.gene(gene)[inside]
        parts.append(pd.DataFrame({
            "cluster": column.categories, "gene": gene, "mean": np.bincount(codes, values, n) / sizes,
            "share": np.bincount(codes, values > 0, n) / sizes}))
    return pd.concat(parts, ignore_index=True)


def values_by_cluster(view: View, gene: str, most: int | None = None) -> list[np.ndarray]:
    """Log-normalised values of one gene, an array per cluster (at most `most` cells each, a random sample)."""
    column, values = view.column(view.cluster_key), view.gene(gene)
    rng = np.random.default_rng(0)
    groups = [values[column.codes == code] for code in range(len(column.categories))]
    return [g if most is None or len(g) <= most else rng.choice(g, most, replace=False) for g in groups]


def composition(view: View, labels: Mapping[str, str], by: str) -> pd.DataFrame:
    """Share (0 to 1) of every label within each group of the column `by`; rows are groups."""
    groups = _words(view, by)
    named = _words(view, view.cluster_key).map(lambda c: labels.get(c) or NO_LABEL)
    counts = pd.crosstab(groups, named)
    return counts.div(counts.sum(axis=1), axis=0)


def looks_like_labels(view: View, column: str) -> bool:
    """Whether most values of a column are names of cell types that the ontology knows."""
    names = view.column(column).categories
    return bool(names) and sum(ontology.find_term(n) is not None for n in names) >= len(names) / 2


def compare(view: View, labels: Mapping[str, str], by: str) -> Comparison:
    """Compare predicted labels with the column `by`, cell by cell."""
    gold = _words(view, by)
    named = _words(view, view.cluster_key).map(lambda c: labels.get(c) or NO_LABEL)
    counts = pd.crosstab(gold, named)
    pairs = counts.stack()
    pairs = pairs[pairs > 0]
    judged = {pair: judge(*pair) for pair in pairs.index}
    known = [(pair, n) for pair, n in pairs.items() if judged[pair] is not None]
    total = sum(n for _, n in known)
    shares = [sum(n for pair, n in known if judged[pair][level]) / total if total else None for level in range(3)]
    return Comparison(confusion=counts, n_compared=total, same_label=shares[0], near=shares[1], same_lineage=shares[2])


def _words(view: View, name: str) -> pd.Series:
    column = view.column(name)
    return pd.Series(np.array([*column.categories, None], dtype=object)[column.codes]).fillna("No value").astype(str)


def judge(gold: str, named: str) -> tuple[bool, bool, bool] | None:
    """(same, near, same lineage) of two labels; None when either is unknown to ontology and knowledge base."""
    if named == NO_LABEL:
        return (False, False, False) if lineage_of(gold) else None
    first, second = ontology.find_term(gold), ontology.find_term(named)
    lineages = lineage_of(gold), lineage_of(named)
    if (first is None or second is None) and not all(lineages):
        return None
    same = gold.casefold() == named.casefold() or (first is not None and first == second)
    near = same or (first is not None and second is not None and (
        ontology.ancestors(first.cl_id).get(second.cl_id, 99) <= 3
        or ontology.ancestors(second.cl_id).get(first.cl_id, 99) <= 3))
    return same, near, near or (bool(lineages[0]) and lineages[0] == lineages[1])
