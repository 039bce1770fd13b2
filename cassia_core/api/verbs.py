"""Our own verbs: start a run from Python, wait for it, open it, look inside its clusters."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import UNKNOWN_TISSUE, AnnotationParams, DatasetSpec, ReadOptions, RunConfig
from cassia_core.errors import RunError
from cassia_core.services.engine.keys import known_keys
from cassia_core.services.intake import intake, labels_onto_cells, memory
from cassia_core.services.runs import results, runs
from cassia_core.services.runs.following import follow
from cassia_core.services.subclusters import subclustering

if TYPE_CHECKING:
    import pandas as pd

    from cassia_core.services.intake.memory import MemoryPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedRun:
    """A finished run.

    `summary` and `scored` are the tables of the files of the same name, of all datasets one below the other.
    """

    run_dir: Path
    status: str
    datasets: tuple[str, ...]

    @property
    def summary(self) -> pd.DataFrame:
        return self._table("_summary.csv")

    @property
    def scored(self) -> pd.DataFrame:
        return self._table("_scored.csv")

    @property
    def clusters(self) -> tuple[ClusterResult, ...]:
        """Every cluster's result, with its evidence and conversation, of all datasets in order."""
        return tuple(
            row
            for name in self.datasets
            for row in results.load_results(self.run_dir.name, name, self.run_dir.parent).rows
        )

    def files(self, dataset: str | None = None) -> dict[str, Path]:
        """Output files by the end of their name, such as "_summary.csv"."""
        wanted = dataset or self.datasets[0]
        written = results.output_files(self.run_dir.name, self.run_dir.parent)
        return {f.path.name.removeprefix(wanted): f.path for f in written if f.dataset == wanted}

    def _table(self, ending: str) -> pd.DataFrame:
        import pandas as pd

        paths = [self.files(name)[ending] for name in self.datasets if ending in self.files(name)]
        if not paths:
            raise no_file(self.run_dir, ending)
        return pd.concat([labels_onto_cells.read_table(p) for p in paths], ignore_index=True)


def annotate_batch(
    config: RunConfig, keys: Mapping[str, str] | None = None, *, quiet: bool = False
) -> AnnotatedRun:
    """Run `config` and wait for it.

    Parameters
    ----------
    config
        Datasets, agents and the folder for the run (`output_dir`).
    keys
        Provider name to key. None: those of `set_api_key`, then of the environment.

    Raises
    ------
    RunError
        When no dataset could be finished; the message holds the reasons.
    """
    root = runs.folder(config.output_dir)
    chosen = known_keys(config.providers()) if keys is None else keys
    return finished_run(runs.start_run(config, chosen, root), root, quiet=quiet)


def annotate(
    path: str | os.PathLike | pd.DataFrame,
    *,
    tissue: str,
    species: str,
    name: str | None = None,
    annotation: AnnotationParams | None = None,
    output_dir: str = "",
    **dataset: Any,
) -> AnnotatedRun:
    """Annotate one file of cells or markers (or a marker table in memory) and wait for it.

    Further keywords (`clustering`, `markers`, `qc`, `read`, `context`) are those of `DatasetSpec`.
    """
    source, given_name = stored_source(path, name)
    spec = DatasetSpec(name=given_name, path=str(source), tissue=tissue, species=species, **dataset)
    return annotate_batch(
        RunConfig(datasets=(spec,), annotation=annotation or AnnotationParams(), output_dir=output_dir)
    )


def memory_plan(path: str | os.PathLike, read: ReadOptions | None = None) -> MemoryPlan | None:
    """What a file of cells would take, held in memory or left on disk, and which way a run would go.

    Parameters
    ----------
    path
        h5ad, 10x h5 or zarr; None comes back for anything that cannot be read in blocks of cells.
    read
        `ReadOptions(cells="sketch")` asks for the sketch, `ReadOptions(memory_gb=6)` says what may be used.
    """
    return memory.plan_of_file(Path(path), read or ReadOptions())


