"""The offline engine, which is no language model, as a provider."""
