"""What a person asks for: one frozen description from which a run can be repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from cassia_core.domain.markers import RankingMethod
from cassia_core.errors import ConfigError

OFFLINE = "offline"
"""Name of the provider that needs no key and no network: our own engine, no language model."""

ROLES = ("annotator", "validator", "scorer", "booster", "merger")
"""Roles that may have a model of their own."""
NOBODY = ("",)
"""For `only_clusters`: no cluster is asked about by itself; they are asked about together afterwards."""
UNKNOWN_TISSUE = "unknown"
NEW_MAP = "new"
"""Instead of the name of an embedding: compute a map even where the file has one."""
FINE: Final = "fine"
"""Instead of a resolution: cluster finely, then join what is read alike and what no marker parts."""
BoostMode = Literal["off", "selective", "fused"]
ValidatorStrictness = Literal["v1", "v0"]
TestMethod = Literal["wilcoxon", "t-test", "logreg"]
MarkersAgainst = Literal["subset", "all", "both"]
CellsWay = Literal["auto", "exact", "sketch"]


def check(holds: bool, parameter: str, received: object, expected: str) -> None:
    """Refuse a wrong setting in one plain sentence.

    Raises
    ------
    ConfigError
        Says parameter, what was received and what was expected.
    """
    if not holds:
        raise ConfigError(
            f"`{parameter}` cannot be {received!r}.",
            f"Expected: {expected}.",
            f"Set `{parameter}` to a value that fits and start again.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QCParams:
    """Which cells and genes stay. None means "no limit"."""

    min_genes: int | None = None
    max_genes: int | None = None
    min_counts: float | None = None
    max_counts: float | None = None
    max_pct_mito: float | None = None
    max_pct_ribo: float | None = None
    max_pct_haemo: float | None = None
    max_doublet_score: float | None = None
    min_cells_per_gene: int = 3
    score_doublets: bool = False
    sample_column: str | None = None

    def __post_init__(self) -> None:
        for name in ("max_pct_mito", "max_pct_ribo", "max_pct_haemo"):
            value = getattr(self, name)
            check(value is None or 0 <= value <= 100, name, value, "a percentage from 0 to 100")
        check(
            self.max_doublet_score is None or 0 <= self.max_doublet_score <= 1,
            "max_doublet_score",
            self.max_doublet_score,
            "a number from 0 to 1",
        )
        for low, high in (("min_genes", "max_genes"), ("min_counts", "max_counts")):
            least, most = getattr(self, low), getattr(self, high)
            check(
                least is None or most is None or least <= most,
                high,
                most,
                f"at least {least}, the value of `{low}`",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringParams:
    """Clustering after CASSIA's Scanpy vignette, whose values are the defaults.

    `cluster_column` keeps the user's own clusters (nothing is computed but what is missing);
    `embedding` names an entry of `obsm` to keep as the map, or is `NEW_MAP`; None keeps the file's map if it
    has one.
    """

    cluster_column: str | None = None
    embedding: str | None = None
    expression: str | None = None
    """"X", "raw" or "layers/NAME": overrules the choice made from the matrices' states."""
    target_sum: float = 1e4
    n_top_genes: int | None = None
    min_mean: float = 0.0125
    max_mean: float = 3.0
    min_disp: float = 0.5
    max_value: float = 10.0
    n_neighbors: int = 10
    n_pcs: int = 25
    resolution: float | Literal["fine"] | None = FINE
    """Of Leiden; `FINE`: finely, then what is alike is joined; None asks for a suggested one. Runs of earlier
    versions say theirs."""
    batch_column: str | None = None
    batch_method: Literal["none", "harmony"] = "none"
    subset_clusters: tuple[str, ...] = ()
    """Take the cells of these clusters of `cluster_column` alone, and cluster them anew."""
    markers_against: MarkersAgainst = "subset"
    """With `subset_clusters`: compare each new cluster with the other new ones ("subset"), with all other
    cells of the
    file ("all"), or take genes of both comparisons in turn ("both")."""
    seed: int = 0
    min_cells_per_cluster: int = 3

    def __post_init__(self) -> None:
        check(self.target_sum > 0, "target_sum", self.target_sum, "a number above 0")
        check(2 <= self.n_neighbors <= 200, "n_neighbors", self.n_neighbors, "a whole number from 2 to 200")
        check(2 <= self.n_pcs <= 200, "n_pcs", self.n_pcs, "a whole number from 2 to 200")
        check(
            self.resolution is None
            or self.resolution == FINE
            or (not isinstance(self.resolution, str) and 0 < self.resolution <= 10),
            "resolution",
            self.resolution,
            f'"{FINE}", a number above 0 and up to 10, or nothing for a suggested one',
        )
        check(
            self.n_top_genes is None or self.n_top_genes >= 1,
            "n_top_genes",
            self.n_top_genes,
            "a whole number from 1, or nothing for the cut-offs",
        )
        check(self.max_value > 0, "max_value", self.max_value, "a number above 0")
        for name in ("min_mean", "max_mean", "min_disp"):
            check(math.isfinite(getattr(self, name)), name, getattr(self, name), "a number")
        check(self.seed >= 0, "seed", self.seed, "a whole number from 0")
        check(
            self.markers_against in ("subset", "all", "both"),
            "markers_against",
            self.markers_against,
            "subset, all or both",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerParams:
    """Which genes of a cluster are shown to the agents. A missing column filters nothing."""

    n_genes: int = 50
    method: TestMethod = "wilcoxon"
    ranking_method: RankingMethod | None = None
    """None: by the test's score for computed markers, by `avg_log2FC` for tables that have no score."""
    own_test: str | None = None
    """Name of a marker test that the file of cells holds, taken instead of testing anew."""
    ascending: bool | None = None
    max_pval_adj: float = 0.05
    min_log2fc: float = 0.25
    min_pct: float = 0.1

    def __post_init__(self) -> None:
        check(1 <= self.n_genes <= 1000, "n_genes", self.n_genes, "a whole number from 1 to 1000")
        check(
            self.method in ("wilcoxon", "t-test", "logreg"),
            "method",
            self.method,
            "wilcoxon, t-test or logreg",
        )
        check(
            self.ranking_method in (None, "avg_log2FC", "p_val_adj", "pct_diff", "Score"),
            "ranking_method",
            self.ranking_method,
            "avg_log2FC, p_val_adj, pct_diff or Score",
        )
        check(0 < self.max_pval_adj <= 1, "max_pval_adj", self.max_pval_adj, "a number above 0 and up to 1")
        check(0 <= self.min_pct <= 1, "min_pct", self.min_pct, "a fraction from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentModel:
    """Who answers for a role. `base_url` is used exactly as typed.

    `input_usd`, `output_usd` and `cached_usd` are prices that a person typed, in US dollars per million
    tokens sent, written, and read from the provider's cache; None: by the catalogue.
    """

    provider: str = OFFLINE
    model: str = "cassia-offline"
    base_url: str | None = None
    temperature: float | None = None
    reasoning: Literal["low", "medium", "high"] | None = None
    max_tokens: int | None = None
    input_usd: float | None = None
    output_usd: float | None = None
    cached_usd: float | None = None

    def __post_init__(self) -> None:
        for name in ("input_usd", "output_usd", "cached_usd"):
            price = getattr(self, name)
            check(
                price is None or 0 <= price < math.inf, name, price, "US dollars per million tokens, from 0"
            )
        check(
            (self.input_usd is None) == (self.output_usd is None),
            "output_usd",
            self.output_usd,
            "prices for both directions, or for none",
        )
        check(
            self.temperature is None or 0 <= self.temperature <= 2,
            "temperature",
            self.temperature,
            "a number from 0 to 2",
        )
        check(
            self.reasoning in (None, "low", "medium", "high"),
            "reasoning",
            self.reasoning,
            "low, medium or high",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationParams:
    """The agents: who answers, how often, and when to stop."""

    annotator: AgentModel = AgentModel()
    validator: AgentModel | None = None
    """None: the annotator's model."""
    scorer: AgentModel | None = None
    booster: AgentModel | None = None
    merger: AgentModel | None = None
    validator_involvement: ValidatorStrictness = "v1"
    always_format: bool = False
    score: bool = True
    score_threshold: float = 75.0
    boost: BoostMode = "selective"
    boost_strategy: Literal["breadth", "depth"] = "breadth"
    boost_rounds: int = 3
    merge: bool = True
    max_attempts: int = 3
    max_workers: int = 6
    max_retries: int = 5
    blind: bool = False
    """True: label columns and cluster names that already name a cell type never reach a prompt."""
    use_reference: bool = False
    """True: the annotator is given what the knowledge base holds on the types that a cluster leaves open, as
    data. Blind runs get none."""
    max_cost_usd: float | None = None
    max_tokens_total: int | None = None
    first_word_timeout_s: float | None = None
    """Seconds that the first word of a reply may take; None: by where the server stands."""
    silence_timeout_s: float | None = None
    """Seconds of silence allowed between two words; None: by where the server stands."""

    def __post_init__(self) -> None:
        check(
            self.validator_involvement in ("v0", "v1"),
            "validator_involvement",
            self.validator_involvement,
            "v1 (standard) or v0 (strict)",
        )
        check(
            0 <= self.score_threshold <= 100,
            "score_threshold",
            self.score_threshold,
            "a number from 0 to 100",
        )
        check(1 <= self.max_attempts <= 10, "max_attempts", self.max_attempts, "a whole number from 1 to 10")
        check(1 <= self.max_workers <= 256, "max_workers", self.max_workers, "a whole number from 1 to 256")
        check(0 <= self.max_retries <= 20, "max_retries", self.max_retries, "a whole number from 0 to 20")
        check(self.boost in ("off", "selective", "fused"), "boost", self.boost, "off, selective or fused")
        for name in ("first_word_timeout_s", "silence_timeout_s"):
            value = getattr(self, name)
            check(value is None or value > 0, name, value, "seconds above 0, or nothing")

    def model_of(self, role: str) -> AgentModel:
        """The model that answers for `role`; roles without one of their own use the annotator's."""
        own = getattr(self, role, None) if role in ("validator", "scorer", "booster", "merger") else None
        return own or self.annotator


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """The user's word on which column is what, where a marker table is not recognised by itself."""

    cluster: str | None = None
    gene: str | None = None
    log2fc: str | None = None
    score: str | None = None
    pval_adj: str | None = None
    pct_in: str | None = None
    pct_out: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Answers to the questions that a file may raise. None: decided from the content."""

    genome: str | None = None
    """Which genome of a 10x file with several."""
    genes_in_rows: bool | None = None
    """Orientation of a dense expression table."""
    symbol_column: str | None = None
    columns: TableColumns | None = None
    replace_nan: bool = False
    """Set missing and infinite values to 0."""
    not_values: tuple[str, ...] | None = None
    """Columns (or rows) of an expression table that look like values and are none, such as a column of
    totals.
    """
    assay: str | None = None
    """Which assay of an R object with several."""
    species: str | None = None
    """Species given for the dataset: genes are never renamed to the symbols of another one."""
    modality: str | None = None
    """Which modality of a file with several (h5mu)."""
    max_cells: int | None = None
    """Random subsample (seeded) down to this number of cells."""
    cells: CellsWay = "auto"
    """Whether the values of all cells are held in memory ("exact"), or stay on disk while a sketch of the
    cells is clustered and all others are joined to it ("sketch"). "auto": exact where it fits."""
    memory_gb: float | None = None
    """Gigabytes (10^9 bytes) that the dataset may take; None: what the operator allows, else most of what is
    free.
    """

    def __post_init__(self) -> None:
        check(self.cells in ("auto", "exact", "sketch"), "cells", self.cells, "auto, exact or sketch")
        check(
            self.memory_gb is None or 0 < self.memory_gb < math.inf,
            "memory_gb",
            self.memory_gb,
            "gigabytes above 0, or nothing for what the machine has",
        )
        check(
            self.max_cells is None or self.max_cells >= 1,
            "max_cells",
            self.max_cells,
            "a whole number from 1",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """One input. `name` becomes file names; `path` is the stored copy or the user's own file."""

    name: str
    path: str
    tissue: str = UNKNOWN_TISSUE
    species: str = "human"
    context: str = ""
    sha256: str = ""
    read: ReadOptions = ReadOptions()
    qc: QCParams = QCParams()
    clustering: ClusteringParams = ClusteringParams()
    markers: MarkerParams = MarkerParams()
    only_clusters: tuple[str, ...] = ()
    """Annotate these clusters only; the others are listed as skipped. Empty: all."""

    @property
    def reading(self) -> ReadOptions:
        """How the file is read, knowing the species given."""
        return replace(self.read, species=self.species.strip().lower())

    def __post_init__(self) -> None:
        check(bool(self.name.strip()), "name", self.name, "a name for the dataset")
        check(bool(self.tissue.strip()), "tissue", self.tissue, 'a tissue, or "unknown"')
        check(bool(self.species.strip()), "species", self.species, "a species such as human or mouse")
        check(
            self.markers.method != "logreg" or self.clustering.markers_against == "subset",
            "markers_against",
            self.clustering.markers_against,
            "subset with logistic regression, which compares clusters only among themselves",
        )
        check(
            self.markers.own_test is None
            or (self.clustering.cluster_column is not None and not self.clustering.subset_clusters),
            "own_test",
            self.markers.own_test,
            "a test of clusters that the file holds, with these clusters kept (`cluster_column`)",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOf:
    """Whose cells a run looks into: clusters of a dataset of another run, its parent.

    `labels` are what the clusters were called when this run was started, corrections included ("": no label);
    `title` is the parent's, so that it can be named when it is gone.
    """

    run: str
    dataset: str
    clusters: tuple[str, ...]
    labels: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything a run needs. Holds no key, ever."""

    datasets: tuple[DatasetSpec, ...]
    annotation: AnnotationParams | None = AnnotationParams()
    """None: cluster and find markers only."""
    output_dir: str = ""
    """Folder for the run directory; "": the one runs folder of app, command line and Python."""
    title: str = ""
    parent_run: str = ""
    """The run that this one goes on from: its answers are not paid again."""
    part_of: PartOf | None = None
    """The run into whose clusters this one looks."""
    replay_from: str = ""
    side_by_side: int | None = None
    """Datasets whose cells are prepared at once; None: as many as cores, from three files of cells on."""
    scheduler: str = ""
    """Address of a Dask scheduler whose workers prepare the cells; "": processes of our own."""
    tags: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check(len(self.datasets) > 0, "datasets", self.datasets, "at least one dataset")
        check(
            self.side_by_side is None or 1 <= self.side_by_side <= 64,
            "side_by_side",
            self.side_by_side,
            "a whole number from 1 to 64",
        )

    @property
    def annotator(self) -> AgentModel:
        """The model that names the clusters; the offline engine where none was asked for."""
        return (self.annotation or AnnotationParams()).annotator

    def models(self) -> tuple[AgentModel, ...]:
        """The distinct models that the run asks; none without annotation."""
        if self.annotation is None:
            return ()
        return tuple(dict.fromkeys(self.annotation.model_of(role) for role in ROLES))

    def providers(self) -> tuple[str, ...]:
        """Names of the providers that the run asks."""
        return tuple(dict.fromkeys(model.provider for model in self.models()))
