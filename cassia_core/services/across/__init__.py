"""Labels of the datasets of one run side by side: one name for one type, what is odd, cells as one file."""
