"""A tissue is guessed from a name or from genes, and not at all without a sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.services.intake.intake import demo_path, inspect_file
from cassia_core.services.intake.tissue_guess import guess_tissue
from tests.corpus.material import cells, saved


@pytest.mark.parametrize(
    ("name", "tissue"),
    [
        ("HumanPancreas_v2", "pancreas"),
        ("GSE123_kidney.counts", "kidney"),
        ("pbmc3k", "blood"),
        ("run_2024_final", ""),
        ("tumour_biopsy", ""),
    ],
)
def test_the_name_of_a_file_may_say_its_tissue(name: str, tissue: str, tmp_path: Path):
    path = saved(cells(), tmp_path, "cells.h5ad")
    guess = guess_tissue(path, inspect_file(path), name)
    assert (guess.tissue if guess else "") == tissue


def test_blood_is_seen_from_its_genes_and_cells_without_a_sign_give_no_guess(tmp_path: Path):
    unnamed = tmp_path / "x.h5ad"
    unnamed.write_bytes(demo_path().read_bytes())
    guess = guess_tissue(unnamed, inspect_file(unnamed))
    assert guess is not None and guess.tissue == "blood" and "cells looked at" in guess.why
    path = saved(cells(), tmp_path, "y.h5ad")
    assert guess_tissue(path, inspect_file(path)) is None
