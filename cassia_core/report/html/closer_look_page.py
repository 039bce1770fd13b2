"""A closer look at one cluster as one HTML file that needs nothing else, and its conversation as text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.closer_look import CloserLook, Standing
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.wording import AGENT_NAMES, LIGHT_WORDS
from cassia_core.report.html.comparison_page import page_of
from cassia_core.runs.codec import write_text


def write_closer_look(path: Path, title: str, look: CloserLook, turns: Iterable[Turn]) -> None:
    """Write before and after, the question with its answer, the values measured and what was said."""
    asked = (
        f"<h2>Question</h2><p>{escape(look.question)}</p><p>{escape(look.answer) or 'No answer.'}</p>"
        if look.question
        else ""
    )
    values = "".join(
        f"<tr><td><i>{escape(m.gene)}</i></td><td>{escape(m.status.replace('_', ' '))}</td>"
        f'<td class="n">{_share(m.pct_in)}</td><td class="n">{_share(m.pct_out)}</td></tr>'
        for m in look.boost.measured
    )
    said = "".join(f"<h3>{escape(_who(t))}</h3><pre>{escape(t.text)}</pre>" for t in turns)
    body = (
        f"<h1>{escape(title)}</h1>{asked}<h2>Before</h2>{_standing(look.before)}<h2>After</h2>"
        f"{_standing(look.after)}<p>{escape(look.boost.reason)}</p><h2>Genes looked up</h2><div><table>"
        "<thead><tr><th>Gene</th><th>Found</th><th>Here</th><th>Elsewhere</th></tr></thead>"
        f"<tbody>{values}</tbody></table></div><h2>Conversation</h2>{said}"
    )
    write_text(path, page_of(title, body))


def raw_conversation(turns: Iterable[Turn]) -> str:
    """Every turn as it came, with who said it."""
    return "\n\n".join(f"## {_who(turn)}\n\n{turn.text}" for turn in turns) + "\n"


def _who(turn: Turn) -> str:
    model = f", {turn.model}" if turn.model else ""
    return f"{AGENT_NAMES[turn.role]}, round {turn.attempt}{model}"


def _standing(standing: Standing) -> str:
    lines = [f"<b>{escape(everyday_name(standing.label))}</b>"]
    if standing.light is not None:
        lines.append(f"{LIGHT_WORDS[standing.light]}: {escape(standing.light_reason)}")
    if standing.evidence is not None and standing.evidence.score is not None:
        lines.append(f"Evidence (measured) {standing.evidence.score:.0f} of 100")
    if standing.score is not None:
        lines.append(f"Score {standing.score:.0f} of 100")
    return f"<p>{'<br>'.join(lines)}</p>"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
