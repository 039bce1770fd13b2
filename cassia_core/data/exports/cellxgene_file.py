"""An h5ad as CELLxGENE Discover takes it: its fields, gene ids as names, raw counts beside normalised values.

Source of the fields and their values: chanzuckerberg/single-cell-curation, schema 7
(`schema/7.0.0/schema.md`).
"""

from __future__ import annotations

import re
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.exports.cellxgene_fields import FIELD_HELP, UNKNOWN, CellxgeneFields
from cassia_core.data.exports.counts import are_counts, counts_of
from cassia_core.errors import AnnDataError, ConfigError
from cassia_core.genes.species_ids import is_ensembl
from cassia_core.genes.tables_io import gene_table

_ORGANISMS = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"}
_RESERVED = (
    *(
        "assay",
        "cell_type",
        "development_stage",
        "disease",
        "self_reported_ethnicity",
        "sex",
        "tissue",
        "organism",
    ),
    *("observation_joinid", "organism_ontology_term_id"),
)
_PATTERNS = {
    "assay": r"EFO:\d{7}",
    "tissue": r"UBERON:\d{7}|CL:\d{7}",
    "disease": r"MONDO:\d{7}|PATO:0000461",
    "development_stage": r"(HsapDv|MmusDv|UBERON):\d{7}|unknown",
    "sex": r"PATO:000038[34]|unknown",
    "ethnicity": r"(HANCESTRO|AfPO):\d{4,7}( \|\| (HANCESTRO|AfPO):\d{4,7})*|unknown|na",
    "suspension": "cell|nucleus|na",
    "tissue_type": "tissue|primary cell culture|cell line|organoid",
}


def fields_missing(given: CellxgeneFields, obs: pd.DataFrame | None = None) -> tuple[str, ...]:
    """What is not given or is no term of its ontology, a phrase each."""
    wrong = [f"title: {FIELD_HELP['title']}"] if not given.title.strip() else []
    for name, pattern in _PATTERNS.items():
        value = str(getattr(given, name)).strip()
        if obs is not None and value in obs:
            values = obs[value].astype(str).unique()
            odd = [v for v in values if not re.fullmatch(pattern, v)]
            wrong += [f"{name}: the column {value} holds {odd[0]}; {FIELD_HELP[name]}"] if odd else []
        elif not re.fullmatch(pattern, value):
            wrong.append(f"{name}: {FIELD_HELP[name]}")
    return tuple(wrong)


def write_cellxgene(
    cells: ad.AnnData, path: Path, given: CellxgeneFields, *, species: str
) -> tuple[str, ...]:
    """Write an h5ad with the fields of the schema.

    Parameters
    ----------
    cells
        Annotated cells with raw counts.
    path
        The file to write.
    given
        What the schema asks for and the data do not say.
    species
        "human" or "mouse".

    Returns
    -------
    tuple of str
        What was left out or changed, a sentence each.

    Raises
    ------
    AnnDataError
        There are no raw counts, or another species than human and mouse.
    ConfigError
        A field is missing or is no term of its ontology.
    """
    counts = counts_of(cells)
    if species not in _ORGANISMS or counts is None:
        why = "no raw counts are in them" if counts is None else f"the species is {species}"
        raise AnnDataError(
            "These cells cannot be written for CELLxGENE.",
            f"Its schema asks for raw counts of human or mouse here; {why}.",
            "Start from a file with raw counts.",
        )
    if wrong := fields_missing(given, cells.obs):
        raise ConfigError(
            "CELLxGENE asks for more than these cells say.",
            "Missing or no term: " + "; ".join(wrong) + ".",
            "Give them.",
        )
    ids, keep, said = _gene_ids(cells, species, frozenset(given.leave_out.replace(",", " ").split()))
    table = pd.DataFrame({"feature_is_filtered": np.zeros(len(ids), dtype=bool)}, index=pd.Index(ids))
    raw_counts = sp.csr_matrix(counts[:, keep])
    normalised = None if are_counts(cells.X) else sp.csr_matrix(cells.X[:, keep], dtype=np.float32)
    written = ad.AnnData(
        X=raw_counts if normalised is None else normalised,
        obs=_obs(cells.obs, given, species),
        var=table,
        obsm={name: _map(values) for name, values in cells.obsm.items() if _is_map(name, values)},
        uns={"title": given.title.strip(), "organism_ontology_term_id": _ORGANISMS[species]},
    )
    if normalised is not None:
        written.raw = ad.AnnData(X=raw_counts, var=table[[]])
    written.write_h5ad(path, compression="gzip")
    return said


def _gene_ids(
    cells: ad.AnnData, species: str, unwanted: frozenset[str]
) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """Ensembl ids of the genes, each once, which genes have one, and what is left out."""
    # The schema takes Ensembl ids only; several may have one symbol, and each may stand there once.
    table = {symbol: key for key, symbol in gene_table(species).by_id.items() if key.startswith("ENS")}
    columns = [c for c in ("gene_ids", "original_name", "ensembl_id") if c in cells.var]
    ids: list[str] = []
    keep = np.zeros(cells.n_vars, dtype=bool)
    taken: set[str] = set()
    for at, symbol in enumerate(cells.var_names.astype(str)):
        own = [str(cells.var[c].iloc[at]) for c in columns]
        gene_id = next((name.split(".")[0] for name in [*own, symbol] if is_ensembl(name)), table.get(symbol))
        if gene_id is not None and gene_id not in taken and gene_id not in unwanted:
            taken.add(gene_id)
            ids.append(gene_id)
            keep[at] = True
    left = int((~keep).sum())
    return (
        ids,
        keep,
        (f"{left:,} of {len(keep):,} genes are left out: without an Ensembl id of their own, or named so.",)
        if left
        else (),
    )


def _obs(obs: pd.DataFrame, given: CellxgeneFields, species: str) -> pd.DataFrame:
    """Columns of the schema, and those of the file that it does not reserve for itself."""
    wanted = {
        "assay_ontology_term_id": given.assay,
        "tissue_ontology_term_id": given.tissue,
        "disease_ontology_term_id": given.disease,
        "development_stage_ontology_term_id": given.development_stage,
        "sex_ontology_term_id": given.sex,
        "self_reported_ethnicity_ontology_term_id": given.ethnicity if species == "human" else "na",
        "donor_id": given.donor,
        "suspension_type": given.suspension,
        "tissue_type": given.tissue_type,
    }
    free_columns = [c for c in obs if c not in _RESERVED and not str(c).startswith("__")]
    table = obs[free_columns].copy()
    for column in table.select_dtypes("object"):
        table[column] = pd.Categorical(
            table[column].astype(object).where(table[column].notna(), "").astype(str)
        )
    for name, value in wanted.items():
        values = obs[value].astype(str) if value in obs else pd.Series(value.strip(), index=obs.index)
        table[name] = pd.Categorical(values)
    types = obs["cell_type_ontology_term_id"].astype(object)
    # A nearest term that is only approximate is still a term; what has none is "unknown" there, never empty.
    named = types.astype(str).str.fullmatch(r"CL:\d{7}")
    table["cell_type_ontology_term_id"] = pd.Categorical(types.where(named, UNKNOWN).astype(str))
    table["is_primary_data"] = np.full(len(table), given.primary)
    if "cell_type" in obs:
        table["cassia_cell_type"] = pd.Categorical(obs["cell_type"].astype(str))
    return table


def _is_map(name: str, values: object) -> bool:
    return name.startswith("X_") and getattr(values, "ndim", 0) == 2 and values.shape[1] >= 2  # type: ignore[attr-defined]


def _map(values: object) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)
