"""Columns that a file has already under a name that we write: they stay, under another name."""

from __future__ import annotations

import pandas as pd


def keep_as_original(obs: pd.DataFrame, name: str) -> str:
    """Copy the column `name` of `obs` to `<name>_original` (`_original_2` and so on where that is taken).

    Returns the new name. The column itself stays, to be written over.
    """
    names = (f"{name}_original", *(f"{name}_original_{number}" for number in range(2, obs.shape[1] + 3)))
    free_name = next(new for new in names if new not in obs)
    obs[free_name] = obs[name]
    return free_name
