"""Further styles of public models, and of the servers before them: what each makes of the same answer."""

from __future__ import annotations

import base64
import json

from tests.contract.replies.reply_styles import ANSWER, DRAFT, OTHER, PLAIN, PRETTY, changed, fenced, thought

_CALL = json.dumps({"name": "annotate_cluster", "arguments": ANSWER})
_HALF = len(PLAIN) // 2
_TABLE = (
    "| Field | Value |\n|---|---|\n| general | T cell |\n"
    "| subtypes | CD4-positive, alpha-beta T cell; regulatory T cell |\n| mixed | none |\n"
    "| key_genes | CD3D, IL7R |"
)
_CHANNELS = "<|start|>assistant<|channel|>commentary to=functions.annotate <|constrain|>json<|message|>"

ODD_READ: dict[str, str] = {
    "tool call in tags": f"<tool_call>\n{_CALL}\n</tool_call>",
    "tool calls of Mistral": f"[TOOL_CALLS][{_CALL}]",
    "tool call of OpenAI, written out": json.dumps(
        {"tool_calls": [{"type": "function", "function": {"name": "annotate", "arguments": PLAIN}}]}
    ),
    "tool call of Anthropic, written out": json.dumps(
        {"type": "tool_use", "id": "toolu_1", "name": "annotate", "input": ANSWER}
    ),
    "function call of Llama": f"<function=annotate>{PLAIN}</function>",
    "python tag": f"<|python_tag|>{_CALL}<|eom_id|>",
    "harmony, the answer as a call": (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|>{_CHANNELS}{PLAIN}<|call|>"
    ),
    "harmony with the form named": (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final "
        f"<|constrain|>json<|message|>{PLAIN}<|return|>"
    ),
    "<analysis> and <answer>": f"<analysis>{DRAFT}</analysis>\n<answer>{PLAIN}</answer>",
    "<reflection> after a draft": (
        f"<thinking>{DRAFT}<reflection>No.</reflection></thinking><output>{PLAIN}</output>"
    ),
    "<scratchpad>": thought("<scratchpad>", "</scratchpad>"),
    "Nemotron's marks with blanks": thought("< think >", "< / think >"),
    "<think> with an attribute": thought('<think duration="3">', "</think>"),
    "thoughts as a comment of HTML": thought("<!-- ", " -->"),
    "thoughts under a heading": f"## Thinking\nIt may be {DRAFT} or not.\n\n## Final Answer\n{PLAIN}",
    "begin_of_thought and solution": (
        f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>\n<|begin_of_solution|>{PLAIN}<|end_of_solution|>"
    ),
    "boxed": f"$\\boxed{{{PLAIN}}}$",
    "CDATA": f"<response><![CDATA[{PLAIN}]]></response>",
    "XML": (
        "<annotation><general>T cell</general><subtypes><item>CD4-positive, alpha-beta T cell</item>"
        "<item>regulatory T cell</item></subtypes><mixed/><key_genes><item>CD3D</item><item>IL7R</item>"
        "</key_genes></annotation>"
    ),
    "table": _TABLE,
    "table with bold names": _TABLE.replace("| general", "| **General**").replace(
        "| key_genes", "| **Key genes**"
    ),
    "numbered list with headings": (
        "1. **General**: T cell\n2. **Subtypes**:\n   - CD4-positive, alpha-beta T cell\n"
        "   - regulatory T cell\n3. **Mixed**: none\n4. **Key genes**: CD3D, IL7R"
    ),
    "headings": (
        "### General\nT cell\n### Subtypes\n- CD4-positive, alpha-beta T cell\n- regulatory T cell\n"
        "### Mixed\nNone\n### Key genes\nCD3D, IL7R"
    ),
    "TOML": (
        'general = "T cell"\nsubtypes = ["CD4-positive, alpha-beta T cell", "regulatory T cell"]\n'
        'mixed = []\nkey_genes = ["CD3D", "IL7R"]'
    ),
    "YAML inside a document": (
        "---\nannotation:\n  general: T cell\n  subtypes:\n  - CD4-positive, alpha-beta T cell\n"
        "  - regulatory T cell\n  mixed: []\n  key_genes:\n  - CD3D\n  - IL7R\n---"
    ),
    "JSON5": fenced(
        "{general: 'T cell', subtypes: ['CD4-positive, alpha-beta T cell', 'regulatory T cell',], mixed: [], "
        "key_genes: ['CD3D', 'IL7R'], tissue: '', reasoning: 'CD3D and IL7R are T cell genes.',}",
        name="json5",
    ),
    "JSON lines": "\n".join(json.dumps({key: value}) for key, value in ANSWER.items()),
    "NaN and True": fenced(
        PLAIN.replace('"tissue": ""', '"tissue": NaN, "confident": True, "doublet": False')
    ),
    "undefined": fenced(PLAIN.replace('"tissue": ""', '"tissue": undefined')),
    "keys in low quotes": fenced(PLAIN.replace('"general"', "„general“").replace('"mixed"', "„mixed“")),
    "Japanese brackets for quotes": fenced(PLAIN.replace('"T cell"', "「T cell」")),
    "backticks for quotes": fenced(PLAIN.replace('"T cell"', "`T cell`").replace('"general"', "`general`")),
    "double brackets of a template": "{" + PLAIN + "}",
    "non-breaking and thin blanks": PRETTY.replace("\n ", "\n\u00a0\u2009").replace(": ", ":\u202f"),
    "line separators": PRETTY.replace("\n", "\u2028"),
    "soft hyphens and marks of direction": PLAIN.replace("T cell", "T\u00ad cell\u200e"),
    "escaped twice": json.dumps(json.dumps(PLAIN)),
    "the whole reply as a field": json.dumps({"response": PLAIN, "status": "success"}),
    "a fence inside a field": json.dumps({"text": fenced(PLAIN)}),
    "choices, written out": json.dumps({"choices": [{"message": {"role": "assistant", "content": PLAIN}}]}),
    "numeric HTML entities": PLAIN.replace('"', "&#34;"),
    "escaped underscores of Markdown": fenced(PLAIN.replace("key_genes", "key\\_genes")),
    "quoted as a mail": "\n".join(f"> {line}" for line in fenced(PRETTY).splitlines()),
    "numbers of lines": "\n".join(f"{n}: {line}" for n, line in enumerate(PRETTY.splitlines(), 1)),
    "a role before it": f"assistant: {PLAIN}",
    "a variable": f"```python\nresult = {ANSWER}\nprint(result)\n```",
    "a call of a function": f"```python\nprint(json.dumps({PLAIN}))\n```",
    "several fences, one of them the answer": (
        f"```text\nCD3D, IL7R\n```\n{fenced(PLAIN)}\n```python\nprint('done')\n```"
    ),
    "braces in the words after it": f"{fenced(PLAIN)}\nMarkers {{CD3D, IL7R}} and {{'LTB': 2.1}} decide.",
    "measured values in braces before it": f"Values {{'CD3D': 2.1, 'IL7R': 1.9}} decide.\n{PLAIN}",
    "a set for a list": fenced(PLAIN.replace('["CD3D", "IL7R"]', '{"CD3D", "IL7R"}')),
    "a tuple for a list": fenced(PLAIN.replace('["CD3D", "IL7R"]', '("CD3D", "IL7R")')),
    "lists in a list": changed(subtypes=[["CD4-positive, alpha-beta T cell", "regulatory T cell"]]),
    "names as objects {name, id}": changed(
        general={"name": "T cell", "id": "CL:0000084"},
        subtypes=[
            {"cell_type": {"name": "CD4-positive, alpha-beta T cell", "ontology_id": "CL:0000624"}},
            {"cell_type": {"name": "regulatory T cell", "ontology_id": "CL:0000815"}},
        ],
    ),
    "names with their ontology ids": changed(
        general="T cell (CL:0000084)",
        subtypes=["CD4-positive, alpha-beta T cell [CL:0000624]", "regulatory T cell (CL:0000815)"],
    ),
    "subtypes with shares": changed(
        subtypes={"CD4-positive, alpha-beta T cell": 0.8, "regulatory T cell": 0.2}
    ),
    "subtypes with ranks as objects": changed(
        subtypes=[
            {"rank": 1, "type": "CD4-positive, alpha-beta T cell", "reason": "IL7R"},
            {"rank": 2, "type": "regulatory T cell", "reason": "weaker"},
        ]
    ),
    "genes as objects": changed(
        key_genes=[{"gene": "CD3D", "role": "TCR"}, {"gene": "IL7R", "role": "naive"}]
    ),
    "genes with reasons": changed(key_genes={"CD3D": "part of the receptor", "IL7R": "naive"}),
    "genes with remarks": changed(key_genes=["CD3D (T cell receptor)", "IL7R - naive cells"]),
    "other names for the fields": fenced(
        json.dumps(
            {
                "main_cell_type": "T cell",
                "sub_cell_types": ["CD4-positive, alpha-beta T cell", "regulatory T cell"],
                "possible_mixed_cell_types": [],
                "key_markers": ["CD3D", "IL7R"],
            }
        )
    ),
    "the schema filled in": json.dumps(
        {
            "type": "object",
            "properties": {name: {"type": "string", "value": value} for name, value in ANSWER.items()},
        }
    ),
    "the schema beside the answer": json.dumps(
        {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Annotation", **ANSWER}
    ),
    "an emoji before each line": (
        "🧬 **General:** T cell\n✅ **Subtypes:** CD4-positive, alpha-beta T cell; regulatory T cell\n"
        "❓ **Mixed:** none\n🔑 **Key genes:** CD3D, IL7R"
    ),
    "markup of definitions": (
        "**General**: *T cell*\n\n**Subtypes**: *CD4-positive, alpha-beta T cell*; *regulatory T cell*\n\n"
        "**Mixed**: —\n\n**Key genes**: *CD3D*, *IL7R*"
    ),
    "definition list of HTML": (
        "<ul><li><b>General</b>: T cell</li><li><b>Subtypes</b>: CD4-positive, alpha-beta T cell; regulatory "
        "T cell</li><li><b>Mixed</b>: none</li><li><b>Key genes</b>: CD3D, IL7R</li></ul>"
    ),
    "chat markers of ChatML": f"<|im_start|>assistant\n{PLAIN}<|im_end|>\n<|im_start|>user",
    "end of turn and more": f"{PLAIN}<|eot_id|><|start_header_id|>assistant<|end_header_id|>",
    "an answer in two halves of a fence": fenced(PLAIN[:_HALF] + "\n" + PLAIN[_HALF:]).replace(
        '", \n', '",\n'
    ),
}

ODD_REFUSED: dict[str, tuple[str, str]] = {
    "two fences that differ": (f"{fenced(PLAIN)}\n{fenced(DRAFT)}", "two different answers"),
    "a table of alternatives": (
        "| general | subtypes | key_genes |\n|---|---|---|\n| T cell | naive T cell | CD3D |\n"
        "| B cell | naive B cell | CD79A |",
        "no JSON block|two different answers",
    ),
    "general as a list of two": (changed(general=["T cell", "B cell"]), "`general` is not a text"),
    "general as a number": (changed(general=7), "`general` is not a text"),
    "general as true": (changed(general=True), "`general` is not a text"),
    "general with several names as keys": (
        changed(general={"T cell": 0.6, "B cell": 0.4}),
        "`general` is not a text",
    ),
    "name given twice in an object": (
        changed(subtypes=[{"name": "naive T cell", "label": "memory T cell"}]),
        "`subtypes` is not a text",
    ),
    "two tool calls that differ": (
        f"<tool_call>{_CALL}</tool_call><tool_call>{json.dumps({'arguments': OTHER})}</tool_call>",
        "two different answers",
    ),
    "in base64": (base64.b64encode(PLAIN.encode()).decode(), "no JSON block"),
    "the schema instead of an answer": (
        json.dumps({"type": "object", "properties": {name: {"type": "string"} for name in ANSWER}}),
        "is not a list",
    ),
    "a question back": ("Could you give me the expression values of CD3D and IL7R first?", "no JSON block"),
    "a sentence only": ("CD3D and IL7R point to a T cell.", "no JSON block"),
    "shares that are even": (
        changed(subtypes={"naive T cell": 0.5, "regulatory T cell": 0.5}),
        "`subtypes` is not a list",
    ),
    "a field twice in two fences of one object": (
        PLAIN.replace('"mixed"', '"subtypes": ["naive B cell"], "mixed"'),
        "leaves the answer open",
    ),
}

SCORES: dict[str, tuple[object, float]] = {
    "percent": ("85 %", 85.0),
    "a comma for the point": ("85,5", 85.5),
    "in words": ("eighty-eight", 88.0),
    "in words, of a hundred": ("Ninety out of 100", 90.0),
    "about": ("~85", 85.0),
    "with a remark": ("85 (high confidence)", 85.0),
    "named again": ("Score: 85", 85.0),
    "out of 100": ("85 out of 100", 85.0),
    "in a list of one": ([85], 85.0),
    "with its scale": ({"value": 85, "max": 100}, 85.0),
    "with bold marks": ("**85**/100", 85.0),
}
"""A score in another shape, and the number that it is."""

NO_SCORES: dict[str, object] = {
    "a range": "80-90",
    "of ten": "8.5/10",
    "of five stars": "★★★★☆",
    "of another scale": {"value": 8.5, "max": 10},
    "a grade": "B+",
    "a word": "high",
    "two scores": [80, 90],
    "with an exponent": "1e1",
    "a share": 0.85,
    "above the scale": "850",
    "below the scale": -5,
    "no number": "NaN",
    "infinite": "Infinity",
    "true": True,
}
"""No score: what number was meant is open."""

VERDICTS: dict[str, tuple[str, bool | None]] = {
    "is_valid": ('{"reasoning": "x", "is_valid": true, "score": 88}', True),
    "approved, as a word": ('{"approved": "Yes.", "score": 88}', True),
    "verdict in capitals with a tick": ('{"verdict": "PASSED ✅", "score": 88}', True),
    "validation one level down": ('{"validation": {"passed": true, "score": 88}}', True),
    "an object of one value": ('{"passed": {"value": true}, "score": 88}', True),
    "a number for a truth": ('{"passed": 1, "score": 88}', True),
    "a list of one": ('{"passed": [true], "score": 88}', True),
    "as a tool call": (
        '<tool_call>{"name": "v", "arguments": {"passed": true, "score": 88}}</tool_call>',
        True,
    ),
    "field and line": ('{"passed": true, "score": 88}\n\nVALIDATION PASSED', True),
    "a heading": ('## VALIDATION PASSED\n{"score": 88}', True),
    "in a table": ("| Verdict | VALIDATION PASSED |\n|---|---|\n| Score | 88 |", True),
    "failed with its reason": (
        '{"passed": false, "score": 20}\nVALIDATION FAILED: CD79A speaks against it.',
        False,
    ),
    "a number for no": ('{"passed": 0, "score": 20}', False),
    "in part": ('{"passed": "partially", "score": 60}', None),
    "null": ('{"passed": null, "score": 60}', None),
    "on a condition": ('{"passed": "yes, if CD3E is confirmed", "score": 60}', None),
    "two as a number": ('{"passed": 2, "score": 60}', None),
    "both fields": ('{"passed": true, "verdict": "failed", "score": 60}', None),
    "a question": ("VALIDATION PASSED?", None),
}
"""A verdict in another shape: passed, failed, or none where it is open."""
