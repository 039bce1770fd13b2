"""The report of one dataset: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cassia_core.domain.annotation import ClusterResult, names_a_type
from cassia_core.domain.config import OFFLINE, UNKNOWN_TISSUE, AgentModel, DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.palette import GREY, INTERFACE, LIGHTS, Theme, css_variables, palette_for
from cassia_core.look.wording import (
    AGENT_NAMES,
    BY_HAND,
    BY_HAND_GLYPH,
    LIGHT_GLYPHS,
    LIGHT_NAMES,
    LIGHT_WORDS,
    NO_LABEL,
    NO_LIGHT_GLYPH,
)
from cassia_core.report.html.marker_dots import drawing, shades
from cassia_core.report.html.methods import date_in_words, methods_paragraph
from cassia_core.report.html.references import references_in
from cassia_core.report.html.report_clusters import (
    STATUS_WORDS,
    ClusterPart,
    EditedLabel,
    chip_of,
    cluster_parts,
    look_first,
    no_evidence_words,
)
from cassia_core.report.html.report_costs import cost_lines
from cassia_core.report.html.report_map import PICTURE_POINTS, map_picture, points_for_canvas
from cassia_core.report.html.report_material import Material
from cassia_core.report.html.samples_chart import sample_bars
from cassia_core.report.tables.run_tables import cost_text, usage_of
from cassia_core.runs.store import RunRecord

__all__ = ["EditedLabel", "render_report", "write_report"]

TEMPLATES = Path(__file__).with_name("templates")
KINDS: dict[Any, str] = {**LIGHT_NAMES, "look": LIGHT_WORDS["look"], "edited": BY_HAND, "none": NO_LABEL}
"""What a cluster can be in the table: one of the three lights, corrected by hand, or without a label."""
GLYPHS: dict[Any, str] = {**LIGHT_GLYPHS, "edited": BY_HAND_GLYPH, "none": NO_LIGHT_GLYPH}
VERDICTS = {"passed": "Passed", "not_passed": "Not yet", "failed": "No answer"}
SHOWN_LINES, SHOWN_DOUBTS, SHOWN_TOGETHER, SHOWN_TYPES = 8, 6, 12, 12
_NO_EDITS: Mapping[str, EditedLabel] = MappingProxyType({})
_NO_MATERIAL = Material()
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """A type of the report: cells (clusters where cells are not known) with their share (0 to 1).

    `in_full`: its label with the ontology's name.
    """

    name: str
    in_full: str
    kind: int
    count: int
    share: float


@cache
def environment() -> Environment:
    """Templates with autoescape on; an unknown name is an error."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["percent"] = lambda share: "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
    templates.filters["everyday"] = everyday_name
    templates.filters["day"] = date_in_words
    templates.filters["engine"] = lambda model: "offline engine" if model == AgentModel().model else model
    return templates


