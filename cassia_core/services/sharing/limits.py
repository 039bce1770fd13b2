"""How much each person, and all together, may use of a shared server (`CASSIA_LIMITS`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.errors import ConfigError, LimitReached

GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Limits in the words of `CASSIA_LIMITS`. Money and tokens: of the operator's keys, per calendar month;
    0 of them means that nobody uses these keys.
    """

    upload_mb: float = 1000
    runs: float = 50
    days: float = 90
    disk_gb: float = 10
    disk_free_gb: float = 5
    usd: float = 0
    usd_all: float = 0
    tokens: float = 0
    tokens_all: float = 0


def limits() -> ServerLimits:
    """The limits of this server.

    Raises
    ------
    ConfigError
        When the operator's text cannot be read: a limit that is not understood is none.
    """
    known = {field.name for field in fields(ServerLimits)}
    limit_of: dict[str, float] = {}
    for part in settings.limits_text():
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            limit_of[name] = float(number)
        except ValueError:
            limit_of[name] = -1
        if name not in known or limit_of[name] < 0:
            raise ConfigError(
                f"CASSIA_LIMITS is not understood: {part}",
                f"It knows {', '.join(sorted(known))}, each with a number.",
                "Write it like: upload_mb=500, runs=30, days=60, usd=2, usd_all=40",
            )
    return replace(ServerLimits(), **limit_of)


def bytes_for_upload() -> int | None:
    """How many bytes the person who asks may upload now; None in personal mode, where nothing is limited.

    Raises
    ------
    LimitReached
        When there is no room.
    """
    if not persons.is_shared():
        return None
    left = require_room()
    return int(min(limits().upload_mb * 1_000_000, left))


def too_large() -> LimitReached:
    """What to say of an upload that is larger than it may be."""
    return LimitReached(
        "This file is too large for this server.",
        f"At most {limits().upload_mb:,.0f} MB can be uploaded, and no more than there is room for.",
        "Upload a smaller file (fewer cells), delete old runs, or ask the operator.",
    )


def require_room() -> float:
    """Bytes that the person who asks may still use.

    Raises
    ------
    LimitReached
        When there are none, of theirs or of the whole disk.
    """
    known = limits()
    used = size_of(settings.home())
    if used >= known.disk_gb * GB:
        raise LimitReached(
            "Your workspace is full.",
            f"It holds {used / GB:.1f} GB; {known.disk_gb:g} GB are the limit.",
            "Delete runs that you no longer need, on the page Runs.",
        )
    folder = settings.server_home()
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if free < known.disk_free_gb * GB:
        raise LimitReached(
            "The disk of this server is nearly full.",
            "It keeps a rest free for runs under way.",
            "Delete runs that you no longer need, and tell the operator.",
        )
    return min(known.disk_gb * GB - used, free - known.disk_free_gb * GB)


def require_another_run(run_ids: Iterable[str]) -> None:
    """Refuse one run more than a person may keep, or one for which there is no room.

    Raises
    ------
    LimitReached
        Says which.
    """
    if not persons.is_shared():
        return
    n_runs, most = len(list(run_ids)), limits().runs
    if n_runs >= most:
        raise LimitReached(
            "You keep as many runs as you may.",
            f"There are {n_runs}; {most:g} are the limit.",
            "Delete one that you no longer need, on the page Runs.",
        )
    require_room()


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; links count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() and not path.is_symlink() else 0
        except OSError:  # it went away between the two looks
            continue
    return total
