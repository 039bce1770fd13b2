"""Draw a `RunView`: bar, stages, tiles, cost, what is happening now."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from cassia_core.domain.config import OFFLINE, AnnotationParams, RunConfig
from cassia_core.domain.conversation import ASKS_NO_MODEL, Speaking
from cassia_core.domain.counting_words import counted
from cassia_core.domain.events import Stage
from cassia_core.domain.progress import FINISHED, ClusterTile, DatasetView, RunView
from cassia_core.look.wording import AGENT_NAMES, NO_LABEL
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.runs.results import label_colours
from cassia_core.services.runs.runs import QueuePlace
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.words import (
    AGENT_ICONS,
    STAGE_NAMES,
    cells,
    labelled_of,
    money,
    named_clusters,
    part_of_cells,
    reason_in_words,
    tile_badge,
)

SHOWN_TILES = 60
RECENT_TURNS = 4


def draw_bar(view: RunView) -> None:
    """Overall progress in one line and a bar."""
    tiles = [t for d in view.datasets for t in d.tiles]
    done = sum(t.state in FINISHED for t in tiles)
    if view.state not in ("queued", "running"):
        st.progress(done / len(tiles) if tiles else 0.0, text=_tally(view, tiles))
    elif tiles:
        st.progress(
            done / len(tiles),
            text=f"**{done} of {len(tiles)} clusters done.** {_time_left(view, done, len(tiles))}",
        )
    else:
        running = [s for d in view.datasets for s in d.stages if s.state == "running"]
        text = (
            f"**{STAGE_NAMES[running[0].stage]}.**" if running else "**Starting.** This takes a few seconds."
        )
        finished = sum(s.state == "done" for d in view.datasets for s in d.stages)
        st.progress(min(0.9, finished / 12), text=text)


def draw_place(place: QueuePlace) -> None:
    """Where a run stands that waits for its turn, and when it will start as far as that is known."""
    first = "**Waiting: it is the next to start.**" if not place.ahead else _others_first(place.ahead)
    if place.starts_in is None:
        when = "How long that takes is not known yet: nothing has finished on this machine so far."
    elif place.starts_in < 5:
        when = "It starts within seconds."
    else:
        when = f"It should start in {_duration(place.starts_in)}, as earlier runs here took."
    st.progress(0.0, text=f"{first} {when} You can leave this page.")


def _others_first(ahead: int) -> str:
    return (
        f"**Waiting: {ahead} other{'' if ahead == 1 else 's'} start{'s' if ahead == 1 else ''} before it.**"
    )


def _duration(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"


def _tally(view: RunView, tiles: list[ClusterTile]) -> str:
    """What became of the clusters of a run that is at rest."""
    if not tiles:
        return "**No cluster was reached.**"
    named = sum(d.labelled_clusters for d in view.datasets)
    states = [t.state for t in tiles]
    unknown = sum(t.state in FINISHED and bool(t.label) for t in tiles) - named
    rest = [
        (unknown, "Unknown"),
        (states.count("failed"), "without an answer"),
        (states.count("skipped"), "not annotated"),
        (sum(s not in FINISHED for s in states), "not done yet"),
    ]
    parts = ", ".join(f"{n} {words}" for n, words in rest if n)
    return f"**{labelled_of(named, len(tiles))}.** {parts}{'.' if parts else ''}"


def _time_left(view: RunView, done: int, total: int) -> str:
    won = done - view.done_before
    if won < 1 or done == total or not view.talking_since:
        return ""
    begun, last = datetime.fromisoformat(view.talking_since), datetime.fromisoformat(view.turns[-1].at)
    seconds = (last - begun).total_seconds() / won * (total - done)
    return f"{_left(seconds).capitalize()}."


def _left(seconds: float) -> str:
    if seconds < 5:
        return "a few seconds left"
    return f"{_duration(seconds)} left"


def draw_stages(dataset: DatasetView, annotation: AnnotationParams | None, at_rest: bool) -> None:
    """The stages as a time line: those so far, and those that are sure to come."""
    part = part_of_cells(dataset.part)
    for stage in dataset.stages:
        name = STAGE_NAMES[stage.stage] + (f" :gray-badge[{part}]" if part else "")
        if stage.state == "done":
            took = "" if stage.seconds is None else f", {stage.seconds:.1f} s"
            st.markdown(
                f":green[:material/check_circle:] **{name}**  \n:gray[{plain(stage.summary) or 'done'}{took}]"
            )
        elif stage.state == "failed":
            st.markdown(f":orange[:material/pause_circle:] **{name}**  \n:gray[not finished]")
        else:
            percent = f", {stage.fraction:.0%}" if stage.fraction else ""
            left = "" if stage.seconds_left is None else f", {_left(stage.seconds_left)}"
            st.markdown(f":blue[:material/pending:] **{name}**  \n:gray[under way{percent}{left}]")
    seen = {s.stage for s in dataset.stages}
    merges = annotation is not None and annotation.merge
    last: tuple[tuple[Stage, bool], ...] = (
        ("annotate", annotation is not None),
        ("merge", merges),
        ("write", True),
    )
    coming = [s for s, planned in last if planned and s not in seen]
    for name in coming if not at_rest else ():
        of_part = f", {part}" if part else ""
        st.markdown(f":gray[:material/circle: {STAGE_NAMES[name]}]  \n:gray[to come{of_part}]")


def draw_tiles(dataset: DatasetView, at_rest: bool) -> None:
    """A tile per cluster."""
    if not dataset.tiles:
        st.markdown(
            ":gray[The clusters were not reached.]"
            if at_rest
            else ":gray[A tile per cluster appears here as soon as the clusters are known.]"
        )
        if not at_rest:
            st.skeleton(120)
        return
    colours = label_colours([t.label for t in dataset.tiles if t.label], session.theme())
    grid = st.grid(columns=3, min_column_width=150, gap="xsmall", border=True)
    for tile in dataset.tiles[:SHOWN_TILES]:
        with grid.cell():
            st.markdown(_tile(tile, colours.get(tile.label, ""), at_rest))
    if len(dataset.tiles) > SHOWN_TILES:
        st.caption(f"{len(dataset.tiles) - SHOWN_TILES} more clusters; all are in the results.")


def _tile(tile: ClusterTile, colour: str, at_rest: bool) -> str:
    dot = f':color[●]{{foreground="{colour}"}} ' if colour and tile.label else ""
    size = f" ({cells(tile.n_cells)})" if tile.n_cells is not None else ""
    to_come = tile.state not in FINISHED and not at_rest
    without = "no label yet" if to_come else NO_LABEL.lower()
    label = f"**{plain(everyday_name(tile.label))}**" if tile.label else f":gray[{without}]"
    reason = f"  \n:gray[{plain(_first_sentence(reason_in_words(tile.reason)))}]" if tile.reason else ""
    return (
        f"{dot}:gray[Cluster {plain(tile.cluster)}{size}]  \n{label}  \n{tile_badge(tile, at_rest)}{reason}"
    )


def _first_sentence(text: str) -> str:
    return text.split(". ")[0][:140].rstrip(".") + "."


def draw_cost(view: RunView, config: RunConfig) -> None:
    """Cost, tokens and calls so far."""
    with st.container(border=True):
        if set(config.providers()) <= {OFFLINE}:
            st.markdown(":green-badge[:material/lock: No cost, nothing sent]")
            st.markdown(f":gray[{view.usage.calls} questions answered by the offline engine]")
            return
        first, second, third = st.columns((5, 4, 3))
        known = view.usage.cost_usd if not view.usage.unpriced_calls else None
        first.metric("Cost so far", money(known) if known is not None else "?")
        second.metric("Tokens", f"{view.usage.total_tokens / 1000:,.0f} k")
        third.metric("Calls", f"{view.usage.calls}")
        if known is None:
            st.caption("We do not know the price of this model.")
        if view.failed_calls:
            st.caption(
                f"{counted(view.failed_calls, 'question', 'questions')} failed and "
                f"{'was' if view.failed_calls == 1 else 'were'} asked again where that can help. What the "
                "server said stands with the cluster."
            )
        limit = config.annotation.max_cost_usd if config.annotation else None
        if limit and known is not None:
            share = min(1.0, known / limit)
            close = " :orange-badge[:material/contrast: Close to your limit]" if share >= 0.8 else ""
            st.progress(share, text=f"{share:.0%} of your ${limit:.2f} limit{close}")


def draw_pause(view: RunView) -> None:
    """Until when the run waits, in the reader's own time, and what can be done meanwhile."""
    if not view.paused_until:
        return
    until = datetime.fromisoformat(view.paused_until)
    zone = st.context.timezone
    local = until.astimezone(ZoneInfo(zone)) if zone else until
    with st.container(border=True, key="problem_ask_paused"):
        st.markdown(
            f":material/schedule: **Paused until {local:%d %B, %H:%M}{'' if zone else ' UTC'}.** "
            f"{plain(view.paused_why)}"
        )
        st.markdown(
            "It goes on by itself then; you can leave this page. Cancel it to go on at another time with "
            "Resume: what is done is kept, and no answer is paid for twice."
        )


