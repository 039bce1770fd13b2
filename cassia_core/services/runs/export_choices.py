"""What a person chooses for an export; loads nothing that reads cells."""

from __future__ import annotations

from typing import Literal, get_args

from cassia_core.data.exports.cellxgene_fields import FIELD_HELP as FIELD_HELP
from cassia_core.data.exports.cellxgene_fields import CellxgeneFields as CellxgeneFields

ExportFormat = Literal["seurat", "vitessce", "cellxgene"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
