"""Marker sets of the parts of one population: read, checked, computed and written."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anndata as ad
import pandas as pd

from cassia_core.data.cells.part_markers import COMPARISONS, PartTest, combined, markers_of_parts
from cassia_core.domain.config import check
from cassia_core.errors import InputError
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.runs.codec import write_text
from cassia_core.services.runs.runs import check_input

ALL_MODES = tuple(COMPARISONS)


def marker_sets(
    source: ad.AnnData | str | os.PathLike,
    parent_col: str,
    parent_label: str,
    subcluster_col: str,
    modes: Sequence[str],
    output_dir: str | os.PathLike | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """See `api.part_markers.compute_subcluster_marker_sets`; `settings` are fields of `PartTest`."""
    test = PartTest(**settings)
    asked = tuple(dict.fromkeys(str(mode).strip() for mode in modes))
    known = bool(asked) and set(asked) <= set(COMPARISONS)
    check(known, "modes", list(modes), f"some of {', '.join(COMPARISONS)}")
    check(test.n_genes >= 1, "n_genes", test.n_genes, "a whole number from 1")
    check(not (test.use_raw and test.layer), "layer", test.layer, "None where use_raw is True")
    cells = _cells(source)
    inside = (_column(cells, parent_col) == str(parent_label)).to_numpy()
    parts = _column(cells, subcluster_col)
    names = _names_of(cells, inside, subcluster_col)
    if not names:
        raise InputError(
            f"No cell of {parent_label} has a part.",
            f"{int(inside.sum())} cells have {parent_col} = {parent_label}.",
            "Check the label and the two columns.",
        )
    tables = {mode: markers_of_parts(cells, inside, parts, str(parent_label), mode, test) for mode in asked}
    sets: dict[str, Any] = {f"{mode}_markers": table for mode, table in tables.items()}
    sets["combined_markers"] = combined(tables, names, test.n_genes)
    sets["metadata"] = {
        "parent_col": parent_col,
        "parent_label": str(parent_label),
        "subcluster_col": subcluster_col,
        "subclusters": list(names),
        "cells": {part: int((inside & (parts == part).to_numpy()).sum()) for part in names},
        "modes": list(asked),
        **asdict(test),
    }
    if output_dir is not None:
        sets["output_files"] = _write(Path(output_dir).expanduser().resolve(), sets)
    return sets


def _cells(source: ad.AnnData | str | os.PathLike) -> ad.AnnData:
    if isinstance(source, ad.AnnData):
        return source
    check(isinstance(source, str | os.PathLike), "data", type(source).__name__, "an AnnData or a path")
    path = Path(source).expanduser().resolve()
    check_input(path)
    check(path.suffix.lower() == ".h5ad", "data", path.name, "a file .h5ad")
    return ad.read_h5ad(path)


def _column(cells: ad.AnnData, name: str) -> pd.Series:
    """A column as texts; a missing value is ""."""
    if name not in cells.obs:
        raise InputError(
            f"The cells have no column {name}.",
            f"Columns: {', '.join(map(str, cells.obs.columns[:20]))}.",
            "Name one of them.",
        )
    column = cells.obs[name]
    return column.astype(object).where(column.notna(), "").astype(str)


def _names_of(cells: ad.AnnData, inside: Any, name: str) -> tuple[str, ...]:
    """The parts in the order of the column's categories, else in that of the cells."""
    column = cells.obs[name]
    there = set(column[inside].dropna().astype(str))
    order = column.cat.categories if hasattr(column, "cat") else column[inside].dropna().unique()
    return tuple(str(part) for part in order if str(part) in there)


def _write(folder: Path, sets: dict[str, Any]) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, table in sets.items():
        if isinstance(table, pd.DataFrame):
            write_csv(folder / f"{name}.csv", table)
            written[name] = str(folder / f"{name}.csv")
    path = folder / "marker_set_metadata.json"
    write_text(path, json.dumps(sets["metadata"], ensure_ascii=False, indent=1))
    return written | {"metadata": str(path)}
