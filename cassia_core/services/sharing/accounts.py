"""People who sign in with an account (OpenID Connect, by Streamlit's own `st.login`), and whether one can."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from cassia_core import settings
from cassia_core.errors import ConfigError, NotSignedIn
from cassia_core.persons import Person, Role
from cassia_core.services.sharing.class_codes import list_classes


def person_of_account(account: Mapping[str, object]) -> Person:
    """Somebody whom the account's provider vouches for.

    Parameters
    ----------
    account
        What the provider says: `iss`, `sub`, and where it gives them `email`, `email_verified`, `name`.

    Raises
    ------
    NotSignedIn
        When the operator admits others only, or the provider does not say who it is.
    """
    subject = str(account.get("sub") or "")
    if not subject:
        raise NotSignedIn(
            "Your account gives no name.", "Its provider did not say who you are.", "Ask the operator."
        )
    digest = hashlib.sha256(f"{account.get('iss') or ''} {subject}".encode()).hexdigest()
    identity = f"a-{digest[:24]}"
    # Only an address that the provider has checked says anything about who somebody is.
    email = str(account.get("email") or "").lower() if account.get("email_verified") is True else ""
    names = {identity, email, f"@{email.partition('@')[2]}"} - {"", "@"}
    if settings.admitted() and not names & (settings.admitted() | settings.operators()):
        raise NotSignedIn(
            "Your account is not admitted here.",
            f"This server is for others. Your account is known here as {identity}.",
            "Ask the operator to add you (CASSIA_PEOPLE).",
        )
    role: Role = "operator" if {identity, email} & settings.operators() else "person"
    return Person(id=identity, name=email or str(account.get("name") or ""), role=role)


def accounts_configured() -> bool:
    """Whether the secrets of the app name a provider of accounts."""
    return any(_has_auth(folder / ".streamlit" / "secrets.toml") for folder in _folders())


def _folders() -> tuple[Path, ...]:
    return settings.app_folder(), Path.cwd(), Path.home()


def _has_auth(path: Path) -> bool:
    try:
        return "auth" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def require_ways_to_sign_in() -> None:
    """Refuse to serve several people without a way to tell them apart.

    Raises
    ------
    ConfigError
        Says what to do.
    """
    if accounts_configured():
        if find_spec("authlib") is None:
            raise ConfigError(
                "People cannot sign in with their accounts.",
                "The package Authlib is not installed, which Streamlit needs for it.",
                "Install it: pip install 'Authlib>=1.3.2'. Or use class codes, and take [auth] out of the "
                "secrets.",
            )
        return
    if not list_classes():
        raise ConfigError(
            "CASSIA_MODE=shared needs a way to tell people apart, and there is none.",
            "No class has codes, and the secrets of the app name no provider of accounts.",
            "Make codes: cassia class create NAME --people 30. Or configure [auth] in "
            ".streamlit/secrets.toml (docs/guide/server.md).",
        )
