"""A small JSON file that several processes change, one after the other and each time whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock


def read_shared(path: Path) -> dict[str, Any]:
    """What the file holds; nothing where it is not there yet. Needs no lock: it is replaced whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def change_shared(path: Path, change: Callable[[dict[str, Any]], Any]) -> Any:
    """Let `change` alter what the file holds, while nobody else does; gives what `change` gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock")):
        held = read_shared(path)
        before = json.dumps(held)
        answer = change(held)
        after = json.dumps(held)
        if after != before:
            # Not by the codec: a process that waits in the queue reads this file and should load little.
            temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
            temporary.write_text(after, encoding="utf-8")
            os.replace(temporary, path)
    return answer
