"""Publications that a methods paragraph may name. Each was looked up in what its authors or others cite."""

from __future__ import annotations

REFERENCES = {
    "Xie et al. 2025": "Xie E, Cheng L, Shireman J, et al. CASSIA: a multi-agent large language model for "
    "automated and "
    "interpretable cell annotation. Nature Communications (2025). doi:10.1038/s41467-025-67084-x",
    "Wolf et al. 2018": "Wolf FA, Angerer P, Theis FJ. SCANPY: large-scale single-cell gene expression data "
    "analysis. "
    "Genome Biology 19:15 (2018). doi:10.1186/s13059-017-1382-0",
    "Traag et al. 2019": "Traag VA, Waltman L, van Eck NJ. From Louvain to Leiden: guaranteeing "
    "well-connected "
    "communities. Scientific Reports 9:5233 (2019). doi:10.1038/s41598-019-41695-z",
    "McInnes et al. 2018": "McInnes L, Healy J, Melville J. UMAP: Uniform Manifold Approximation and "
    "Projection for "
    "Dimension Reduction. arXiv:1802.03426 (2018).",
    "Korsunsky et al. 2019": "Korsunsky I, et al. Fast, sensitive and accurate integration of single-cell "
    "data with "
    "Harmony. Nature Methods 16:1289-1296 (2019). doi:10.1038/s41592-019-0619-0",
    "Wolock et al. 2019": "Wolock SL, Lopez R, Klein AM. Scrublet: computational identification of cell "
    "doublets in "
    "single-cell transcriptomic data. Cell Systems 8:281-291 (2019). "
    "doi:10.1016/j.cels.2018.11.005",
    "Diehl et al. 2016": "Diehl AD, et al. The Cell Ontology 2016: enhanced content, modularization, and "
    "ontology "
    "interoperability. Journal of Biomedical Semantics 7:44 (2016). "
    "doi:10.1186/s13326-016-0088-7",
}


def references_in(text: str) -> tuple[str, ...]:
    """The publications that `text` names, in the order of their names."""
    return tuple(full for name, full in sorted(REFERENCES.items()) if name in text)
