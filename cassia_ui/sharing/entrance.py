"""Who may see the pages: everybody in personal mode, whoever has signed in else."""

from __future__ import annotations

from cassia_core import persons
from cassia_ui.sharing import who_asks


def may_enter() -> bool:
    """Whether pages are drawn for this session."""
    if not persons.is_shared():
        return True
    who_asks.begin()
    return persons.current() is not None
