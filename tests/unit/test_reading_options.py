"""Every question of `inspect` has an option that answers it, on the command line and in a manifest."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from cassia_core.cli import parser
from cassia_core.cli_commands.reading_options import OPTION_OF_QUESTION, reading_of
from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.errors import InputError
from cassia_core.services.batches.manifest_rows import ANSWERS
from cassia_core.services.intake import intake
from tests.corpus import marker_dresses, tenx, vendor_tables

GIVEN = [
    *("--genes-in", "rows", "--gene-column", "Symbol", "--symbol-column", "symbol", "--genome", "hg19"),
    *("--sheet", "S2", "--missing-as-zero", "--not-values", "sum", "--not-values", "n", "--assay", "SCT"),
    *("--modality", "rna", "--cluster-column", "group"),
]
MEANT = ReadOptions(
    genome="hg19",
    genes_in_rows=True,
    symbol_column="symbol",
    columns=TableColumns(cluster="group", gene="Symbol", sheet="S2"),
    replace_nan=True,
    not_values=("sum", "n"),
    assay="SCT",
    modality="rna",
)


def read_as(path: Path, *given: str, row: dict[str, str] | None = None) -> ReadOptions:
    return reading_of(parser().parse_args(["inspect", str(path), *given]), path, row)


@pytest.mark.parametrize("command", ["annotate", "cluster", "batch", "inspect"])
def test_every_command_that_reads_a_file_takes_every_answer(command: str, tmp_path: Path):
    sample = [] if command == "inspect" else ["--tissue", "blood", "--species", "human"]
    options = parser().parse_args([command, "file.csv", *sample, *GIVEN])
    assert reading_of(options, tmp_path / "file.csv") == MEANT


def test_a_manifest_takes_the_same_answers(tmp_path: Path):
    values = ("rows", "Symbol", "symbol", "hg19", "S2", "yes", "sum;n", "SCT", "rna")
    row = dict(zip(ANSWERS, values, strict=True)) | {"cluster_column": "group"}
    assert read_as(tmp_path / "file.csv", row=row) == MEANT


def test_a_wrong_word_in_a_manifest_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="genes_in = sideways"):
        read_as(tmp_path / "file.csv", row={"genes_in": "sideways"})


def test_every_question_that_can_be_asked_has_an_option():
    asked = {f.name for f in fields(ReadOptions)} - {"max_cells", "species", "columns", "cells", "memory_gb"}
    assert asked | {"columns.cluster", "columns.gene", "columns.sheet"} == set(OPTION_OF_QUESTION)


@pytest.mark.parametrize(
    ("build", "given"),
    [
        (vendor_tables.every_value_in_quotes, ["--genes-in", "columns"]),
        (vendor_tables.a_column_of_sums, ["--not-values", "n_total", "--genes-in", "columns"]),
        (vendor_tables.a_column_of_sums, ["--not-values", "", "--genes-in", "columns"]),
        (vendor_tables.gaps_of_r, ["--missing-as-zero", "--genes-in", "columns"]),
        (marker_dresses.two_genomes_in_a_marker_table, ["--genome", "GRCh38"]),
    ],
)
def test_what_is_answered_is_not_asked_again(build, given: list[str], tmp_path: Path):
    path = build(tmp_path)
    assert intake.inspect_file(path).questions
    assert not intake.inspect_file(path, read_as(path, *given)).questions


def test_the_column_of_clusters_of_cells_is_no_column_of_a_marker_table(tmp_path: Path):
    path = vendor_tables.every_value_in_quotes(tmp_path)
    assert read_as(path, "--cluster-column", "leiden").columns is None
    table = marker_dresses.cluster_column_of_any_name(tmp_path)
    assert read_as(table, "--cluster-column", "my groups").columns == TableColumns(cluster="my groups")


def test_the_species_given_chooses_the_genome_of_a_10x_file(tmp_path: Path):
    path = tenx.tenx_several_genomes(tmp_path)
    assert [q.option for q in intake.inspect_file(path).questions] == ["genome"]
    assert not intake.inspect_file(path, ReadOptions(species="mouse")).questions


@pytest.mark.parametrize(
    ("written", "gigabytes"), [("6GB", 6.0), ("6", 6.0), (" 600 mb ", 0.6), ("1.5T", 1500)]
)
def test_memory_is_written_as_people_write_it(written: str, gigabytes: float, tmp_path: Path):
    read = read_as(tmp_path / "cells.h5ad", "--memory", written, "--cells", "sketch")
    assert read.memory_gb == pytest.approx(gigabytes) and read.cells == "sketch"


@pytest.mark.parametrize("written", ["much", "0GB", "-3", "1.2.3GB"])
def test_what_is_no_amount_of_memory_is_refused(written: str, tmp_path: Path, capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit):
        read_as(tmp_path / "cells.h5ad", f"--memory={written}")
    assert "no amount of memory; write 6GB" in capsys.readouterr().err
