"""Styles in which public models answer: each turns a clean reply into the same answer, written otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable

ANSWER = {
    "reasoning": "CD3D and IL7R are T cell genes.",
    "general": "T cell",
    "subtypes": ["CD4-positive, alpha-beta T cell", "regulatory T cell"],
    "mixed": [],
    "key_genes": ["CD3D", "IL7R"],
    "tissue": "",
}
OTHER = {**ANSWER, "general": "B cell", "subtypes": ["naive B cell"], "key_genes": ["CD3D"]}
PLAIN = json.dumps(ANSWER)
PRETTY = json.dumps(ANSWER, indent=1)
DRAFT = json.dumps(OTHER)
Style = Callable[[], str]


def fenced(block: str, before: str = "", mark: str = "```", name: str = "json") -> str:
    return f"{before}{mark}{name}\n{block}\n{mark}"


def changed(**fields: object) -> str:
    return fenced(json.dumps({**ANSWER, **fields}))


def renamed(rename: Callable[[str], str]) -> str:
    return fenced(json.dumps({rename(key): value for key, value in ANSWER.items()}))


def thought(opening: str, closing: str) -> str:
    return f"{opening}It may be {fenced(DRAFT)} or not.{closing}\n{fenced(PLAIN)}"


READ: dict[str, str] = {
    "plain JSON": PLAIN,
    "fence": fenced(PLAIN, "Here it is:\n"),
    "fence without a name": fenced(PLAIN, name=""),
    "fence on one line": f"```json {PLAIN}```",
    "fence of tildes": fenced(PLAIN, mark="~~~"),
    "fence that does not end": f"```json\n{PLAIN}",
    "words before and after": f"Sure! {PLAIN} I hope this helps {{CD3D}}.",
    "Windows line ends": fenced(PRETTY).replace("\n", "\r\n"),
    "byte order mark and invisible signs": "\ufeff" + PLAIN.replace("{", "{\u200b", 1),
    "trailing commas": fenced(PRETTY.replace('"IL7R"\n', '"IL7R",\n').replace('""\n}', '"",\n}')),
    "comments": fenced(PRETTY.replace('"mixed"', '// none seen\n /* "x": 1 */ "mixed"') + " # done"),
    "Python dict": fenced(str({**ANSWER, "mixed": None}), name="python"),
    "single quotes": str(ANSWER),
    "curly quotes": fenced(PLAIN.replace('"', "“")),
    "paired curly quotes": fenced(
        PLAIN.replace('": ', "”: ")
        .replace('", "', "”, “")
        .replace('"]', "”]")
        .replace('",', "”,")
        .replace('["', "[“")
        .replace(': "', ": “")
        .replace('{"', "{“")
        .replace(', "', ", “")
        .replace('"}', "”}")
    ),
    "full-width punctuation": fenced(PLAIN.replace('": ', '"：').replace('", "', '"，"')),
    "guillemets": fenced(PLAIN.replace('"general": "T cell"', "«general»: «T cell»")),
    "names of fields unquoted": fenced(PLAIN.replace('"general"', "general").replace('"mixed"', "mixed")),
    "commas forgotten": fenced(PRETTY.replace('"T cell",', '"T cell"')),
    "last bracket forgotten": fenced(PLAIN[:-1]),
    "quotes inside a text": fenced(PLAIN.replace("T cell genes", 'the "classical" T cell genes')),
    "a line break inside a text": fenced(PLAIN.replace("IL7R are", "IL7R\nare")),
    "escaped as a string": json.dumps(PLAIN),
    "HTML entities": PLAIN.replace('"', "&quot;"),
    "equals signs": fenced(PLAIN.replace('": ', '" = ')),
    "capital names of fields": renamed(str.upper),
    "names of fields in title case": renamed(lambda key: key.title().replace("_", " ")),
    "names of fields in camel case": renamed(lambda key: "keyGenes" if key == "key_genes" else key),
    "one level down": fenced(json.dumps({"annotation": ANSWER})),
    "in a list of one": fenced(json.dumps([ANSWER])),
    "as a tool's arguments": json.dumps({"name": "annotate", "arguments": PLAIN}),
    "subtypes as one text": changed(subtypes="CD4-positive, alpha-beta T cell"),
    "subtypes as one text with commas": changed(
        subtypes="CD4-positive, alpha-beta T cell, regulatory T cell"
    ),
    "subtypes as objects": changed(
        subtypes=[
            {"name": "CD4-positive, alpha-beta T cell", "confidence": 0.8},
            {"name": "regulatory T cell"},
        ]
    ),
    "subtypes by rank": changed(subtypes={"1": "CD4-positive, alpha-beta T cell", "2": "regulatory T cell"}),
    "subtypes numbered": changed(
        subtypes=["1. CD4-positive, alpha-beta T cell", "2. regulatory T cell (20%)"]
    ),
    "genes as one text": changed(key_genes="CD3D, IL7R"),
    "bold names": changed(general="**T cell**", key_genes=["**CD3D**", "`IL7R`"]),
    "nothing as a word": changed(mixed="None", tissue=None),
    "corrected": f"{fenced(DRAFT)}\nWait, IL7R speaks against that. Corrected:\n{fenced(PLAIN)}",
    "draft and final": f"First draft:\n{fenced(DRAFT)}\n{fenced(PLAIN)}",
    "said twice": f"{fenced(PLAIN)}\n{fenced(PLAIN)}",
    "the form's example repeated": f"{fenced(DRAFT.replace('B cell', 'broad type', 1))}\n{fenced(PLAIN)}",
    "<think>": thought("<think>", "</think>"),
    "<think> opened by the template": thought("", "</think>"),
    "<thinking>": thought("<thinking>", "</thinking>"),
    "<reasoning>": thought("<reasoning>", "</reasoning>"),
    "<thought>": thought("<thought>", "</thought>"),
    "[THINK]": thought("[THINK]", "[/THINK]"),
    "Kimi's marks": thought("◁think▷", "◁/think▷"),
    "Seed's marks": thought("<seed:think>", "</seed:think>"),
    "Cohere's marks": thought("<|START_THINKING|>", "<|END_THINKING|>"),
    "Gemma's marks": thought("<unused94>thought\n", "<unused95>"),
    "harmony": (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{PLAIN}<|return|>"
    ),
    "harmony without its marks": f"analysisWe see {DRAFT}assistantfinal{PLAIN}",
    "thoughts only": f"<think>{fenced(PLAIN)}</think>",
    "marks of a template": f"{PLAIN}<|im_end|></s>",
    "YAML": fenced(
        'general: T cell\nsubtypes:\n  - "CD4-positive, alpha-beta T cell"\n  - regulatory T cell\n'
        "mixed: []\n"
        "key_genes: [CD3D, IL7R]",
        name="yaml",
    ),
    "Markdown list": (
        "- **General:** T cell\n- **Subtypes:** CD4-positive, alpha-beta T cell; regulatory T cell\n"
        "- **Mixed:** none\n- **Key genes:** CD3D, IL7R"
    ),
    "tags": (
        "<general>T cell</general><subtypes>CD4-positive, alpha-beta T cell; regulatory T cell</subtypes>"
        "<mixed></mixed><key_genes>CD3D, IL7R</key_genes>"
    ),
}
"""Read as the same answer, at the calls of a clean reply."""

REFUSED: dict[str, tuple[str, str]] = {
    "two answers": (f"{fenced(DRAFT)}\nThe genes fit.\n{fenced(PLAIN)}", "two different answers"),
    "alternatives": (f"{fenced(DRAFT)}\nAlternatively:\n{fenced(PLAIN)}", "two different answers"),
    "a list of answers": (fenced(json.dumps([OTHER, ANSWER])), "two different answers"),
    "cut off in a name": (PLAIN[:100], "leaves the answer open"),
    "cut off inside a fence": (fenced(PLAIN[:100]), "leaves the answer open"),
    "a correction that is cut off": (f"{fenced(PLAIN)}\nCorrection: {DRAFT[:60]}", "leaves the answer open"),
    "a field twice": (PLAIN.replace('"mixed"', '"general": "B cell", "mixed"'), "leaves the answer open"),
    "a field twice in two spellings": (
        PLAIN.replace('"mixed"', '"General": "B cell", "mixed"'),
        "stands there twice",
    ),
    "a text that could be cut in two ways": (changed(subtypes="naive, memory"), "where a list was asked for"),
    "only the form's example": (fenced(DRAFT.replace('"B cell"', '"broad type"', 1)), "repeats the example"),
    "thoughts that never end": (f"<think>{fenced(PLAIN)}", "no JSON block"),
}
"""Not read, with a reason: what the model means is open, or an end would have to be invented."""
