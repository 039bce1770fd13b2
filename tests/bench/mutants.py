"""Damage files at random and read them: no traceback, no hang, no crash, no changed input. By hand.

    python tests/bench/mutants.py FOLDER --mutants 10000 --seed 1

Each mutant is a copy of a file of FOLDER with bytes flipped, a block zeroed, doubled or taken out, or its end
cut off. It must end in findings or in an error that says what to do. The mutants are read in a process of its
own, which is ended and begun again behind the mutant that takes too long or brings it down. Prints how many
ended how, and the seed of each mutant that ended otherwise.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 1_500_000
LONGEST_S = 60
_BLOCK = 512
_EMPTY_CACHE_AFTER = 200
_MOST_MEMORY = 8 * 2**30
_ENDED = "ended: "


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
    except Exception:  # noqa: BLE001  these are what is looked for
        return traceback.format_exc()


def files_of(folder: Path) -> list[Path]:
    """The files of a folder that are small enough to be damaged by the thousand."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size < LARGEST_BYTES)


def read_mutant(seed: int, files: list[Path], home: Path) -> str:
    """Write one mutant, read it, and say how that ended."""
    rng = random.Random(seed)
    original = rng.choice(files)
    path = home / original.name
    path.write_bytes(mutate(original.read_bytes(), rng))
    before = hashlib.sha256(path.read_bytes()).digest()
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    outcome = outcome_of(path)
    faulthandler.cancel_dump_traceback_later()
    if hashlib.sha256(path.read_bytes()).digest() != before:
        outcome = "the input was changed"
    path.unlink()
    return outcome


def read_mutants(seeds: range, files: list[Path], home: Path) -> None:
    """Read mutants one after the other and print how each ended; this is what the process of its own does."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    for seed in seeds:
        outcome = read_mutant(seed, files, home)
        if outcome not in ("read", "refused"):
            print(f"seed {seed}, {random.Random(seed).choice(files).name}:\n{outcome}", flush=True)
        print(_ENDED + outcome.strip().splitlines()[-1][:80], flush=True)
        if seed % _EMPTY_CACHE_AFTER == 0:
            shutil.rmtree(home / "cache", ignore_errors=True)


def run_worker(folder: Path, seeds: range, home: Path) -> list[str]:
    """How mutants ended, in a process of their own; it may end before the last of them."""
    command = [
        sys.executable,
        __file__,
        str(folder),
        "--seed",
        str(seeds.start),
        "--mutants",
        str(len(seeds)),
    ]
    # Run by its path, Python would look for the package beside this file only.
    environment = {**os.environ, "CASSIA_HOME": str(home), "PYTHONPATH": str(ROOT)}
    ended = []
    with subprocess.Popen(
        [*command, "--inside", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as worker:
        assert worker.stdout is not None
        for line in worker.stdout:
            if line.startswith(_ENDED):
                ended.append(line.removeprefix(_ENDED).strip())
            else:
                print(line, end="", flush=True)
    return ended


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--mutants", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    seeds = range(chosen.seed, chosen.seed + chosen.mutants)
    files = files_of(chosen.folder)
    if chosen.inside:
        read_mutants(seeds, files, chosen.inside)
        return
    ended: Counter[str] = Counter()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as home:
        while seeds:
            outcomes = run_worker(chosen.folder, seeds, Path(home))
            ended.update(outcomes)
            seeds = seeds[len(outcomes) :]
            if seeds:
                name = random.Random(seeds.start).choice(files).name
                print(
                    f"seed {seeds.start}, {name}: took longer than {LONGEST_S} s or brought the process down"
                )
                ended["hung or crashed"] += 1
                seeds = seeds[1:]
    print(
        f"{chosen.mutants:,} mutants of {len(files)} files in {time.monotonic() - begun:,.0f} s: "
        f"{dict(ended)}"
    )


if __name__ == "__main__":
    main()