def draw_now(view: RunView, dataset: DatasetView, at_rest: bool, speaking: tuple[Speaking, ...] = ()) -> None:
    """The conversation about one cluster at work, kept until that cluster is finished, with the words of the
    reply that is being written.
    """
    turns = [t for t in view.turns if t.dataset == dataset.name]
    now = [s for s in speaking if s.dataset == dataset.name and s.cluster] if not at_rest else []
    with st.container(border=True):
        if not turns and now:
            st.markdown(f"**Cluster {plain(now[-1].cluster)}**")
            _draw_speaking(now[-1])
            return
        if not turns:
            st.markdown(
                ":gray[Nobody was asked.]"
                if at_rest
                else ":gray[The conversation appears here as the agents speak.]"
            )
            return
        at_work = [t.cluster for t in dataset.tiles if t.state not in (*FINISHED, "waiting")]
        cluster = _followed(dataset.name, at_work, [t.cluster for t in turns])
        tile = next((t for t in dataset.tiles if t.cluster == cluster), None)
        st.markdown(f"**Cluster {plain(cluster)}** {tile_badge(tile, at_rest) if tile else ''}")
        for turn in [t for t in turns if t.cluster == cluster][-RECENT_TURNS:]:
            note = "no language model" if turn.agent in ASKS_NO_MODEL else f"round {turn.attempt}"
            st.markdown(
                f"{AGENT_ICONS[turn.agent]} **{AGENT_NAMES[turn.agent]}** :gray[{note}]  "
                f"\n{plain(_short(turn.text))}"
            )
        for reply in [s for s in now if s.cluster == cluster and cluster in at_work]:
            _draw_speaking(reply)
        others = [c for c in at_work if c != cluster]
        if others:
            st.markdown(f":gray[Also at work: {named_clusters(others)}.]")


def _draw_speaking(reply: Speaking) -> None:
    """The last words of a reply under way."""
    doing = "is thinking" if reply.thinking else "is writing"
    words = " ".join(reply.text.split())[-220:]
    st.markdown(
        f"{AGENT_ICONS[reply.agent]} **{AGENT_NAMES[reply.agent]}** :gray[{doing}]  \n:gray[… {plain(words)}]"
    )


def _followed(dataset: str, at_work: list[str], spoken: list[str]) -> str:
    """The cluster to listen to: the same as before while it is at work, else the one that spoke last."""
    name = f"followed_{dataset}"
    if session.value(name) not in at_work:
        session.remember(name, next((c for c in reversed(spoken) if c in at_work), spoken[-1]))
    return session.value(name)


def _short(text: str) -> str:
    words = text.split("```")[0].strip()
    return words if len(words) <= 220 else words[:220].rsplit(" ", 1)[0] + " …"
