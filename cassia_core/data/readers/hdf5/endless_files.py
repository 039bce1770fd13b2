"""Files whose damage would keep the HDF5 library busy for ever are found before they are read here.

The library is C: neither a signal nor another thread of this process can take it out of a circle, and it
holds the lock that every other HDF5 file of the process waits for. So a process of its own walks the file
first; it stays for the next file, since starting one takes longer than most walks, and is replaced when a
file has stopped it.
"""

from __future__ import annotations

import json
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
import json
import sys
import h5py
import hdf5plugin
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
for line in sys.stdin:
    try:
        with h5py.File(json.loads(line), "r") as file:
            look("/", file)
            file.visititems(look)
    except Exception:
        pass
    print("end", flush=True)
"""
"""Reads what is built of linked parts: attributes, texts and the lists of chunks. What the library refuses is
left for the readers to say. The filters of the readers are loaded, for texts packed by one of them must be
unpacked to be walked through.
"""


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
    with _at_work:
        return _walker().walk(path)


class _Walker:
    """A process that walks through one file after another, and says each part that it has passed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WALK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def walk(self, path: str) -> bool:
        """Whether the walk comes to an end; the process is gone where it does not."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(path) + "\n")
            self._process.stdin.flush()
            while (said := self._said.get(timeout=LONGEST_SILENCE_S)) == "part":
                pass
        except (queue.Empty, OSError):
            said = "silent"
        if said != "end":
            self._process.kill()
            self._process.wait()
            _walker.cache_clear()
        return said == "end"

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._said.put(line.strip())
        self._said.put("gone")


_at_work = threading.Lock()
"""One file at a time: the walker says nothing of the file that a part belongs to."""


@lru_cache(maxsize=1)
def _walker() -> _Walker:
    return _Walker()
