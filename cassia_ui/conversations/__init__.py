"""Parts of the page Conversations."""
