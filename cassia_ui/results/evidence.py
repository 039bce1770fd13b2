"""The evidence card of one cluster."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.annotation import Boost, ClusterResult, EvidenceItem, names_a_type
from cassia_core.domain.config import AgentModel
from cassia_core.domain.markers import ClusterMarkers
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.words import LIGHT_BADGE

SHOWN_ITEMS, SHOWN_MARKERS = 6, 10
MEASURED = {
    "measured_here": "measured here",
    "only_elsewhere": "only in other clusters",
    "not_in_table": "not in the table",
    "not_in_data": "not in your data",
}
_ORDER = {
    "conflicting": 0,
    "cited_not_in_data": 1,
    "silent": 2,
    "supporting": 3,
    "unexpected": 4,
    "cited_not_in_list": 5,
    "not_measured": 6,
}
_SAYS = {
    "supporting": "Agrees",
    "silent": "Expected, but silent here",
    "conflicting": "Speaks against it",
    "unexpected": "Not expected",
    "not_measured": "Expected, not measured in your data",
    "cited_not_in_list": "Cited, not in the marker list",
    "cited_not_in_data": "Cited, not in your data",
}
_CHIP = {
    "supporting": "in",
    "silent": "measured",
    "conflicting": "measured",
    "unexpected": "measured",
    "not_measured": "absent",
    "cited_not_in_list": "measured",
    "cited_not_in_data": "absent",
}


def first_items(row: ClusterResult, n: int) -> list[EvidenceItem]:
    """The items to show first: the strongest support, and every kind of doubt."""
    items = list(row.evidence.items) if row.evidence else []
    support = [i for i in items if i.kind == "supporting"]
    doubt = sorted((i for i in items if i.kind != "supporting"), key=lambda i: (_ORDER[i.kind], -i.weight))
    half = max(n - len(doubt), n // 2)
    shown = support[:half]
    return shown + doubt[: n - len(shown)]


def evidence_table(row: ClusterResult, *, everything: bool = False, with_words: bool = True) -> str:
    """The genes behind a label with what was measured, as HTML (all text escaped)."""
    items = list(row.evidence.items) if everything and row.evidence else first_items(row, SHOWN_ITEMS)
    if not items:
        why = _no_items(row)
        return f'<p class="cw-muted">{why}</p>'
    lines = "".join(_line(i, with_words) for i in items)
    return _table(lines, "<th>What it says</th>" if with_words else "")


def marker_bars(markers: ClusterMarkers | None, n: int = SHOWN_MARKERS) -> str:
    """The first genes of a cluster's marker list with what was measured, as HTML (all text escaped)."""
    if markers is None or not markers.genes:
        return f'<p class="cw-muted">{escaped(markers.reason if markers else "There is no marker list.")}</p>'
    lines = "".join(
        '<tr><td><span class="cw-gene '
        f'in">{escaped(g.gene)}</span></td>{_measured(g.log2fc, g.pct_in, g.pct_out)}'
        f"</tr>"
        for g in markers.genes[:n]
    )
    return _table(lines)


def _table(lines: str, more_heads: str = "") -> str:
    head = (
        f'<tr><th>Gene</th><th class="n">log2 fold</th><th class="n"><span class="cw-key" style="background:'
        'var(--cw-accent)"></span>Here</th><th class="n"><span class="cw-key" '
        'style="background:var(--cw-other)">'
        f"</span>Elsewhere</th><th>Cells with the gene</th>{more_heads}</tr>"
    )
    return f'<table class="cw-evidence"><thead>{head}</thead><tbody>{lines}</tbody></table>'


def _no_items(row: ClusterResult) -> str:
    if not names_a_type(row.label):
        return "This cluster has no name that genes could speak for or against."
    if row.evidence is None or not row.evidence.known:
        return "The knowledge base does not know this label: it was not checked against the genes."
    return "No gene of this cluster is known to speak for or against the label."


