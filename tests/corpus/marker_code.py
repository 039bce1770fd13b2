"""Marker genes as code and markup have them: lists of R, dictionaries of Python, tables of HTML and LaTeX."""

from __future__ import annotations

import json
from pathlib import Path

from cassia_core.errors import InputError
from tests.corpus.case import case
from tests.corpus.marker_dresses import KINDS, THREE

ROW = "marker lists in any dress"


def _text(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _quoted(genes: list[str]) -> str:
    return ", ".join(f'"{gene}"' for gene in genes)


@case(ROW, kind="markers", says=("Lists in R code", *THREE))
def list_as_r_writes_it(folder: Path) -> Path:
    inside = ", ".join(f"`{kind}` = c({_quoted(genes)})" for kind, genes in KINDS.items())
    return _text(folder, "m.txt", f"list({inside})")


@case(ROW, kind="markers", says=("Lists in R code", *THREE))
def list_as_r_prints_it(folder: Path) -> Path:
    blocks = [
        f"$`{kind}`\n[1] {_quoted(g[:3]).replace(',', '')}\n[4] {_quoted(g[3:])}\n"
        for kind, g in KINDS.items()
    ]
    return _text(folder, "m.txt", "\n".join(blocks))


@case(ROW, kind="markers", says=("Lists in R code", *THREE))
def vectors_of_an_r_script(folder: Path) -> Path:
    lines = [f'markers["x"] <- 1\n"{kind}" = c({_quoted(genes)})' for kind, genes in KINDS.items()]
    return _text(folder, "m.R", "\n".join(lines).replace('markers["x"] <- 1\n', ""))


@case(ROW, kind="markers", says=THREE)
def dictionary_of_python(folder: Path) -> Path:
    return _text(folder, "m.py", f"import scanpy\n\nmarker_genes = {KINDS!r}\n")


@case(ROW, kind="markers", says=THREE)
def json_clusters_that_hold_records(folder: Path) -> Path:
    clusters = [
        {"name": kind, "markers": [{"symbol": gene} for gene in genes]} for kind, genes in KINDS.items()
    ]
    return _text(folder, "m.json", json.dumps({"clusters": clusters}))


@case(ROW, kind="markers", says=("HTML or LaTeX", *THREE))
def table_of_latex(folder: Path) -> Path:
    rows = [f"{kind} & \\textit{{{', '.join(genes)}}} \\\\" for kind, genes in KINDS.items()]
    body = "\n".join(rows)
    head = "\\begin{tabular}{lp{5cm}}\n\\toprule\nCluster & Genes \\\\ \\midrule\n"
    return _text(folder, "m.tex", f"{head}{body}\n\\end{{tabular}}")


@case(ROW, kind="markers", says=("HTML or LaTeX", *THREE))
def table_of_html_named_xls(folder: Path) -> Path:
    rows = "".join(f"<tr><td>{kind}</td><td>{', '.join(genes)}</td></tr>" for kind, genes in KINDS.items())
    return _text(folder, "m.xls", f"<html><table><tr><th>Cluster<th>Genes</tr>{rows}</table></html>")


@case(ROW, kind="markers", says=("is a web page",), error=InputError)
def page_without_a_table_of_data(folder: Path) -> Path:
    return _text(folder, "m.csv", "<html><table><tr><td>Log in</td></tr></table></html>")


@case(ROW, kind="markers", says=("Named lists", *THREE))
def full_width_colons_and_commas(folder: Path) -> Path:
    return _text(folder, "m.txt", "\n".join(f"{kind}：{'、'.join(g)}" for kind, g in KINDS.items()))


@case(ROW, kind="markers", says=("Named lists", *THREE))
def colons_without_blanks(folder: Path) -> Path:
    return _text(folder, "m.txt", "\n".join(f"{kind}:{','.join(g)}" for kind, g in KINDS.items()))


@case(ROW, kind="markers", says=THREE)
def emphasis_of_markdown(folder: Path) -> Path:
    rows = [f"| **{kind}** | {', '.join(f'*{gene}*' for gene in genes)} |" for kind, genes in KINDS.items()]
    return _text(folder, "m.md", "| Cluster | Genes |\n|---|---|\n" + "\n".join(rows))


@case(ROW, kind="markers", says=THREE)
def arrows_before_genes(folder: Path) -> Path:
    rows = [
        f"{kind},{' '.join('↑' + gene for gene in genes)},↓NCAM1 ↓GNLY ↓NKG7" for kind, genes in KINDS.items()
    ]
    return _text(folder, "m.csv", "Cluster,Up,Down\n" + "\n".join(rows))


CODE = [
    list_as_r_writes_it,
    list_as_r_prints_it,
    vectors_of_an_r_script,
    dictionary_of_python,
    json_clusters_that_hold_records,
    table_of_latex,
    table_of_html_named_xls,
    full_width_colons_and_commas,
    colons_without_blanks,
    emphasis_of_markdown,
    arrows_before_genes,
]
"""Those that hold the genes of `KINDS`."""
