"""What was found in a file, what was done to it, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

InputKind = Literal["cells", "markers"]
MatrixState = Literal["counts", "counts_like", "log_normalised", "scaled", "unknown", "empty"]
Level = Literal["ok", "notice", "ask", "none"]
"""Of what was found: in order, to be known, to be answered, or not there: a tick stands by the first only."""
Role = Literal["", "clusters", "labels", "sample"]
"""What a column of cells seems to hold, by its name and its number of values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of "What we found": a name, a value, a remark, and whether it needs a look."""

    topic: str
    value: str
    remark: str = ""
    level: Level = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A decision only the person can take. `option` names the field of `ReadOptions` that answers it."""

    option: str
    text: str
    choices: tuple[str, ...] = ()
    suggested: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixInfo:
    """One matrix of the file: where it is, what state its values are in, and how that was seen.

    `location` is "X", "raw" or "layers/NAME"; `log_base` is "e", "2" or "10" for log-normalised values;
    `target_sum` the estimated sum per cell before the logarithm.
    """

    location: str
    state: MatrixState
    n_genes: int
    log_base: str | None = None
    target_sum: float | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """A column of `obs` that a person may choose."""

    name: str
    kind: Literal["categorical", "numeric"]
    n_values: int
    examples: tuple[str, ...] = ()
    looks_like: Role = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerTest:
    """A marker test that the file itself holds: each of the groups of a column against all other cells."""

    name: str
    column: str
    method: str
    n_groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found in one file. `done` lists what was (or will be) done to the data, a sentence
    each.
    """

    kind: InputKind
    format: str
    n_cells: int | None = None
    n_cells_of_file: int | None = None
    """Cells of the whole file, where only a part of them is used; None where all are."""
    n_genes: int | None = None
    n_clusters: int | None = None
    species: str = ""
    species_confident: bool = False
    tissue_guess: str = ""
    gene_ids: str = ""
    matrices: tuple[MatrixInfo, ...] = ()
    expression: str = ""
    """Location of the matrix chosen for marker tests; "" when none is fit, which `problems` then explains."""
    counts: str = ""
    """Location of raw counts, "" when the file has none."""
    obs_columns: tuple[ColumnInfo, ...] = ()
    embeddings: tuple[str, ...] = ()
    marker_tests: tuple[MarkerTest, ...] = ()
    table_shape: str = ""
    found: tuple[Finding, ...] = ()
    done: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    size_bytes: int = 0
    memory_bytes: int = 0
    """Estimate of the memory that loading and clustering take."""
