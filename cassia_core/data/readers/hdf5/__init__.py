"""Files of HDF5: AnnData, 10x, loom, SeuratDisk; what leads out of them, and why one cannot be read."""
