"""Follow a run on the terminal until it ends."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from tqdm import tqdm

from cassia_core.domain.progress import RunView, StageView
from cassia_core.services.runs import runs

POLL_S = 0.3


def follow(run_id: str, root: Path, *, quiet: bool) -> RunView:
    """Draw progress until the worker is done, and say what a person should know on the way. Ctrl-C asks it to
    stop, and waits for that.
    """
    told = Told()
    with tqdm(total=1, unit=" clusters", disable=quiet or None, file=sys.stderr, leave=False) as bar:
        while True:
            try:
                view = runs.view_run(run_id, root)
                if view.state in (*runs.ENDED, "interrupted"):
                    return view
                told.tell_news(view)
                _draw(bar, view)
                time.sleep(POLL_S)
            except KeyboardInterrupt:
                tqdm.write("Stopping; what is done is kept.", file=sys.stderr)
                runs.cancel_run(run_id, root)


class Told:
    """What was said on the terminal already."""

    def __init__(self) -> None:
        self._notices = 0
        self._pause = ""

    def tell_news(self, view: RunView) -> None:
        """Print notices and pauses that are new, also where there is no bar."""
        for notice in view.notices[self._notices :]:
            tqdm.write(notice, file=sys.stderr)
        self._notices = len(view.notices)
        if view.paused_until != self._pause:
            self._pause = view.paused_until
            tqdm.write(pause_in_words(view) or "The run goes on.", file=sys.stderr)


def pause_in_words(view: RunView) -> str:
    """Until when a run waits, and why, in this computer's time; "" when it does not wait."""
    if not view.paused_until:
        return ""
    until = datetime.fromisoformat(view.paused_until).astimezone()
    return (
        f"Paused until {until:%d %B, %H:%M:%S}. {view.paused_why} It goes on by itself then; or stop it and "
        "resume it later. What is done is kept."
    )


def _draw(bar: tqdm, view: RunView) -> None:
    if view.state == "queued":
        bar.set_description_str("waiting for its turn on this machine")
        bar.refresh()
        return
    running = [d for d in view.datasets if d.status == "running"]
    stages = [_told(s) for d in running for s in d.stages if s.state == "running"]
    bar.total = max(1, sum(len(d.tiles) for d in view.datasets))
    bar.n = sum(d.finished_clusters for d in view.datasets)
    part = running[0].part if running else None
    of_file = f" ({part[0]:,} of {part[1]:,} cells)" if part else ""
    name = running[0].name if running else "starting"
    bar.set_description_str(f"{name}{of_file}: {', '.join(stages) or 'waiting'}")
    bar.refresh()


def _told(stage: StageView) -> str:
    """Such as "umap 40%, 12 s left"."""
    share = f" {stage.fraction:.0%}" if stage.fraction else ""
    left = "" if stage.seconds_left is None else f", {stage.seconds_left:.0f} s left"
    return f"{stage.stage}{share}{left}"
