"""What CELLxGENE asks of a data set, field by field; see `cellxgene_file` for the source."""

from __future__ import annotations

from dataclasses import dataclass, fields

UNKNOWN = "unknown"
_TOLD = {
    "title": "title of the data set",
    "assay": "EFO id of the assay, such as EFO:0009922 (10x 3' v3)",
    "tissue": "UBERON id of the tissue, such as UBERON:0000178 (blood)",
    "disease": "MONDO id of the disease, or PATO:0000461 (normal)",
    "development_stage": "HsapDv or MmusDv id, or unknown",
    "sex": "PATO:0000383 (female), PATO:0000384 (male), or unknown",
    "ethnicity": "HANCESTRO id, unknown, or na for other species than human",
    "suspension": "cell, nucleus or na",
    "tissue_type": "tissue, primary cell culture, cell line or organoid",
    "leave_out": "gene ids, between blanks, that cellxgene-schema does not know",
    "donor": "name of the donor, or of the column that holds it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellxgeneFields:
    """What CELLxGENE asks of every cell and no file of counts says: a value, or the name of a column."""

    title: str = ""
    assay: str = ""
    tissue: str = ""
    disease: str = "PATO:0000461"
    development_stage: str = UNKNOWN
    sex: str = UNKNOWN
    ethnicity: str = UNKNOWN
    donor: str = UNKNOWN
    suspension: str = "cell"
    tissue_type: str = "tissue"
    leave_out: str = ""
    """Gene ids, between blanks, that the validator does not know, as they are of an earlier release."""
    primary: bool = True
    """Whether this is where these cells are published first."""


FIELD_HELP = {field.name: _TOLD.get(field.name, "") for field in fields(CellxgeneFields)}
"""What each field is, for the page and the command line."""
