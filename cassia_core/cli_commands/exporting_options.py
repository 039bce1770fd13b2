"""The options of `export`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from cassia_core.services.runs.export_choices import FIELD_HELP, FORMATS, CellxgeneFields

_CHOICES = {
    "suspension": ("cell", "nucleus", "na"),
    "tissue_type": ("tissue", "primary cell culture", "cell line", "organoid"),
}


def add_export(commands) -> None:
    """Add the command with its options."""
    command = commands.add_parser("export", help="annotated cells for Seurat, Vitessce or CELLxGENE")
    command.add_argument("run_dir", type=Path, metavar="RUN_DIR")
    command.add_argument("--format", required=True, choices=FORMATS)
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
