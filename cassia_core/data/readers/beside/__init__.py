"""What lies beside counts in the same folder and describes their cells."""
