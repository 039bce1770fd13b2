"""What things look like and what they are called, the same on pages, in figures and in reports."""
