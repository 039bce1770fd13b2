"""Labels as they stand, corrected, compared."""
