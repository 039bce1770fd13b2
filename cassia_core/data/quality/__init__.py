"""Quality of cells: measured, limits, cells set aside."""
