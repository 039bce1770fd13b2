"""Parts of the page Set-up."""
