"""The batch that a person prepares, kept for this session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.row_specs import SharedSetup
from cassia_ui.frame import session

_DRAFT, _VERSION, _FOLLOW = "batch_being_prepared", "batch_version", "batch_to_follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDraft:
    """Rows and shared set-up; who answers is that of all new runs (`session.draft().annotation`)."""

    rows: tuple[ManifestRow, ...] = ()
    shared: SharedSetup = SharedSetup()
    title: str = ""


def batch_draft() -> BatchDraft:
    """What is chosen so far."""
    return session.value(_DRAFT) or BatchDraft()


def keep(**changes: Any) -> None:
    """Keep what a person typed; the tables on the page hold it already."""
    session.remember(_DRAFT, replace(batch_draft(), **changes))


def put_rows(rows: Sequence[ManifestRow]) -> None:
    """Set the rows from elsewhere than the tables, which begin anew from them."""
    keep(rows=tuple(rows))
    session.remember(_VERSION, version() + 1)


def version() -> int:
    """Counts how often rows were set from elsewhere: part of the tables' keys."""
    return session.value(_VERSION, 0)


def follow_next(run_id: str) -> None:
    """Show this run when the page is drawn next."""
    session.choose_run(run_id)
    session.remember(_FOLLOW, run_id)


def asked_to_follow() -> bool:
    """Whether the page was just asked to show a run; asked once."""
    asked = bool(session.value(_FOLLOW))
    session.remember(_FOLLOW, "")
    return asked
