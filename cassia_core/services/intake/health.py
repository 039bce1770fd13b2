"""Does what we need work on this machine?"""

from __future__ import annotations

import tempfile

from cassia_core import persons, settings
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.scoring.engine import rank_types

_B_CELL_GENES = ("MS4A1", "CD79A", "CD79B", "CD19", "BANK1", "CD74", "HLA-DRA", "TCL1A", "FCER2", "PAX5")


def check_folder() -> tuple[bool, str]:
    """Whether runs can be written, and where."""
    # On a shared server each person has a folder of runs; the folder above all of them tells.
    root = settings.people_root() if persons.is_shared() else settings.runs_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root):
            return True, f"{root}, can be written"
    except OSError as error:
        return False, f"{root} cannot be written: {error.strerror}. Set CASSIA_HOME to another folder"


def check_engine() -> tuple[bool, str]:
    """Whether the offline engine names a plain B cell list."""
    genes = tuple(MarkerGene(gene=g, rank=i + 1) for i, g in enumerate(_B_CELL_GENES))
    ranking = rank_types(ClusterMarkers(cluster="0", genes=genes), Setting(species="human"), 10)
    return "B cell" in ranking.label, f"answers ({ranking.label} for ten B cell genes)"
