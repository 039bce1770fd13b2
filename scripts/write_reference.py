"""Write the pages of docs/ that are made from code: the command line, the Python API, the table of variables.

python scripts/write_reference.py           write them
python scripts/write_reference.py --check   say whether they are current; exit code 1 when not
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["COLUMNS"] = "100"  # argparse wraps its help by the terminal's width

import cassia_core as CASSIA  # noqa: E402
from cassia_core.cli import parser  # noqa: E402
from cassia_core.settings import VARIABLES  # noqa: E402

WRITTEN_WITH = (3, 11)
"""Version of Python by which the pages are written."""
REFERENCE = ROOT / "docs" / "reference"
INSTALLING = ROOT / "docs" / "guide" / "installing.md"
START, END = "<!-- variables: made by scripts/write_reference.py -->", "<!-- end -->"
MADE = "<!-- Made by scripts/write_reference.py: change the code, not this page. -->\n\n"


def command_line_page() -> str:
    """Every command with its help."""
    main = parser()
    parts = [f"# The command line\n\n{MADE}```text\n{main.format_help()}```\n"]
    parts += [f"## {name}\n\n```text\n{one.format_help()}```\n" for name, one in commands(main)]
    return "\n".join(parts)


def commands(main: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in main._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def python_page() -> str:
    """Every public name with its signature and docstring."""
    parts = [f"# Python\n\n{MADE}`import cassia_core as CASSIA`\n"]
    for name in CASSIA.__all__:
        thing = getattr(CASSIA, name)
        text = inspect.cleandoc(thing.__doc__ or "")
        parts.append(f"## {name}\n\n```python\n{name}{signature(thing)}\n```\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def signature(thing: object) -> str:
    lines = [str(p).replace(" 'typing.", " '") for p in inspect.signature(thing).parameters.values()]
    return "(" + ", ".join(line.replace("'", "") for line in lines) + ")"


def variables_table() -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    return "\n".join(["| variable | meaning |", "|---|---|", *rows])


def installing_page() -> str:
    """The page as it is, with the table of variables of today."""
    before, rest = INSTALLING.read_text(encoding="utf-8").split(START)
    return f"{before}{START}\n{variables_table()}\n{END}{rest.split(END, 1)[1]}"


def _same(written: str, text: str) -> bool:
    """Whether a page is current. Each version of Python lays help out in columns of its own, and from 3.13 on
    names the value of two spellings once: under another version than that which the pages are written with,
    the words are compared."""
    if sys.version_info[:2] == WRITTEN_WITH:
        return written == text
    return _words(written) == _words(text)


def _words(page: str) -> list[str]:
    return re.sub(r"(--?[\w-]+)\s+[A-Z_]+,(?=\s+-)", r"\1,", page).split()


def main() -> int:
    """Write or check; returns the exit code."""
    pages = {
        REFERENCE / "command_line.md": command_line_page(),
        REFERENCE / "python.md": python_page(),
        INSTALLING: installing_page(),
    }
    if "--check" in sys.argv[1:]:
        old = [p.name for p, text in pages.items() if not p.exists() or not _same(p.read_text("utf-8"), text)]
        if old:
            print(f"Not current: {', '.join(old)}. Run `python scripts/write_reference.py`.", file=sys.stderr)
        return 1 if old else 0
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
