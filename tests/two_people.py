"""A shared server with two people, for tests: nobody asks until a test says who."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cassia_core import persons
from cassia_core.persons import Person

ADA, BEN = Person(id="class-01", group="class"), Person(id="class-02", group="class")


@pytest.fixture
def shared_mode(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shared mode in a fresh home; nobody is signed in."""
    monkeypatch.setenv("CASSIA_MODE", "shared")
    monkeypatch.delenv("CASSIA_PERSON", raising=False)
    monkeypatch.setattr(persons, "_ways", [])
    return home


def state_of(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
