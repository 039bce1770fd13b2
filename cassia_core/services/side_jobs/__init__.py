"""Work beside a page, in processes of its own."""