def cluster(
    path: str | os.PathLike,
    *,
    species: str = "human",
    tissue: str = UNKNOWN_TISSUE,
    name: str | None = None,
    output_dir: str = "",
    **dataset: Any,
) -> AnnotatedRun:
    """Cluster one file of cells and find marker genes, ask nobody about them, and wait for it.

    Parameters
    ----------
    path
        h5ad, 10x h5, mtx, loom or a table of counts; never changed.
    species, tissue
        Noted in the run; clusters and markers do not depend on them.
    dataset
        `clustering`, `markers`, `qc` and `read`, as of `DatasetSpec`.

    Returns
    -------
    AnnotatedRun
        `files()["_annotated.h5ad"]` holds `obs["leiden"]` (or the clusters kept), `obsm["X_pca"]`,
        `obsm["X_umap"]`;
        `files()["_markers.csv"]` the marker genes.

    Raises
    ------
    InputError, RunError
        When the file is missing or could not be clustered; the message holds the reason.
    """
    source, given_name = stored_source(path, name)
    spec = DatasetSpec(name=given_name, path=str(source), tissue=tissue, species=species, **dataset)
    return annotate_batch(RunConfig(datasets=(spec,), annotation=None, output_dir=output_dir))


def open_run(run_dir: str | os.PathLike) -> AnnotatedRun:
    """A run that is on disk."""
    folder = Path(run_dir).expanduser().resolve()
    view = runs.view_run(folder.name, folder.parent)
    config = runs.load_config(folder.name, folder.parent)
    return AnnotatedRun(run_dir=folder, status=view.state, datasets=tuple(d.name for d in config.datasets))


def subcluster(
    run: AnnotatedRun | str | os.PathLike,
    clusters: Sequence[str],
    *,
    dataset: str | None = None,
    annotation: AnnotationParams | None = None,
    keys: Mapping[str, str] | None = None,
    quiet: bool = False,
    **clustering: Any,
) -> AnnotatedRun:
    """Cluster and annotate the cells of some clusters of a finished run anew, and wait for it.

    Parameters
    ----------
    run
        The parent run, or its directory. The new run lies beside it.
    clusters
        Exact ids of one or more of its clusters.
    dataset
        Whose clusters; None: the run's first dataset.
    annotation
        The agents; None: those of the parent run.
    keys
        As in `annotate_batch`.
    clustering
        What differs from the parent's clustering, such as `resolution=0.2` or `markers_against="subset"`.

    Raises
    ------
    ConfigError, InputError, RunError
        When there is no such cluster, too few cells, or the run failed.
    """
    parent = run if isinstance(run, AnnotatedRun) else open_run(run)
    root = parent.run_dir.parent
    if keys is None:
        config = runs.load_config(parent.run_dir.name, root)
        keys = known_keys(replace(config, annotation=annotation or config.annotation).providers())
    child = subclustering.start_child(
        parent.run_dir.name,
        dataset or parent.datasets[0],
        tuple(map(str, clusters)),
        clustering=clustering,
        annotation=annotation,
        keys=keys,
        root=root,
    )
    return finished_run(child, root, quiet=quiet)


def finished_run(run_id: str, root: Path, *, quiet: bool) -> AnnotatedRun:
    """Follow a run to its end.

    Raises
    ------
    RunError
        When no dataset could be finished.
    """
    view = follow(run_id, root, quiet=quiet)
    if view.state in ("failed", "interrupted"):
        reasons = (
            view.error or " ".join(d.error for d in view.datasets if d.error) or "The worker ended early."
        )
        raise RunError("The run failed.", reasons, f"The run's record is in {root / run_id}.")
    return open_run(root / run_id)


def stored_source(given: Any, name: str | None) -> tuple[Path, str]:
    """The file to read and the name of its dataset; a table in memory is stored first."""
    if isinstance(given, (str, os.PathLike)):
        path = Path(given).expanduser().resolve()
        runs.check_input(path)
        return path, name or intake.dataset_name(path)
    return intake.store_table(given, name or "markers"), name or "markers"


def no_file(run_dir: Path, ending: str) -> RunError:
    """The error for an output that is not there."""
    return RunError(
        f"The run has no file {ending}.",
        "It was stopped before it wrote its results.",
        f"Go on with it: python -m cassia_core resume {run_dir}",
    )
