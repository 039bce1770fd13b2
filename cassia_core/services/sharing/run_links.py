"""Let others read a run by a link, and take it back."""

from __future__ import annotations

from pathlib import Path

from cassia_core import persons
from cassia_core.errors import ConfigError
from cassia_core.runs.office import links
from cassia_core.services.runs import runs


def share_run(run_id: str, root: Path | None = None) -> str:
    """A new read-only link to a run, in the form of a run's id; an earlier one is closed.

    Raises
    ------
    ReadOnlyRun
        When the run is not the person's own.
    ConfigError
        In personal mode, where there is nobody to share with.
    """
    return links.make_link(_own(run_id, root))


def stop_sharing(run_id: str, root: Path | None = None) -> None:
    """Close the link to a run. Raises as `share_run`."""
    links.take_back(_own(run_id, root))


def is_shared(run_id: str, root: Path | None = None) -> bool:
    """Whether a link to a run is open. Raises as `share_run`."""
    return links.has_link(_own(run_id, root))


def _own(run_id: str, root: Path | None) -> str:
    if not persons.is_shared():
        raise ConfigError(
            "There is nobody to share with.",
            "One person uses this computer.",
            "Send the report, or serve several people (docs/guide/server.md).",
        )
    return runs.run_to_change(run_id, root).root.name
