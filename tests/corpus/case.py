"""One input file of the corpus: how it is made, and what it must lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import CassiaError


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file: `row` names its kind, how it is made, and what must be said of it (or which error it must
    raise).
    """

    name: str
    row: str
    build: Callable[[Path], Path]
    says: tuple[str, ...] = ()
    error: type[CassiaError] | None = None
    kind: str = "cells"
    expression: str | None = None
    counts: str | None = None
    options: ReadOptions = field(default_factory=ReadOptions)


CASES: list[Case] = []


def case(
    row: str,
    *,
    says: tuple[str, ...] = (),
    error: type[CassiaError] | None = None,
    kind: str = "cells",
    expression: str | None = None,
    counts: str | None = None,
    options: ReadOptions | None = None,
) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    """Register the builder below as a case."""

    def register(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
        CASES.append(
            Case(
                name=build.__name__,
                row=row,
                build=build,
                says=says,
                error=error,
                kind=kind,
                expression=expression,
                counts=counts,
                options=options or ReadOptions(),
            )
        )
        return build

    return register
