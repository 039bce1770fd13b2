"""Damage files at random and read them: no traceback, no hang, no changed input. By hand.

    python tests/bench/mutants.py FOLDER --mutants 10000 --seed 1

Each mutant is a copy of a file of FOLDER with bytes flipped, a block zeroed, doubled or taken out, or its end
cut off. It must end in findings or in an error that says what to do. Prints how many ended how, and the seed
of each mutant that did not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

LARGEST_BYTES = 1_500_000
LONGEST_S = 60
_BLOCK = 512
_EMPTY_CACHE_AFTER = 200


class TookTooLong(BaseException):
    """A mutant was not read within the time allowed; no `Exception`, so that no reader catches it."""


def mutate(content: bytes, rng: random.Random) -> bytes:
    """A damaged copy of `content`."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if len(data) < 2:
            break
        at = rng.randrange(min(len(data), rng.choice((64, 4096, len(data)))))
        match rng.randrange(6):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.randrange(256)
            case 2:
                data[at : at + _BLOCK] = bytes(min(_BLOCK, len(data) - at))
            case 3:
                data[at:at] = data[at : at + rng.randrange(1, _BLOCK)]
            case 4:
                del data[at : at + rng.randrange(1, _BLOCK)]
            case 5:
                del data[max(at, len(data) // 4) :]
    return bytes(data)


def outcome_of(path: Path) -> str:
    """How reading a file ended: "read", "refused", or the traceback of what was not foreseen."""
    from cassia_core.data.cells.file_inspection import inspect_file
    from cassia_core.data.cells.load_cells import load_cells
    from cassia_core.data.tables.marker_tables import load_markers
    from cassia_core.errors import CassiaError

    try:
        findings = inspect_file(path)
        if findings.kind == "cells":
            load_cells(path)
        elif not findings.questions:
            load_markers(path)
        return "read"
    except CassiaError as error:
        return "refused" if error.what and error.remedy else f"no remedy: {error}"
    except TookTooLong:
        return f"took longer than {LONGEST_S} s"
    except Exception:  # noqa: BLE001  these are what is looked for
        return traceback.format_exc()


def too_long(*_: object) -> None:
    raise TookTooLong


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--mutants", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    home = Path(tempfile.mkdtemp(prefix="mutants-"))
    os.environ["CASSIA_HOME"] = str(home)
    files = sorted(p for p in chosen.folder.rglob("*") if p.is_file() and p.stat().st_size < LARGEST_BYTES)
    signal.signal(signal.SIGALRM, too_long)
    ended: Counter[str] = Counter()
    begun = time.monotonic()
    for number in range(chosen.seed, chosen.seed + chosen.mutants):
        rng = random.Random(number)
        original = rng.choice(files)
        path = home / original.name
        path.write_bytes(mutate(original.read_bytes(), rng))
        before = hashlib.sha256(path.read_bytes()).digest()
        signal.alarm(LONGEST_S)
        outcome = outcome_of(path)
        signal.alarm(0)
        if hashlib.sha256(path.read_bytes()).digest() != before:
            outcome = "the input was changed"
        ended[outcome if len(outcome) < 60 else outcome.strip().splitlines()[-1][:60]] += 1
        if outcome not in ("read", "refused"):
            print(f"seed {number}, {original.name}:\n{outcome}", flush=True)
        path.unlink()
        if number % _EMPTY_CACHE_AFTER == 0:
            shutil.rmtree(home / "cache", ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    print(
        f"{chosen.mutants:,} mutants of {len(files)} files in {time.monotonic() - begun:,.0f} s: "
        f"{dict(ended)}"
    )


if __name__ == "__main__":
    main()
