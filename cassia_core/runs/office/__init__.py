"""What several people or processes share: small files that each changes whole, and links to runs."""
