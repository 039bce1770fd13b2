"""Many datasets in one run: named in a manifest or a folder, planned, and seen side by side."""
