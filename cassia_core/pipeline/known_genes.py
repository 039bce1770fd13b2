"""Whether the offline engine can know anything of a dataset's genes."""

from __future__ import annotations

from collections.abc import Iterable

from cassia_core.data.names.gene_names import nothing_known
from cassia_core.domain.config import OFFLINE, DatasetSpec
from cassia_core.errors import GeneIdError
from cassia_core.pipeline.context import RunContext


def refuse_unknown_genes(context: RunContext, spec: DatasetSpec, genes: Iterable[str]) -> None:
    """Refuse names that the offline engine knows none of, before anything is computed.

    Raises
    ------
    GeneIdError
        The offline engine is to name the clusters, and no name is a gene of human or mouse.
    """
    params = context.config.annotation
    if params is None or params.annotator.provider != OFFLINE:
        return
    names = sorted({str(gene) for gene in genes if gene})
    if not nothing_known(names):
        return
    raise GeneIdError(
        f"The offline engine knows none of the genes of {spec.name}.",
        f"Their names ({', '.join(names[:4])}) are no symbols or ids of human or mouse genes.",
        "Give the file gene symbols, or choose the column that holds them; or let a model annotate it.",
    )
