"""The app's words for states, stages and agents: one place, so that all pages say the same."""

from __future__ import annotations

from cassia_core.domain.annotation import ClusterResult, Light
from cassia_core.domain.config import OFFLINE
from cassia_core.domain.events import Stage
from cassia_core.domain.progress import ClusterTile
from cassia_core.services.runs import RunSummary
from cassia_ui.markup import plain

LIGHT_BADGE: dict[Light | None, str] = {
    "high": ":green-badge[:material/check_circle: High confidence]",
    "medium": ":orange-badge[:material/contrast: Medium confidence]",
    "look": ":red-badge[:material/warning: Look at this]",
    None: ":gray-badge[:material/remove: No label]",
}
LIGHT_SHORT: dict[Light | None, str] = {"high": "● High", "medium": "◐ Medium", "look": "▲ Look", None: "– None"}
STAGE_NAMES: dict[Stage, str] = {
    "read": "Read the file", "qc": "Choose cells", "normalise": "Normalise, take logs",
    "variable_genes": "Find variable genes", "pca": "Principal components", "neighbors": "Find neighbours",
    "umap": "Draw the map (UMAP)", "leiden": "Find clusters (Leiden)", "markers": "Find marker genes",
    "annotate": "Annotate and check", "merge": "Group the labels", "write": "Write files and report",
}
AGENT_NAMES = {"annotator": "Annotator", "checks": "Checks", "validator": "Validator", "formatter": "Formatter",
               "scorer": "Scorer", "booster": "Booster", "merger": "Merger"}
AGENT_ICONS = {"annotator": ":material/edit_note:", "checks": ":material/rule:", "validator": ":material/gavel:",
               "formatter": ":material/data_object:", "scorer": ":material/speed:",
               "booster": ":material/manage_search:", "merger": ":material/account_tree:"}
_TILES = {
    "waiting": ":gray-badge[:material/schedule: Waiting]", "annotating": ":blue-badge[:material/edit_note: Annotating]",
    "checking": ":blue-badge[:material/rule: Checking]", "scoring": ":blue-badge[:material/speed: Scoring]",
    "boosting": ":violet-badge[:material/manage_search: Looking closer]",
    "done": ":green-badge[:material/check_circle: Done]", "look": ":red-badge[:material/warning: Look at this]",
    "skipped": ":gray-badge[:material/remove: Not annotated]",
    "failed": ":orange-badge[:material/refresh: No answer, retry]",
}
_RUN_STATES = {
    "queued": ":gray-badge[:material/schedule: Starting]", "running": ":blue-badge[:material/play_circle: Running]",
    "success": ":green-badge[:material/check_circle: Done]",
    "partial": ":orange-badge[:material/contrast: Done, some without answer]",
    "failed": ":red-badge[:material/error: Failed]", "cancelled": ":gray-badge[:material/cancel: Cancelled]",
    "interrupted": ":orange-badge[:material/pause_circle: Interrupted]",
}
OFFLINE_LINE = "The offline engine answered: a look-up in our marker knowledge base, not a language model."


def tile_badge(tile: ClusterTile) -> str:
    """State of a cluster on the Run page."""
    if tile.state == "scored" and tile.score is not None:
        return f":green-badge[:material/check_circle: Scored {tile.score:.0f}]"
    if tile.state == "checking" and tile.attempt > 1:
        return f":blue-badge[:material/rule: Checking, round {tile.attempt}]"
    return _TILES.get(tile.state, _TILES["done"])


def run_badge(run: RunSummary) -> str:
    """State of a run, with what there is to do."""
    if run.state == "interrupted":
        return f":orange-badge[:material/pause_circle: Stopped at {run.finished_clusters}]"
    if run.state == "success" and run.to_look_at:
        return f":orange-badge[:material/contrast: Done, {run.to_look_at} to look at]"
    return _RUN_STATES[run.state]


def engine_name(provider: str, model: str) -> str:
    """Who answers, for people."""
    return "Offline engine" if provider == OFFLINE else f"{provider}: {model}" if provider else "No annotation"


def cells(n: int | None) -> str:
    """A number of cells with its unit; "" when there are no cells."""
    return "" if n is None else f"{n:,} cell{'' if n == 1 else 's'}"


def cluster_line(row: ClusterResult) -> str:
    """Label, cluster and size on one line (Markdown)."""
    rounds = f", {row.iterations} rounds" if row.iterations > 1 else ""
    size = f", {cells(row.n_cells)}" if row.n_cells is not None else ""
    return f"**{plain(row.label or 'No label')}** :gray[cluster {plain(row.cluster)}{size}{rounds}]"


def money(cost_usd: float | None) -> str:
    """A cost; an unknown price is said."""
    if cost_usd is None:
        return "unknown"
    return "under $0.01" if 0 < cost_usd < 0.01 else f"${cost_usd:.2f}"


def when(iso: str) -> str:
    """A date for people: "21 Nov, 10:21"."""
    from datetime import datetime
    try:
        moment = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return ""
    return f"{moment.day} {moment:%b, %H:%M}"
