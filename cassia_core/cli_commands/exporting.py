"""`export RUN_DIR --format FORMAT`: annotated cells for another program."""

from __future__ import annotations

import argparse
from dataclasses import fields

from cassia_core.errors import ConfigError
from cassia_core.services.runs import exports, runs
from cassia_core.services.runs.export_choices import CellxgeneFields


def export(options: argparse.Namespace) -> int:
    """Write the file and say where it is."""
    path = options.run_dir.expanduser().resolve()
    names = [spec.name for spec in runs.load_config(path.name, path.parent).datasets]
    if len(names) > 1 and options.dataset not in names:
        raise ConfigError(
            f"The run {path.name} has {len(names)} datasets.",
            f"They are: {', '.join(names)}.",
            "Name one with --dataset.",
        )
    given = {f.name: getattr(options, f.name) for f in fields(CellxgeneFields) if f.name != "primary"}
    made = exports.export_cells(
        path.name,
        options.dataset or names[0],
        options.format,
        path.parent,
        given=CellxgeneFields(**given, primary=not options.not_primary),
    )
    print(made.path)
    for sentence in made.said:
        print(f"  {sentence}")
    return 0
