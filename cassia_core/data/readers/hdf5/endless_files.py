"""Files whose damage would keep the HDF5 library busy for ever are found before they are read here.

The library is C: neither a signal nor another thread of this process can take it out of a circle, and it
holds the lock that every other HDF5 file of the process waits for. So a process of its own walks the file
first.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

from cassia_core.errors import AnnDataError

LONGEST_SILENCE_S = 20
"""Longest time that the walk may take for one part of a file; a part is at most 100,000 names."""
_WALK = """
import sys
import h5py
ROWS = 100_000
def look(name, element):
    print("part", flush=True)
    for key in element.attrs:
        try:
            element.attrs[key]
        except Exception:
            pass
    if not isinstance(element, h5py.Dataset) or element.external or element.is_virtual:
        return
    try:
        kinds = (h5py.check_vlen_dtype(element.dtype), h5py.check_string_dtype(element.dtype))
        if any(kind is not None for kind in kinds):
            rows = len(element) if element.ndim else 0
            for start in range(0, max(rows, 1), ROWS):
                element[start:start + ROWS] if element.ndim else element[()]
                print("part", flush=True)
        elif element.chunks:
            element.id.get_num_chunks()
    except Exception:
        pass
try:
    with h5py.File(sys.argv[1], "r") as file:
        look("/", file)
        file.visititems(look)
except Exception:
    pass
print("end", flush=True)
"""
"""Reads what is built of linked parts: attributes, texts and the lists of chunks. What the library refuses is
left for the readers to say."""


def refuse_endless(path: Path) -> None:
    """Refuse a file at which the HDF5 library stops for ever, or which brings it down.

    Raises
    ------
    AnnDataError
        Its parts cannot be walked through.
    """
    stat = path.stat()
    if not _ends(str(path), stat.st_size, stat.st_mtime_ns):
        raise AnnDataError(
            f"{path.name} is damaged.",
            "Its parts point to each other in a circle or into nothing, so that reading it never ends.",
            "Copy or upload the file again, or save it anew from the program that made it.",
        )


@lru_cache(maxsize=256)
def _ends(path: str, size: int, changed: int) -> bool:
    """Whether a walk through the file ends; `size` and `changed` tell when a file is another one."""
    with subprocess.Popen(
        [sys.executable, "-c", _WALK, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as walk:
        assert walk.stdout is not None
        parts: queue.Queue[str] = queue.Queue()
        listener = threading.Thread(target=_listen, args=(walk.stdout, parts), daemon=True)
        listener.start()
        said = "part"
        while said == "part":
            try:
                said = parts.get(timeout=LONGEST_SILENCE_S)
            except queue.Empty:
                said = "silent"
        walk.kill()
    return said == "end"


def _listen(lines: object, parts: queue.Queue[str]) -> None:
    for line in lines:  # type: ignore[attr-defined]
        parts.put(line.strip())
    parts.put("gone")
