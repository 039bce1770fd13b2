"""`python -m cassia_core`, and the command `cassia` of the installed package."""

from __future__ import annotations

import sys

from cassia_core.cli import main


def run() -> None:
    """Run the command line with this process's arguments; the exit code is the command's."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
