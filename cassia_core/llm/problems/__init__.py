"""What can go wrong with a model server: the server's own words, the cause, and plain words for both."""
