"""Limits of quality: which are suggested, and which cells go by them. No compiled code: pages use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cassia_core.domain.config import QCParams


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedCutoffs:
    """Cut-offs at `n_mads` median absolute deviations, as numbers a person may accept or change."""

    params: QCParams
    n_mads: float
    removed: int
    """Cells that these cut-offs would remove."""


def failing(metrics: pd.DataFrame, qc: QCParams) -> pd.Series:
    """Why each cell goes: "" for cells that stay, else the first cut-off it fails, in words.

    All-zero cells always go. A column `doublet_score` is used where it exists.
    """
    limits = (
        ("n_genes", 0, None, "no counts at all"),
        ("n_genes", qc.min_genes, qc.max_genes, "number of genes"),
        ("n_counts", qc.min_counts, qc.max_counts, "number of counts"),
        ("pct_mito", None, qc.max_pct_mito, "mitochondrial share"),
        ("pct_ribo", None, qc.max_pct_ribo, "ribosomal share"),
        ("pct_haemo", None, qc.max_pct_haemo, "haemoglobin share"),
        ("doublet_score", None, qc.max_doublet_score, "doublet score"),
    )
    reason = pd.Series("", index=metrics.index, dtype=object)
    for column, low, high, words in limits:
        if column not in metrics:
            continue
        values = metrics[column]
        out = values <= 0 if words == "no counts at all" else pd.Series(False, index=metrics.index)
        if low is not None:
            out |= values < low
        if high is not None:
            out |= values > high
        # The first limit that a cell fails is its reason: one reason per cell, so that reasons add up to the
        # cells set aside.
        reason = reason.mask((reason == "") & out, words)
    return reason


def suggest_cutoffs(metrics: pd.DataFrame, n_mads: float = 5.0, n_mads_mito: float = 3.0) -> SuggestedCutoffs:
    """Cut-offs from the cells' own spread: log counts and log genes both sides, mitochondrial share above
    only.

    A measurement that is the same in more than half of the cells (nuclei without any mitochondrial read) has
    no spread
    of its own: no limit is suggested for it.
    Source: Heumos et al., Nat Rev Genet 2023 (Single-cell best practices): 5 MADs, 3 for the mitochondrial
    share.
    """
    limits: dict[str, Any] = {}
    for name, number in (("genes", int), ("counts", float)):
        # Counts and genes are spread like a bell only after the logarithm; without it the lower limit is
        # below 0.
        bounds = _bounds(np.log1p(metrics[f"n_{name}"].to_numpy(float)), n_mads)
        if bounds is not None:
            low, high = np.expm1(bounds)
            limits |= {f"min_{name}": number(max(0.0, np.floor(low))), f"max_{name}": number(np.ceil(high))}
    bounds = _bounds(metrics["pct_mito"].to_numpy(float), n_mads_mito)
    if bounds is not None:
        limits["max_pct_mito"] = round(min(bounds[1], 100.0), 1)
    params = QCParams(**limits)
    return SuggestedCutoffs(params=params, n_mads=n_mads, removed=int((failing(metrics, params) != "").sum()))


def _bounds(values: np.ndarray, n_mads: float) -> tuple[float, float] | None:
    centre = float(np.median(values))
    spread = float(np.median(np.abs(values - centre)))
    # More than half of the cells have one value; any other value would be infinitely far away.
    if not spread > 0:
        return None
    return centre - n_mads * spread, centre + n_mads * spread
