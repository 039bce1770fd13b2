"""Cell files and marker tables: reading, checking, clustering, measuring."""
