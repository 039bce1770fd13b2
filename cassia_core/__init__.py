"""CASSIA Workbench: cell type annotation of single-cell clusters, with the reasons."""

from __future__ import annotations

__version__ = "0.1.0"
