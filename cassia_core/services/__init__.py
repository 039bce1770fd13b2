"""Use cases, as pages, command line and Python API call them."""
