"""Draw a `RunView`: bar, stages, tiles, cost, what is happening now."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from cassia_core.domain.config import OFFLINE, RunConfig
from cassia_core.domain.progress import FINISHED, ClusterTile, DatasetView, RunView
from cassia_core.services.results import label_colours
from cassia_ui import session
from cassia_ui.markup import plain
from cassia_ui.words import AGENT_ICONS, AGENT_NAMES, STAGE_NAMES, cells, money, tile_badge

SHOWN_TILES = 60
RECENT_TURNS = 4


def draw_bar(view: RunView) -> None:
    """Overall progress in one line and a bar."""
    total = sum(len(d.tiles) for d in view.datasets)
    done = sum(d.finished_clusters for d in view.datasets)
    if total:
        text = f"**{done} of {total} clusters done.** {_time_left(view, done, total)}"
        st.progress(done / total, text=text)
    else:
        running = [s for d in view.datasets for s in d.stages if s.state == "running"]
        text = f"**{STAGE_NAMES[running[0].stage]}.**" if running else "**Starting.**"
        finished = sum(s.state == "done" for d in view.datasets for s in d.stages)
        st.progress(min(0.9, finished / 12), text=text)


def _time_left(view: RunView, done: int, total: int) -> str:
    if done == 0 or done == total or view.state != "running":
        return ""
    annotating = next((s for d in view.datasets for s in d.stages if s.stage == "annotate"), None)
    if annotating is None or not view.turns:
        return ""
    begun, last = datetime.fromisoformat(view.turns[0].at), datetime.fromisoformat(view.turns[-1].at)
    seconds = (last - begun).total_seconds() / done * (total - done)
    if seconds < 5:
        return "A few seconds left."
    return f"About {seconds:.0f} s left." if seconds < 90 else f"About {seconds / 60:.0f} min left."


def draw_stages(dataset: DatasetView) -> None:
    """The stages so far as a time line."""
    for stage in dataset.stages:
        name = STAGE_NAMES[stage.stage]
        if stage.state == "done":
            took = "" if stage.seconds is None else f", {stage.seconds:.1f} s"
            st.markdown(f":green[:material/check_circle:] **{name}**  \n:gray[{plain(stage.summary) or 'done'}{took}]")
        elif stage.state == "failed":
            st.markdown(f":orange[:material/pause_circle:] **{name}**  \n:gray[not finished]")
        else:
            percent = f", {stage.fraction:.0%}" if stage.fraction else ""
            st.markdown(f":blue[:material/pending:] **{name}**  \n:gray[under way{percent}]")
    if not dataset.stages:
        st.markdown(":gray[:material/circle: The stages appear here.]")


def draw_tiles(dataset: DatasetView) -> None:
    """A tile per cluster."""
    if not dataset.tiles:
        st.markdown(":gray[A tile per cluster appears here as soon as the clusters are known.]")
        st.skeleton(120)
        return
    colours = label_colours([t.label for t in dataset.tiles if t.label], "dark" if session.dark() else "light")
    grid = st.grid(columns=3, min_column_width=150, gap="xsmall", border=True)
    for tile in dataset.tiles[:SHOWN_TILES]:
        with grid.cell():
            st.markdown(_tile(tile, colours.get(tile.label, "")))
    if len(dataset.tiles) > SHOWN_TILES:
        st.caption(f"{len(dataset.tiles) - SHOWN_TILES} more clusters; all are in the results.")


def _tile(tile: ClusterTile, colour: str) -> str:
    dot = f':color[●]{{foreground="{colour}"}} ' if colour and tile.label else ""
    size = f" ({cells(tile.n_cells)})" if tile.n_cells is not None else ""
    label = f"**{plain(tile.label)}**" if tile.label else f":gray[no label{'' if tile.state in FINISHED else ' yet'}]"
    reason = f"  \n:gray[{plain(tile.reason[:140])}]" if tile.reason else ""
    return f"{dot}:gray[Cluster {plain(tile.cluster)}{size}]  \n{label}  \n{tile_badge(tile)}{reason}"


def draw_cost(view: RunView, config: RunConfig) -> None:
    """Cost, tokens and calls so far."""
    with st.container(border=True):
        if set(config.providers()) <= {OFFLINE}:
            st.markdown(":green-badge[:material/lock: No cost, nothing sent]")
            st.markdown(f":gray[{view.usage.calls} questions answered by the offline engine]")
            return
        first, second, third = st.columns(3)
        known = view.usage.cost_usd if not view.usage.unpriced_calls else None
        first.metric("Cost so far", money(known))
        second.metric("Tokens", f"{view.usage.total_tokens / 1000:,.0f} k")
        third.metric("Calls", f"{view.usage.calls}")
        limit = config.annotation.max_cost_usd if config.annotation else None
        if limit and known is not None:
            share = min(1.0, known / limit)
            close = " :orange-badge[:material/contrast: Close to your limit]" if share >= 0.8 else ""
            st.progress(share, text=f"{share:.0%} of your ${limit:.2f} limit{close}")


def draw_now(view: RunView) -> None:
    """The last few turns of the conversations."""
    with st.container(border=True):
        if not view.turns:
            st.markdown(":gray[The conversation appears here as the agents speak.]")
        for turn in view.turns[-RECENT_TURNS:]:
            note = " :gray[no language model]" if turn.agent == "checks" else ""
            st.markdown(f"{AGENT_ICONS[turn.agent]} **{AGENT_NAMES[turn.agent]}**{note} "
                        f":gray[cluster {plain(turn.cluster)}, round {turn.attempt}]  \n{plain(_short(turn.text))}")


def _short(text: str) -> str:
    words = text.split("```")[0].strip()
    return words if len(words) <= 220 else words[:220].rsplit(" ", 1)[0] + " …"