def write_report(
    path: Path,
    *,
    spec: DatasetSpec,
    rows: Sequence[ClusterResult],
    record: RunRecord,
    findings: Findings | None,
    outcome: DatasetOutcome,
    families: Mapping[str, str],
    material: Material = _NO_MATERIAL,
    edits: Mapping[str, EditedLabel] = _NO_EDITS,
    accepted: Collection[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write the report, whole or not at all.

    Parameters
    ----------
    rows
        Every cluster, in the order of the tables, as the run left it.
    families
        Label to lineage family, for the colours; of corrected labels too.
    material
        What `read_material` finds in the run directory: markers, map, measured genes, calls.
    edits
        Cluster to the label that a person gave it; the report then says so and shows both.
    accepted
        Clusters whose label a person accepted: no doubt is left about them.
    notes
        Sentences to show at the top, such as which cells a person set aside.
    """
    part = path.with_name(f".{path.name}.part")
    part.write_text(
        render_report(
            spec=spec,
            rows=rows,
            record=record,
            findings=findings,
            outcome=outcome,
            families=families,
            material=material,
            edits=edits,
            accepted=accepted,
            notes=notes,
        ),
        encoding="utf-8",
        errors="xmlcharrefreplace",
    )
    os.replace(part, path)


def render_report(
    *,
    spec: DatasetSpec,
    rows: Sequence[ClusterResult],
    record: RunRecord,
    findings: Findings | None,
    outcome: DatasetOutcome,
    families: Mapping[str, str],
    material: Material = _NO_MATERIAL,
    edits: Mapping[str, EditedLabel] = _NO_EDITS,
    accepted: Collection[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """The report as text; parameters as `write_report`."""
    edits = {cluster: edit for cluster, edit in edits.items() if any(row.cluster == cluster for row in rows)}
    parts = cluster_parts(rows, material, edits, families, accepted, species=spec.species)
    types = type_counts(parts)
    of_name = {part.name: part.family for part in parts}
    colours = {theme: palette_for([t.name for t in types], theme, of_name) for theme in ("light", "dark")}
    methods = methods_paragraph(
        spec,
        record,
        outcome,
        findings,
        material.stages,
        material.map.name if material.map else "",
        len(edits),
    )
    script = environment().get_template("report.js").render()
    usage = usage_of(material.calls)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            spec=spec,
            record=record,
            findings=findings,
            outcome=outcome,
            parts=parts,
            asked_again=any(row.agreement for row in rows),
            edits=edits,
            notes=notes,
            words=KINDS,
            head_colour=INTERFACE["light"]["muted"],
            glyphs=GLYPHS,
            agents=AGENT_NAMES,
            verdicts=VERDICTS,
            no_label=NO_LABEL,
            why_no_evidence=no_evidence_words,
            chip_of=chip_of,
            shown_lines=SHOWN_LINES,
            title=_flat(f"{spec.name}: cell types{' (edited)' if edits else ''}"),
            sample=_sample(spec),
            made=date_in_words(record.created_at),
            opinions=any(row.opinion is not None for row in rows),
            offline=any(row.provider == OFFLINE for row in rows),
            named=sum(names_a_type(p.name) and p.name != NO_LABEL for p in parts),
            types=types,
            type_shares=[(t.kind, t.share) for t in types],
            shown_types=SHOWN_TYPES,
            by_cells=_cells_known(parts),
            lights=_light_counts(parts),
            doubtful=sum(part.doubtful for part in parts),
            first=look_first(parts),
            shown_doubts=SHOWN_DOUBTS,
            shown_together=SHOWN_TOGETHER,
            families=sorted({p.family for p in parts}),
            statuses=[words for words in STATUS_WORDS.values() if words in {p.status for p in parts}],
            run=material.run,
            page_head=_css_text(
                ", ".join(
                    text
                    for text in (
                        f"{spec.name}{' (edited)' if edits else ''}",
                        material.run,
                        date_in_words(record.created_at),
                    )
                    if text
                )
            ),
            n_clustered=sum(part.row.n_cells for part in parts) if _cells_known(parts) else 0,
            n_aside=sum(edit.aside for edit in edits.values()),
            themes={theme: _theme(colours[theme], types, theme) for theme in ("light", "dark")},
            replayed=sum(turn.replayed for row in rows for turn in row.turns),
            costs=cost_lines(material.calls),
            usage=usage,
            cost=cost_text(usage),
            methods=methods,
            references=references_in(methods),
            **_pictures(parts, types, colours["light"], material),
            script_hash=_csp_hash(script),
        )
    )


def type_counts(parts: Sequence[ClusterPart]) -> tuple[TypeCount, ...]:
    """All types, the most frequent first; those without a label last."""
    known = _cells_known(parts)
    counts: Counter[str] = Counter()
    first = {part.name: part for part in reversed(parts)}
    for part in parts:
        counts[part.name] += (part.row.n_cells or 0) if known else 1
    total = max(1, sum(counts.values()))
    ordered = sorted(counts.items(), key=lambda entry: (entry[0] == NO_LABEL, -entry[1]))
    return tuple(
        TypeCount(name=name, in_full=first[name].in_full, kind=first[name].kind, count=n, share=n / total)
        for name, n in ordered
    )


def _cells_known(parts: Sequence[ClusterPart]) -> bool:
    return bool(parts) and all(part.row.n_cells is not None for part in parts)


def _light_counts(parts: Sequence[ClusterPart]) -> list[tuple[str, int]]:
    counts = Counter(part.light for part in parts)
    return [(light, counts[light]) for light in KINDS if counts[light]]


def _pictures(
    parts: Sequence[ClusterPart], types: Sequence[TypeCount], colours: Mapping[str, str], material: Material
) -> dict[str, object]:
    """Map, dot plot and bars of samples, each None where there is nothing to draw."""
    type_of = {part.row.cluster: part.name for part in parts}
    names = {part.row.cluster: f"{_flat(part.name)} ({_flat(part.row.cluster)})" for part in parts}
    kinds = {kind.name: kind.kind for kind in types}
    where = material.map
    return {
        "picture": map_picture(where, type_of, colours) if where else "",
        "axis": where.axis if where else "",
        "pictured": min(PICTURE_POINTS, len(where.xy)) if where else 0,
        "points": points_for_canvas(where, [(p.row.cluster, p.kind, p.anchor) for p in parts])
        if where
        else None,
        "dots": drawing(material.dots, names, len(parts)) if material.dots else None,
        "sample_column": material.samples.column if material.samples else "",
        "kinds": kinds,
        "samples": sample_bars(material.samples, type_of, list(kinds)) if material.samples else (),
    }


def _sample(spec: DatasetSpec) -> str:
    tissue = "tissue not given" if spec.tissue.strip().lower() == UNKNOWN_TISSUE else spec.tissue
    return f"{tissue}, {spec.species}"


def _theme(colours: Mapping[str, str], types: Sequence[TypeCount], theme: Theme) -> str:
    """Colours of the interface, the types, the lights and the expression as CSS variables."""
    kinds = [f"--t{t.kind}:{colours[t.name]}" for t in types]
    steps = [f"--x{at}:{shade}" for at, shade in enumerate(shades(theme))]
    lights = [f"--{light}:{colour}" for light, colour in LIGHTS[theme].items()]
    return css_variables(theme) + ";".join([*kinds, *steps, *lights, f"--unknown:{GREY[theme]}"])


def _flat(text: str) -> str:
    """`text` without the signs that turn the reading direction, for places where nothing can fence them
    in.
    """
    return _TURNING.sub("", text)


def _css_text(text: str) -> str:
    """`text` inside a CSS string: everything but plain letters and digits as its code point."""
    return "".join(_css_letter(c) for c in _flat(text) if c.isprintable() or c.isspace())


def _css_letter(letter: str) -> str:
    if letter.isspace():
        return " "
    return letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}"


def _csp_hash(script: str) -> str:
    """The hash that lets our own script run, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
