"""One zip of a run for each tissue or for all, with the folders as they lie in the run directory."""

from __future__ import annotations

from pathlib import Path

from cassia_core.runs.layout import tissue_folder
from cassia_core.runs.store import load_record
from cassia_core.services.runs.results import OutputFile, output_files, pack_files
from cassia_core.services.runs.runs import find_run


def tissues_of_run(run_id: str, root: Path | None = None) -> tuple[str, ...]:
    """The tissues of a run's datasets, each once."""
    specs = load_record(find_run(run_id, root)).config.datasets
    return tuple(dict.fromkeys(spec.tissue for spec in specs))


def zip_tissue(run_id: str, tissue: str, root: Path | None = None) -> Path:
    """The files of one tissue's datasets, with those of the whole run beside them, as one zip.

    It is kept in the run's private folder, and made anew when a file has changed.
    """
    layout = find_run(run_id, root)
    folder = tissue_folder(tissue)
    files = [f for f in output_files(run_id, root) if not f.dataset or _lies_in(f, layout.root / folder)]
    return pack_files(layout, files, f"{layout.root.name}_{folder}")


def _lies_in(file: OutputFile, folder: Path) -> bool:
    return file.path.is_relative_to(folder)
