"""The app's words for states, stages and agents: one place, so that all pages say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from cassia_core.domain.annotation import ClusterResult, Light
from cassia_core.domain.config import OFFLINE
from cassia_core.domain.events import RunState, Stage
from cassia_core.domain.progress import FINISHED, ClusterTile
from cassia_core.errors import ReplyError
from cassia_core.look.wording import (
    BY_HAND_GLYPH,
    LIGHT_GLYPHS,
    LIGHT_NAMES,
    LIGHT_WORDS,
    NO_LABEL,
    NO_LIGHT_GLYPH,
)
from cassia_core.services.engine import models
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.runs.runs import RunSummary
from cassia_ui.frame.markup import plain

LIGHT_BADGE: dict[Light | None, str] = {
    "high": f":green-badge[:material/check_circle: {LIGHT_WORDS['high']}]",
    "medium": f":orange-badge[:material/contrast: {LIGHT_WORDS['medium']}]",
    "look": f":red-badge[:material/warning: {LIGHT_WORDS['look']}]",
    None: f":gray-badge[:material/remove: {NO_LABEL}]",
}
LIGHT_SHORT: dict[Light | None, str] = {
    **{light: f"{LIGHT_GLYPHS[light]} {name}" for light, name in LIGHT_NAMES.items()},
    None: f"{NO_LIGHT_GLYPH} None",
}
STAGE_NAMES: dict[Stage, str] = {
    "read": "Read the file",
    "qc": "Choose cells",
    "first_pass": "Read all counts, block by block",
    "sketch": "Choose a sketch of the cells",
    "normalise": "Normalise, take logs",
    "variable_genes": "Find variable genes",
    "pca": "Principal components",
    "neighbors": "Find neighbours",
    "umap": "Draw the map (UMAP)",
    "leiden": "Find clusters (Leiden)",
    "join": "Join all other cells",
    "markers": "Find marker genes",
    "annotate": "Annotate and check",
    "merge": "Group the labels",
    "write": "Write files and report",
}
AGENT_ICONS = {
    "reference": ":material/menu_book:",
    "annotator": ":material/edit_note:",
    "checks": ":material/rule:",
    "validator": ":material/gavel:",
    "formatter": ":material/data_object:",
    "scorer": ":material/speed:",
    "booster": ":material/manage_search:",
    "merger": ":material/account_tree:",
    "comparator": ":material/balance:",
    "consultant": ":material/contact_support:",
    "parts_annotator": ":material/account_tree:",
}
_TILES = {
    "waiting": ":gray-badge[:material/schedule: Waiting]",
    "annotating": ":blue-badge[:material/edit_note: Annotating]",
    "checking": ":blue-badge[:material/rule: Checking]",
    "scoring": ":blue-badge[:material/speed: Scoring]",
    "boosting": ":violet-badge[:material/manage_search: Looking closer]",
    "done": ":green-badge[:material/check_circle: Done]",
    "look": LIGHT_BADGE["look"],
    "skipped": ":gray-badge[:material/remove: Not annotated]",
    "failed": ":orange-badge[:material/error: No answer]",
}
_NOT_DONE = ":gray-badge[:material/pause_circle: Not done yet]"
_RUN_STATES = {
    "queued": ":gray-badge[:material/schedule: Starting]",
    "running": ":blue-badge[:material/play_circle: Running]",
    "success": ":green-badge[:material/check_circle: Done]",
    "partial": ":orange-badge[:material/contrast: Done, some without answer]",
    "failed": ":red-badge[:material/error: Failed]",
    "cancelled": ":gray-badge[:material/cancel: Cancelled]",
    "interrupted": ":orange-badge[:material/pause_circle: Interrupted]",
}
NOT_CHECKED = ":gray-badge[:material/help: Not checked]"
"""Stands where a tick would, had somebody looked."""
OFFLINE_LINE = "The offline engine answered: a look-up in our marker knowledge base, not a language model."


def tile_badge(tile: ClusterTile, at_rest: bool = False) -> str:
    """State of a cluster on the Run page. `at_rest`: nobody works on the run any more."""
    if at_rest and tile.state not in FINISHED:
        return _NOT_DONE
    if tile.state in FINISHED and tile.light is not None:
        return LIGHT_BADGE[tile.light]
    if tile.state == "checking" and tile.attempt > 1:
        return f":blue-badge[:material/rule: Checking, round {tile.attempt}]"
    return _TILES.get(tile.state, _TILES["done"])


def reason_in_words(reason: str) -> str:
    """Why a cluster has no answer. What is wrong with the form of a reply is told to the model, not to
    people.
    """
    if reason.startswith(ReplyError.UNREADABLE):
        return "The model's reply was no answer in the form asked for. What it said is in the conversation."
    return reason


def state_badge(state: RunState, to_look_at: int = 0) -> str:
    """State of a run; one that is done says how many clusters there are to look at."""
    if state == "success" and to_look_at:
        return f":orange-badge[:material/contrast: Done, {to_look_at} to look at]"
    return _RUN_STATES[state]


def labelled_of(labelled: int, clusters: int) -> str:
    """How many of the clusters of a run have a label; "Unknown" is none."""
    return f"{labelled} of {clusters} clusters {'has' if labelled == 1 else 'have'} a label"


def run_badge(run: RunSummary) -> str:
    """State of a run, with what there is to do."""
    if run.state == "interrupted":
        return f":orange-badge[:material/pause_circle: Stopped at {run.finished_clusters}]"
    return state_badge(run.state, run.to_look_at)


def engine_name(provider: str, model: str) -> str:
    """Who answers, for people."""
    if not provider:
        return "No annotation"
    title = next((p.title for p in models.providers() if p.name == provider), provider)
    return "Offline engine" if provider == OFFLINE else f"{title}: {model}"


def cells(n: int | None) -> str:
    """A number of cells with its unit; "" when there are no cells."""
    if n is None:
        return ""
    return f"{n:,} cell" if n == 1 else f"{n:,} cells"


def part_of_cells(part: tuple[int, int] | None) -> str:
    """Of a run on a part of a file, such as "65 of 700 cells"; "" for one on all cells."""
    return "" if part is None else f"{part[0]:,} of {part[1]:,} cells"


def named_clusters(clusters: Sequence[str], most: int = 8) -> str:
    """Clusters in a sentence (Markdown): "cluster 3", "clusters 3 and 7", "clusters 1, 2 and 40 more"."""
    if len(clusters) == 1:
        return f"cluster {plain(clusters[0])}"
    shown = (
        [plain(c) for c in clusters]
        if len(clusters) <= most
        else [*(plain(c) for c in clusters[:most]), f"{len(clusters) - most} more"]
    )
    return f"clusters {', '.join(shown[:-1])} and {shown[-1]}"


def ontology_page(cl_id: str) -> str:
    """Address of a Cell Ontology term's page."""
    return f"https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id={cl_id}"


