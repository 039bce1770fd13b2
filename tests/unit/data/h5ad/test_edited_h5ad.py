from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from cassia_core.data.h5ad.edited_h5ad import write_edited_h5ad
from cassia_core.errors import AnnDataError


def test_a_file_that_is_not_ours_is_refused_and_leaves_no_copy_behind(tmp_path):
    obs = pd.DataFrame(index=["a", "b"])
    ad.AnnData(np.ones((2, 3), dtype=np.float32), obs=obs).write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(AnnDataError, match="not an annotated file"):
        write_edited_h5ad(tmp_path / "cells.h5ad", tmp_path / "edited.h5ad", (), steps="[]")
    assert [path.name for path in tmp_path.iterdir()] == ["cells.h5ad"]
