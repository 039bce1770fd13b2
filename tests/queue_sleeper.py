"""Work for tests of the queue: says that it began, with what it was given, and ends when it is told to."""

from __future__ import annotations

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "began").write_text(sys.stdin.read())
    while not (folder / "end").exists():
        time.sleep(0.02)