def light_word(row: ClusterResult | None, *, by_hand: bool = False) -> str:
    """How sure the run is of its own label; `by_hand`: a person gave another one, of which the run said
    nothing.
    """
    if by_hand:
        return f"{BY_HAND_GLYPH} Yours"
    if row is None:
        return LIGHT_SHORT[None]
    return f"{LIGHT_GLYPHS['look']} No answer" if row.status == "failed" else LIGHT_SHORT[row.light]


def cluster_line(row: ClusterResult) -> str:
    """Label, cluster and size on one line (Markdown)."""
    rounds = f", {row.iterations} rounds" if row.iterations > 1 else ""
    size = f", {cells(row.n_cells)}" if row.n_cells is not None else ""
    name = everyday_name(row.label) or NO_LABEL
    return f"**{plain(name)}** :gray[cluster {plain(row.cluster)}{size}{rounds}]"


def money(cost_usd: float | None) -> str:
    """A cost; an unknown price is said."""
    if cost_usd is None:
        return "unknown"
    return "under $0.01" if 0 < cost_usd < 0.01 else f"${cost_usd:.2f}"


def when(iso: str) -> str:
    """A date for people, in the time of their browser: "21 Nov, 10:21"."""
    try:
        moment = datetime.fromisoformat(iso).astimezone(_their_zone())
    except ValueError:
        return ""
    return f"{moment.day} {moment:%b, %H:%M}"


def _their_zone() -> ZoneInfo | None:
    """The browser's time zone; None (that of this machine) where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ValueError, ZoneInfoNotFoundError):
        return None
