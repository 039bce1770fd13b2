"""`python -m cassia_core`."""

from __future__ import annotations

import sys

from cassia_core.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