def _line(item: EvidenceItem, with_words: bool) -> str:
    found = item.measured
    cells = _measured(found.log2fc, found.pct_in, found.pct_out) if found else _measured(None, None, None)
    words = f"<td>{escaped(item.text or _SAYS[item.kind])}</td>" if with_words else ""
    return f'<tr><td><span class="cw-gene {_CHIP[item.kind]}">{escaped(item.gene)}</span></td>{cells}{words}</tr>'


def _measured(log2fc: float | None, here: float | None, there: float | None) -> str:
    """Cells of a line: fold change, shares, and bars of the shares; what is not known stays empty."""
    fold = "" if log2fc is None else f"{log2fc:+.1f}"
    shares = "".join(
        f'<i style="width:{100 * share:.0f}%"></i>' for share in (here, there) if share is not None
    )
    bars = "" if here is None else f'<div class="cw-bars">{shares}</div>'
    return f'<td class="n">{fold}</td><td class="n">{_percent(here)}</td><td class="n">{_percent(there)}</td><td>{bars}</td>'


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def draw_readings(row: ClusterResult) -> None:
    """Light, and the three readings that stay apart, of the label that the run gave."""
    rounds = (
        f" :gray-badge[Passed in round {row.iterations}]"
        if row.verdict and row.verdict.passed
        else " :orange-badge[:material/gavel: Not passed]"
        if row.verdict
        else " :orange-badge[:material/gavel: Not validated]"
        if row.label
        else ""
    )
    st.markdown(LIGHT_BADGE[row.light] + rounds)
    readings = []
    if row.evidence and row.evidence.score is not None:
        basis = "cells" if row.evidence.basis == "cells" else "marker list"
        readings.append(f"Evidence (measured, {basis}) **{row.evidence.score:.0f}** of 100")
    if row.score:
        model = row.score.model or row.model
        who = "offline engine" if model == AgentModel().model else f"opinion of {plain(model)}"
        readings.append(f"Score ({who}) **{row.score.value:.0f}** of 100")
    if readings:
        st.markdown("  \n".join(readings))
    if row.light_reason:
        st.markdown(plain(row.light_reason))
    if row.reason:
        st.markdown(f":orange[:material/info:] {plain(row.reason)}")
    if row.proposal and len(row.proposal.subtypes) > 1:
        st.markdown(f":gray[Also possible: {plain(', '.join(row.proposal.subtypes[1:]))}]")
    if row.proposal and row.proposal.mixed:
        st.markdown(
            f":orange-badge[:material/call_split: May be mixed] {plain(', '.join(row.proposal.mixed))}"
        )
    if row.boost:
        draw_boost(row.boost)


def draw_boost(boost: Boost) -> None:
    """What was said before and after looking closer, and what was measured for it."""
    verdict = "label changed" if boost.accepted and boost.after.label != boost.before.label else "label kept"
    st.markdown(
        f":violet-badge[:material/manage_search: Looked closer, {verdict}]  \n"
        f"Before: **{plain(boost.before.label)}**{_scored(boost.score_before)}. "
        f"After: **{plain(boost.after.label)}**{_scored(boost.score_after)}. {plain(boost.reason)}"
    )
    if boost.measured:
        with st.expander(f"{len(boost.measured)} genes looked up in this cluster", type="compact"):
            st.dataframe(
                [
                    {
                        "Gene": m.gene,
                        "Found": MEASURED[m.status],
                        "log2 fold": m.log2fc,
                        "Here": m.pct_in,
                        "Elsewhere": m.pct_out,
                        "Most in cluster": m.top_cluster,
                    }
                    for m in boost.measured
                ],
                hide_index=True,
                placeholder="",
                column_config={
                    "Here": st.column_config.NumberColumn(format="percent"),
                    "Elsewhere": st.column_config.NumberColumn(format="percent"),
                    "log2 fold": st.column_config.NumberColumn(format="%+.1f"),
                },
                alt="Genes looked up for the boost with their measured values",
            )


def _scored(score: float | None) -> str:
    return "" if score is None else f" (score {score:.0f})"
