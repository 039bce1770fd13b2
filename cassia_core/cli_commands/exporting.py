"""`export RUN_DIR --format FORMAT`: annotated cells for another program."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from cassia_core.errors import ConfigError
from cassia_core.services.runs import exports, runs
from cassia_core.services.runs.exports import FIELD_HELP, CellxgeneFields

_CHOICES = {
    "suspension": ("cell", "nucleus", "na"),
    "tissue_type": ("tissue", "primary cell culture", "cell line", "organoid"),
}


def add_export(commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser("export", help="annotated cells for Seurat, Vitessce or CELLxGENE")
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    command.add_argument("--format", required=True, choices=exports.FORMATS)
    command.add_argument("--dataset", metavar="NAME", help="which dataset, where a run has several")
    group = command.add_argument_group(
        "for CELLxGENE", "Each is a value for all cells, or the name of a column of the annotated cells."
    )
    for field in fields(CellxgeneFields):
        if field.name != "primary":
            group.add_argument(
                "--" + field.name.replace("_", "-"),
                default=field.default,
                choices=_CHOICES.get(field.name),
                help=f"{FIELD_HELP[field.name] or 'one of these'} (default: {field.default or 'none'})",
            )
    group.add_argument("--not-primary", action="store_true", help="these cells were published before")
    command.set_defaults(run="exporting.export")


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
