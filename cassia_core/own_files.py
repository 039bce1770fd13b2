"""Whose a file is: in shared mode nothing outside a person's workspace is opened, however its path is
written.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.errors import NotYours

_PATH = re.compile(r"(?<![\w:/.])(?:/[\w.+@%~-]+){2,}/?|(?<![\w])[A-Za-z]:\\[\w.\\+-]+")
"""An absolute path in a sentence; an address (`https://...`) is none."""


def require_own_folder(folder: Path) -> Path:
    """`folder`, when runs of the person who asks may lie there; any folder in personal mode.

    Raises
    ------
    NotYours
        When it lies outside the person's workspace; links are followed before looking.
    """
    if persons.is_shared() and not folder.resolve().is_relative_to(settings.home()):
        raise _not_yours()
    return folder


def require_readable(path: str | Path) -> None:
    """Refuse an input that the person who asks may not read.

    Own files, the cells that ship with scanpy, and what lies in a folder the operator has named may be read.

    Raises
    ------
    NotYours
        Says so, without a word on whether there is such a file.
    """
    if not persons.is_shared():
        return
    real = Path(path).expanduser().resolve()
    if not any(real.is_relative_to(folder) for folder in (settings.home(), *settings.server_folders())):
        if real.parent == _examples():
            return
        raise _not_yours()


def _examples() -> Path | None:
    """The folder of scanpy's packaged data, found without loading scanpy."""
    scanpy = find_spec("scanpy")
    places = scanpy.submodule_search_locations if scanpy else None
    return Path(places[0]).resolve() / "datasets" if places else None


def _not_yours() -> NotYours:
    return NotYours(
        "This is not in your workspace.",
        "On a shared server you can open your own files and runs, and what others gave you a link to.",
        "Upload the file, or ask its owner for a link to the run.",
    )


def without_paths(text: str) -> str:
    """`text` for people of a shared server: the names of files stay, the folders of the server go."""
    return _PATH.sub(lambda found: Path(found[0].replace("\\", "/")).name, text)
