"""Keys of a script or a shell: from the environment, or set for this process; never written anywhere."""

from __future__ import annotations

import os

from cassia_core.errors import ConfigError

VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "gemini": "GEMINI_API_KEY",
}
ANY = "CASSIA_API_KEY"
_of_this_process: dict[str, str] = {}


def set_key(key: str, provider: str) -> None:
    """Use `key` for `provider` in this process.

    Raises
    ------
    ConfigError
        When the key is empty.
    """
    if not key.strip():
        raise ConfigError(
            "The key is empty.", "Nothing was given.", "Pass the key that your provider gave you."
        )
    _of_this_process[provider] = key.strip()


def known_keys(providers: tuple[str, ...]) -> dict[str, str]:
    """Keys for `providers`: those set in this process first, then the environment's, each for its own
    provider.
    """
    key_of = {p: _of_this_process.get(p) or os.environ.get(VARIABLES.get(p, ANY)) for p in providers}
    return {provider: key for provider, key in key_of.items() if key}
