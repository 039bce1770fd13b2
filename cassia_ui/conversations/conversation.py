"""The conversation of one cluster as a chat, with gene chips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import OFFLINE
from cassia_core.domain.conversation import ASKS_NO_MODEL, SIGNATURE, repairs_in_words
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.look.turn_text import readable, repeated
from cassia_core.look.wording import AGENT_NAMES
from cassia_ui.frame.markup import gene_chip, plain, with_chips
from cassia_ui.frame.words import AGENT_ICONS, money

_VERDICTS = {"passed": "Passed", "not_passed": "Not yet", "failed": "No answer"}


def draw_turns(
    row: ClusterResult,
    markers: ClusterMarkers | None,
    is_measured: Callable[[str], bool],
    words: Sequence[str] = (),
) -> None:
    """All turns of a cluster; `words` that were searched for are marked."""
    genes = _genes_of(row, markers)
    earlier = repeated([f"{turn.role} {_said(turn.text, at)}" for at, turn in enumerate(row.turns)])
    for at, turn in enumerate(row.turns):
        with st.container(gap="xxsmall"):
            note = "no language model" if turn.role in ASKS_NO_MODEL else f"round {turn.attempt}"
            verdict = (
                f'<span class="cw-verdict {turn.outcome}">{_VERDICTS[turn.outcome]}</span>'
                if turn.outcome
                else ""
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.markdown(
                    f"{AGENT_ICONS[turn.role]} **{AGENT_NAMES[turn.role]}** :gray[{note}]", width="stretch"
                )
                if verdict:
                    st.html(verdict, width="content")
            text = with_chips(
                _said(turn.text, at), genes, lambda g: gene_chip(g, markers, is_measured, words), words
            )
            same = earlier[at]
            if same is None:
                st.html(f'<div class="cw-turn"><p>{text}</p></div>')
            else:
                with st.expander(f"Word for word as in round {row.turns[same].attempt}", type="compact"):
                    st.html(f'<div class="cw-turn"><p>{text}</p></div>')
            if turn.repairs:
                st.caption(f"Read after a repair: {'; '.join(repairs_in_words(turn.repairs))}.")


def _said(text: str, at: int) -> str:
    """The words of a turn; that the offline engine is no language model is said in the first one only."""
    words = readable(text)
    return words if at == 0 else words.replace(SIGNATURE, "").strip()


def _genes_of(row: ClusterResult, markers: ClusterMarkers | None) -> frozenset[str]:
    listed = set(markers.symbols()) if markers else set()
    evidence = {i.gene for i in row.evidence.items} if row.evidence else set()
    cited = set(row.proposal.key_genes) if row.proposal else set()
    asked = {m.gene for m in row.boost.measured} if row.boost else set()
    return frozenset(g for g in listed | evidence | cited | asked if len(g) > 1)


def _of_these(tokens: int, what: str) -> str:
    return f" ({tokens:,} {what})" if tokens else ""


def draw_sent(row: ClusterResult) -> None:
    """Prompts on demand: exactly what was sent."""
    asked = [t for t in row.turns if t.sent]
    if not asked:
        st.markdown(
            ":gray[No question about this cluster was answered; only answered ones are kept here.]"
            if row.turns
            else ":gray[Nobody was asked about this cluster.]"
        )
        return
    if all(t.provider == OFFLINE for t in asked):
        st.markdown(
            ":gray[The offline engine read these questions on this computer; nothing was sent anywhere.]"
        )
    for turn in asked:
        paid = "replayed, nothing paid" if turn.replayed else money(turn.cost_usd)
        tokens = (
            f"{turn.input_tokens:,} tokens in{_of_these(turn.cached_tokens, 'from the cache')}, "
            f"{turn.output_tokens:,} out{_of_these(turn.reasoning_tokens, 'for thinking')}"
        )
        st.markdown(
            f"**{AGENT_NAMES[turn.role]}**, round {turn.attempt}, {plain(turn.model)}: "
            f"{tokens if turn.counted else 'tokens unknown (the server gave no count)'}, {paid}, "
            f"{turn.latency_s:.1f} s"
        )
        for message in turn.sent:
            st.code(f"[{message.role}]\n{message.content}", language=None, wrap_lines=True)
