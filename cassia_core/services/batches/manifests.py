"""Manifests: tables that name many datasets, a row each, as CSV, TSV or the first sheet of a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import lru_cache
from io import StringIO
from pathlib import Path

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.errors import InputError
from cassia_core.own_files import require_readable
from cassia_core.services.batches.manifest_rows import ANSWERS, EXCEPTIONS, NEEDED, OPTIONAL, ManifestRow

_TABLES, _WORKBOOKS = (".csv", ".tsv"), (".xlsx", ".xls")
_YES, _NO = ("yes", "true", "1"), ("", "no", "false", "0")


def is_manifest(path: Path) -> bool:
    """Whether a file is a table that has the columns path, tissue and species."""
    if not path.is_file() or path.suffix.lower() not in (*_TABLES, *_WORKBOOKS):
        return False
    try:
        return set(_header(path)) >= set(NEEDED)
    except (OSError, ValueError, KeyError, ImportError):  # no workbook, whatever its name says
        return False


def read_manifest(path: Path) -> tuple[ManifestRow, ...]:
    """The datasets that a manifest names. Paths that are not absolute start from the manifest's own folder.

    Raises
    ------
    InputError
        It has no row, or a row names no file.
    """
    require_readable(path)
    rows = _rows(path)
    if not rows:
        raise InputError(
            f"{path.name} names no dataset.",
            "It has a header and no rows.",
            "Add a row with path, tissue and species for each dataset.",
        )
    return tuple(_row(path, row) for row in rows)


def answers_read(answers: Mapping[str, str], path: Path, default: ReadOptions) -> ReadOptions:
    """How `path` is read: what the row answers, else what `default` says.

    Raises
    ------
    InputError
        A column of the manifest holds something else than it can.
    """
    given = {name: (answers.get(name) or "").strip() for name in (*ANSWERS, "cluster_column")}
    _check(path, "genes_in", given["genes_in"], ("", "rows", "columns"))
    _check(path, "missing_as_zero", given["missing_as_zero"].lower(), (*_YES, *_NO))
    not_values = tuple(name for name in given["not_values"].split(";") if name)
    return ReadOptions(
        genome=given["genome"] or default.genome,
        genes_in_rows=given["genes_in"] == "rows" if given["genes_in"] else default.genes_in_rows,
        symbol_column=given["symbol_column"] or default.symbol_column,
        columns=_columns(path, given, default.columns),
        replace_nan=given["missing_as_zero"].lower() in _YES or default.replace_nan,
        not_values=not_values if given["not_values"] else default.not_values,
        assay=given["assay"] or default.assay,
        modality=given["modality"] or default.modality,
        max_cells=default.max_cells,
        cells=default.cells,
        memory_gb=default.memory_gb,
    )


def manifest_text(rows: Iterable[ManifestRow]) -> str:
    """The same as a CSV file: what was set on the page, for the command line and for the next time."""
    lines = [_cells_of(row) for row in rows]
    usual = (*NEEDED, *OPTIONAL)
    columns = [*usual, *(name for name in (*ANSWERS, *EXCEPTIONS) if any(line.get(name) for line in lines))]
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _cells_of(row: ManifestRow) -> dict[str, str]:
    said = {name: getattr(row, name) for name in ("tissue", "species", *OPTIONAL)}
    return {**row.answers, **row.exceptions, **said, "path": str(row.path)}


def _header(path: Path) -> list[str]:
    if path.suffix.lower() in _WORKBOOKS:
        import pandas as pd

        return [str(name).strip() for name in pd.read_excel(path, nrows=0).columns]
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return [name.strip() for name in next(csv.reader(file, dialect=_dialect(path)), [])]


def _rows(path: Path) -> list[dict[str, str]]:
    """All rows as texts; rows without any text are none."""
    if path.suffix.lower() in _WORKBOOKS:
        import pandas as pd

        frame = pd.read_excel(path, dtype=str, keep_default_na=False)
        found = [{str(k): str(v) for k, v in row.items()} for row in frame.to_dict("records")]
    else:
        with path.open(newline="", encoding="utf-8-sig") as file:
            found = [dict(row) for row in csv.DictReader(file, dialect=_dialect(path))]
    cleaned = [{(k or "").strip(): (v or "").strip() for k, v in row.items() if k} for row in found]
    return [row for row in cleaned if any(row.values())]


def _dialect(path: Path) -> type[csv.Dialect]:
    """Tabs, semicolons or commas, whichever the header holds most of: spreadsheets of many countries write
    semicolons.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()

    class Found(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Found


def _row(manifest: Path, row: Mapping[str, str]) -> ManifestRow:
    if not row.get("path"):
        raise InputError(
            f"A row of {manifest.name} names no file.",
            "Its column `path` is empty.",
            "Give every row the path of its file, or take the row out.",
        )
    given = Path(row["path"]).expanduser()
    return ManifestRow(
        path=given if given.is_absolute() else manifest.parent / given,
        answers={name: row[name] for name in (*ANSWERS, "cluster_column") if row.get(name)},
        exceptions={name: row[name] for name in EXCEPTIONS if row.get(name)},
        **{name: row.get(name, "") for name in ("tissue", "species", *OPTIONAL)},
    )


def _columns(path: Path, given: Mapping[str, str], default: TableColumns | None) -> TableColumns | None:
    """Columns of a marker table; the column of clusters is one of these only in a marker table."""
    known = default or TableColumns()
    gene, sheet = given["gene_column"] or known.gene, given["sheet"] or known.sheet
    cluster = given["cluster_column"] or known.cluster
    if cluster and not (gene or sheet):
        changed_ns = path.stat().st_mtime_ns if path.exists() else 0
        cluster = cluster if _holds_markers(path, changed_ns) else None
    return TableColumns(cluster=cluster, gene=gene, sheet=sheet) if cluster or gene or sheet else None


@lru_cache(maxsize=2048)
def _holds_markers(path: Path, changed_ns: int) -> bool:
    """Whether a file is a table of markers; a page asks this of hundreds of files with every change."""
    from cassia_core.services.intake import intake  # loads anndata: seconds that `--help` need not take

    return intake.holds_markers(path)


def _check(path: Path, name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(
            f"The manifest says {name} = {value} for {path.name}.",
            "That is not one of its values.",
            f"Write one of: {', '.join(word for word in allowed if word)}.",
        )
