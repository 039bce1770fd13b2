"""The report of one dataset: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cassia_core.domain.annotation import ClusterResult, names_a_type
from cassia_core.domain.config import OFFLINE, DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.report.methods import methods_paragraph
from cassia_core.report.palette import LIGHTS, palette_for
from cassia_core.report.report_map import MapOfCells, map_picture, points_for_canvas
from cassia_core.runs.store import RunRecord

TEMPLATES = Path(__file__).with_name("templates")
LIGHT_WORDS = {"high": "High", "medium": "Medium", "look": "Look at this", None: "No label"}
LIGHT_GLYPHS = {"high": "●", "medium": "◐", "look": "▲", None: "–"}
NO_LABEL = "No label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart: `share` (0 to 1) of the longest."""

    label: str
    count: int
    share: float
    colour: str


@cache
def environment() -> Environment:
    """Templates with autoescape on; an unknown name is an error."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)


def write_report(path: Path, *, spec: DatasetSpec, rows: Sequence[ClusterResult], record: RunRecord,
                 findings: Findings | None, outcome: DatasetOutcome, families: Mapping[str, str],
                 cells: MapOfCells | None) -> None:
    """Write the report, whole or not at all.

    Parameters
    ----------
    rows
        Every cluster, in the order of the tables.
    families
        Label to lineage family, for the colours.
    cells
        Map and cluster of every cell; None for a marker table.
    """
    part = path.with_name(f".{path.name}.part")
    part.write_text(render_report(spec=spec, rows=rows, record=record, findings=findings, outcome=outcome,
                                  families=families, cells=cells), encoding="utf-8", errors="xmlcharrefreplace")
    os.replace(part, path)


def render_report(*, spec: DatasetSpec, rows: Sequence[ClusterResult], record: RunRecord, findings: Findings | None,
                  outcome: DatasetOutcome, families: Mapping[str, str], cells: MapOfCells | None) -> str:
    """The report as text; parameters as `write_report`."""
    labels = [row.label or NO_LABEL for row in rows]
    colours = palette_for(labels, "light", families)
    script = environment().get_template("report.js").render()
    by_cluster = {row.cluster: row.label or NO_LABEL for row in rows}
    return environment().get_template("report.html.j2").render(
        spec=spec, rows=rows, record=record, findings=findings, outcome=outcome, colours=colours,
        words=LIGHT_WORDS, glyphs=LIGHT_GLYPHS, light_colours=LIGHTS["light"], no_label=NO_LABEL,
        offline=any(row.provider == OFFLINE for row in rows), type_bars=_type_bars(rows, colours),
        light_bars=_light_bars(rows), totals=_totals(rows), doubtful=sum(r.light == "look" or r.status in (
            "failed", "needs_review") for r in rows), methods=methods_paragraph(spec, record, outcome, findings),
        picture=map_picture(cells, by_cluster, colours) if cells else "",
        points=points_for_canvas(cells, by_cluster, colours) if cells else None,
        script_hash=_csp_hash(script))


def _csp_hash(script: str) -> str:
    """The hash that lets our own script run, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _type_bars(rows: Sequence[ClusterResult], colours: Mapping[str, str]) -> list[Bar]:
    """Cells per label (clusters per label where cells are not known)."""
    known = all(row.n_cells is not None for row in rows)
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.label or NO_LABEL] += row.n_cells if known else 1
    longest = max(counts.values(), default=1) or 1
    return [Bar(label=label, count=n, share=n / longest, colour=colours[label]) for label, n in counts.most_common()]


def _light_bars(rows: Sequence[ClusterResult]) -> list[Bar]:
    counts = Counter(row.light for row in rows)
    total = max(1, len(rows))
    return [Bar(label=LIGHT_WORDS[light], count=counts[light], share=counts[light] / total,
                colour=LIGHTS["light"].get(light, "#8A979D")) for light in ("high", "medium", "look", None) if counts[light]]


def _totals(rows: Sequence[ClusterResult]) -> dict[str, object]:
    """Tokens and cost of the clusters; a single unknown price makes the sum unknown."""
    costs = [row.cost_usd for row in rows if row.turns]
    return {"input": sum(r.input_tokens for r in rows), "output": sum(r.output_tokens for r in rows),
            "cost": None if None in costs else sum(costs), "labelled": sum(names_a_type(r.label) for r in rows)}
