"""Genes that speak as families (immunoglobulins, T-cell receptors, ...), and genes that speak of no cell
type at all.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from cassia_core.genes.tables_io import SPECIES, gene_table

Family = Literal[
    "",
    "immunoglobulin",
    "alpha-beta T-cell receptor",
    "gamma-delta T-cell receptor",
    "haemoglobin",
    "protocadherin",
    "olfactory receptor",
]
Quiet = Literal["", "ribosomal", "mitochondrial", "pseudogene", "unnamed"]
_NAMES: dict[Family, str] = {
    "immunoglobulin": r"IG[HKL](?:[VJ]\d.*|D\d-\d.*|C\d*|[MDE]|[AG]\d?[ABC]?P?)$",
    "alpha-beta T-cell receptor": r"TR[AB](?:[VJD]\d.*|C\d?)$",
    "gamma-delta T-cell receptor": r"TR[DG](?:[VJD]\d.*|C\d?)$",
    "haemoglobin": r"HB[ABDEGMQZ]\d?$|HB[AB]-[A-Z]{1,2}\d*$",
    "protocadherin": r"PCDH[ABG][A-C]?C?\d+$",
    "olfactory receptor": r"OR\d+[A-Z]{1,2}\d+[A-Z]?$|OLFR\d+$",
}
_FAMILIES = tuple((family, re.compile(pattern, re.IGNORECASE)) for family, pattern in _NAMES.items())
"""Names as the HGNC and MGI give them, in any case; first match wins."""
_RIBOSOMAL = re.compile(
    r"(?!RPL(?:3|10|39)L$)(?:M?RP[LS]\d+[A-Z]?\d*L?|RPLP[012]|RPSA|RP[LS]\d+[AXYL]\d*)$", re.IGNORECASE
)
"""Ribosomal proteins, but for those of testis and muscle, which tell a type."""
_MITOCHONDRIAL = re.compile(r"MT-[A-Z]", re.IGNORECASE)
_COPIED = re.compile(
    r"(?:M?RP[LS]|RPLP|RPSA|RACK1|EEF|EIF|HSP|FTH|FTL|HNRNP|TMSB|PTMA|ACT[BG]|GAPDH|TUB[AB]|HMG|NPM|PPIA|KRT(?:8|18)$|UBE2|UBB|"
    r"COX|ATP5|NDUF|MT(?:ND|CO|ATP|CYB|RNR)|PABP|SET$|YWHA|LDH|PGK|PGAM|H[23]|CFL|PTGES|SUMO|CALM|NACA|TPT1|SLC25|RBMX|VDAC|TOMM|"
    r"MORF4L|SNRP|SNX|CCT|PSM|PRDX|GLUL|ANP32|NAP1L|BTF3|TPI1|ENO1|ALDOA|PKM|CYC|FAU|UQCR|TXN|DYNLL|MYL12|ARPC|CSNK|RAB|RAN|CDC42|CHCHD)",
    re.IGNORECASE,
)
"""Genes that are expressed everywhere, of which the genome holds copies without a product."""
_CLONE = re.compile(
    r"(?:A[CDFJLP]|BX|CR|CT|CU|F[OP]|KC|KF|U|Z)\d{4,6}\.\d+$|(?:RP|CT[ABCD])\d*-\d+[A-Z]\d+\.\d+$|GM\d{3,5}$",
    re.IGNORECASE,
)
"""Transcripts that go by the name of a clone, or by a number in the mouse: nothing is known of what they
tell.
"""
_PSEUDO = re.compile(r"(?P<gene>[A-Z][A-Z0-9-]*?)(?:P\d+|-PS\d*)$", re.IGNORECASE)


@cache
def family_of_gene(symbol: str) -> Family:
    """The family that a gene speaks for by its name; "" for a gene that speaks for itself."""
    return next((family for family, pattern in _FAMILIES if pattern.match(symbol)), "")


@cache
def quiet_kind(symbol: str, species: str) -> Quiet:
    """What makes a gene speak of no cell type: it is of the ribosomes, of the mitochondria, a
    pseudogene, or goes by its clone's name.

    A pseudogene is a name made of another gene's symbol and "P" with a number, such as "EEF1A1P5", or "-ps"
    in the mouse,
    where that symbol ends in a digit or is that of a gene expressed everywhere. "" for all other genes.
    """
    if _MITOCHONDRIAL.match(symbol):
        return "mitochondrial"
    if _RIBOSOMAL.match(symbol):
        return "ribosomal"
    if _CLONE.match(symbol):
        return "unnamed"
    pseudo = _PSEUDO.match(symbol)
    if (
        pseudo is None
        or species not in SPECIES
        or not (pseudo["gene"][-1].isdigit() or _COPIED.match(pseudo["gene"]))
    ):
        return ""
    parent = pseudo["gene"].upper()
    return "pseudogene" if parent.startswith("MT") or parent in gene_table(species).by_upper else ""
