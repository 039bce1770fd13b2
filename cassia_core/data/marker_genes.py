"""Gene names of a marker table: R's suffixes, ids, old names, what a spreadsheet made of them."""

from __future__ import annotations

import pandas as pd

from cassia_core.genes import canonical, guess_species


def repair_marker_genes(frame: pd.DataFrame, from_row_names: bool, done: list[str]) -> tuple[str, bool]:
    """Give every row the current symbol of its gene; says in `done` what changed. Changes `frame`.

    Sets `frame["gene"]` and `frame["original_gene"]`. Returns the species seen and whether that is sure.
    """
    frame["original_gene"] = frame["gene"]
    present = set(frame["gene"])
    if from_row_names:
        frame["gene"] = [_without_r_suffix(gene, present) for gene in frame["gene"]]
        changed = int((frame["gene"] != frame["original_gene"]).sum())
        if changed:
            done.append(f"{changed:,} row names carried a number that R adds to repeated names; it is taken off.")
    return guess_species(frame["gene"].unique())


def _without_r_suffix(gene: str, present: set[str]) -> str:
    base, dot, number = gene.rpartition(".")
    return base if dot and number.isdigit() and base in present else gene


__all__ = ["canonical", "repair_marker_genes"]
