"""Replies with sense: a label from the markers that were sent, in the form the agents ask for."""

from __future__ import annotations

import json

from tests.model_server.asked import Asked

PANEL = {
    "MS4A1": ("B cell", "naive B cell"),
    "CD79A": ("B cell", "B cell"),
    "CD3D": ("T cell", "T cell"),
    "CD3E": ("T cell", "T cell"),
    "IL7R": ("T cell", "CD4-positive, alpha-beta T cell"),
    "CD8A": ("T cell", "CD8-positive, alpha-beta T cell"),
    "CD8B": ("T cell", "CD8-positive, alpha-beta T cell"),
    "GNLY": ("natural killer cell", "natural killer cell"),
    "NKG7": ("natural killer cell", "natural killer cell"),
    "LYZ": ("monocyte", "CD14-positive monocyte"),
    "CD14": ("monocyte", "CD14-positive monocyte"),
    "FCGR3A": ("monocyte", "CD16-positive monocyte"),
    "FCER1A": ("dendritic cell", "conventional dendritic cell"),
    "PPBP": ("platelet", "platelet"),
    "PF4": ("platelet", "platelet"),
    "HBB": ("erythrocyte", "erythrocyte"),
    "PECAM1": ("endothelial cell", "endothelial cell"),
    "COL1A1": ("fibroblast", "fibroblast"),
    "EPCAM": ("epithelial cell", "epithelial cell"),
    "GFAP": ("astrocyte", "astrocyte"),
}


def label_of(markers: tuple[str, ...]) -> tuple[str, str]:
    """General and detailed type: by the panel, else a name made from the first marker, so that every cluster
    of a
    test has a label of its own."""
    for gene in markers:
        if gene.upper() in PANEL:
            return PANEL[gene.upper()]
    first = markers[0] if markers else "unknown"
    return f"{first} lineage cell", f"{first} cell"


def fenced(value: object) -> str:
    return f"```json\n{json.dumps(value)}\n```"


def annotation(markers: tuple[str, ...], reasoning: str = "") -> str:
    general, detailed = label_of(markers)
    block = {
        "general": general,
        "subtypes": [detailed],
        "mixed": [],
        "key_genes": list(markers[:5]),
        "tissue": "",
    }
    text = (
        reasoning or f"The strongest markers are {', '.join(markers[:5])}; together they point to one type."
    )
    return f"{text}\n{fenced(block)}"


def candidate_scores(markers: tuple[str, ...], candidates: list[str]) -> str:
    """90 for the candidate that the panel names, 35 for the others."""
    named = {name.casefold() for name in label_of(markers)}
    entries = [
        {
            "type": name,
            "reasoning": f"{markers[0]} is {'' if name.casefold() in named else 'not '}what marks it.",
            "score": 90 if name.casefold() in named else 35,
        }
        for name in candidates
    ]
    return fenced({"reasoning": f"{markers[0]} decides.", "scores": entries})


def part_answer(genes: str) -> dict:
    """The annotation of one part, from its genes."""
    markers = tuple(genes.split(", "))
    general, detailed = label_of(markers)
    return {"reasoning": "x", "general": general, "subtypes": [detailed], "key_genes": list(markers[:5])}


def good_reply(asked: Asked) -> str:
    """What a model that does as it is told would answer."""
    match asked.agent:
        case "annotator" | "booster":
            return annotation(asked.markers)
        case "validator":
            score = (
                fenced({"score": 88, "reasoning": "The markers agree."}) + "\n" if asked.wants_score else ""
            )
            return f"The markers carry the answer.\n{score}VALIDATION PASSED"
        case "scorer":
            return fenced({"score": 90, "reasoning": "The markers agree and little is left unexplained."})
        case "formatter":
            return _copied(str(asked.data.get("text", "")))
        case "merger":
            labels = asked.data.get("labels", {})
            return fenced(
                {cluster: [general, general, detailed] for cluster, (general, detailed) in labels.items()}
            )
        case "comparator":
            return candidate_scores(asked.markers, asked.data.get("candidates", []))
        case "consultant":
            first = asked.markers[0] if asked.markers else "Nothing"
            return fenced(
                {"answer": f"{first} leads the list; that is what these data say.", "ask_genes": []}
            )
        case "parts_annotator":
            return fenced(
                {"parts": {part: part_answer(genes) for part, genes in asked.data["parts"].items()}}
            )
        case "tester":
            return fenced({"answer": "B cells"})
    return "Hello."


def _copied(text: str) -> str:
    """Find the answer in a text the way `annotation` words it."""
    genes = text.partition("The strongest markers are ")[2].partition(";")[0]
    markers = tuple(gene.strip() for gene in genes.split(",") if gene.strip())
    return (
        annotation(markers)
        if markers
        else fenced({"general": "", "subtypes": [], "mixed": [], "key_genes": []})
    )
