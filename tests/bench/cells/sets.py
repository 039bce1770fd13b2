"""The labelled sets beside the project that whole paths from cells are measured on."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
SETS = {
    "pbmc_facs_zheng2017": ("human", "blood"),
    "pbmc68k_reduced": ("human", "blood"),
    "pbmc_symphony_3batches": ("human", "blood"),
    "mouse_hippocampus_saunders2018": ("mouse", "hippocampus"),
    "mouse_kidney_tabulamuris": ("mouse", "kidney"),
}
"""Species and tissue of each labelled set."""
