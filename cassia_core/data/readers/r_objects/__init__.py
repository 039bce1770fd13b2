"""Objects saved by R (`.rds`, `.RData`), read as data: nothing in the file is ever evaluated."""
