"""Many datasets of one run: cells are prepared side by side by Dask, answers come through one asker."""
