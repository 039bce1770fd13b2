"""CASSIA's name for the markers of the parts of one population of cells."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anndata as ad
DEFAULT_SUBCLUSTER_MARKER_MODES = ("local", "global_relabel", "target_vs_background")


def compute_subcluster_marker_sets(
    data: ad.AnnData | str | os.PathLike,
    parent_col: str,
    parent_label: str,
    subcluster_col: str,
    modes: Sequence[str] = DEFAULT_SUBCLUSTER_MARKER_MODES,
    n_genes: int = 50,
    method: str = "wilcoxon",
    output_dir: str | os.PathLike | None = None,
    use_raw: bool | None = None,
    layer: str | None = None,
    rankby_abs: bool = False,
    tie_correct: bool = False,
    expression_threshold: float = 0.0,
    min_log2fc: float | None = 0.25,
    max_p_val_adj: float | None = None,
    key_prefix: str = "cassia_subcluster_marker_sets",
) -> dict[str, Any]:
    """Markers of the parts of one population, from up to three comparisons.

    Parameters
    ----------
    data
        Log-normalised cells, or the path of an h5ad; they are not changed.
    parent_col, parent_label
        Column of `obs`, and its value for the cells of the population.
    subcluster_col
        Column with the part of each of these cells.
    modes
        "local": each part with the other parts; "global_relabel": with all other cells;
        "target_vs_background": with the cells outside of the population.
    n_genes
        Most genes per part and mode, of those that pass the filters.
    method, use_raw, layer, rankby_abs, tie_correct
        As in `scanpy.tl.rank_genes_groups`.
    expression_threshold
        A cell expresses a gene above this value, for `pct.1` (in the part) and `pct.2` (outside).
    min_log2fc, max_p_val_adj
        Genes below or above are left out; None: no limit.
    key_prefix
        Name of scanpy's own entry while it is at work.
    output_dir
        Where the tables and `marker_set_metadata.json` go; None: nowhere.

    Returns
    -------
    dict
        `local_markers`, `global_relabel_markers` and `target_vs_background_markers`, a row per part and gene;
        `combined_markers`, a row per part with its list `markers`, as `runCASSIA_subclusters` takes it;
        `metadata`, and `output_files` where some were written.

    Raises
    ------
    ConfigError, InputError
        When a value, a column or the label is not as needed.
    """
    from cassia_core.services.intake.part_marker_sets import marker_sets

    return marker_sets(
        data,
        parent_col,
        parent_label,
        subcluster_col,
        modes,
        output_dir,
        n_genes=n_genes,
        method=method,
        use_raw=use_raw,
        layer=layer,
        rankby_abs=rankby_abs,
        tie_correct=tie_correct,
        expression_threshold=expression_threshold,
        min_log2fc=min_log2fc,
        max_p_val_adj=max_p_val_adj,
        key=key_prefix,
    )
