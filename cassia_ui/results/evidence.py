"""The evidence card of one cluster."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.domain.annotation import Boost, ClusterResult, EvidenceItem, names_a_type
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement
from cassia_core.services.labels.names import (
    EvidenceLine,
    EvidenceReading,
    agreement_in_words,
    everyday_name,
    read_evidence,
)
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.words import LIGHT_BADGE

SHOWN_ITEMS, SHOWN_MARKERS = 6, 10
MEASURED = {
    "measured_here": "measured here",
    "only_elsewhere": "only in other clusters",
    "not_in_table": "not in the table",
    "not_in_data": "not in your data",
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


def reading_of(row: ClusterResult, data: DatasetResults) -> EvidenceReading | None:
    """The evidence of a cluster in reading order, beside all clusters' labels; None without evidence."""
    if row.evidence is None:
        return None
    return read_evidence(row.evidence, data.spec.species, [r.label for r in data.rows if r.label])


def evidence_table(
    row: ClusterResult, reading: EvidenceReading | None, *, everything: bool = False, with_words: bool = True
) -> str:
    """The genes behind a label with what was measured, in parts under heads, as HTML (all text escaped)."""
    if reading is None or not reading.lines:
        return f'<p class="cw-muted">{_no_items(row)}</p>'
    shown = reading if everything else reading.first(SHOWN_ITEMS)
    with_words = with_words and any(line.says for line in shown.lines)
    lines, head = "", ""
    for line in shown.lines:
        if shown.head(line.part) != head:
            head = shown.head(line.part)
            lines += f'<tr class="cw-part"><th colspan="{6 if with_words else 5}">{escaped(head)}</th></tr>'
        lines += _line(line, with_words)
    return gene_table(lines, "<th>What it adds</th>" if with_words else "")


def marker_bars(markers: ClusterMarkers | None, n: int = SHOWN_MARKERS) -> str:
    """The first genes of a cluster's marker list with what was measured, as HTML (all text escaped)."""
    if markers is None or not markers.genes:
        return f'<p class="cw-muted">{escaped(markers.reason if markers else "There is no marker list.")}</p>'
    lines = "".join(
        '<tr><td><span class="cw-gene '
        f'in">{escaped(g.gene)}</span></td>{measured_cells(g.log2fc, g.pct_in, g.pct_out)}'
        f"</tr>"
        for g in markers.genes[:n]
    )
    return gene_table(lines)


def gene_table(lines: str, more_heads: str = "") -> str:
    """Lines of genes (HTML, escaped) under the heads of what is measured of them."""
    head = (
        f'<tr><th>Gene</th><th class="n">log2 fold</th><th class="n"><span class="cw-key" style="background:'
        'var(--cw-accent)"></span>Here</th><th class="n"><span class="cw-key" '
        'style="background:var(--cw-other)">'
        f"</span>Elsewhere</th><th>Cells with the gene</th>{more_heads}</tr>"
    )
    table = f'<table class="cw-evidence"><thead>{head}</thead><tbody>{lines}</tbody></table>'
    return f'<div class="cw-wide" tabindex="0" role="region" aria-label="Genes as measured">{table}</div>'


def _no_items(row: ClusterResult) -> str:
    if not names_a_type(row.label):
        return "This cluster has no name that genes could speak for or against."
    if row.evidence is None or not row.evidence.known:
        return "The knowledge base does not know this label: it was not checked against the genes."
    return "No gene of this cluster is known to speak for or against the label."


def _line(line: EvidenceLine, with_words: bool) -> str:
    item, measured = line.item, line.item.measured
    cells = (
        measured_cells(measured.log2fc, measured.pct_in, measured.pct_out)
        if measured and (measured.log2fc is not None or measured.pct_in is not None)
        else f'<td colspan="4" class="cw-muted">{escaped(_why_no_numbers(item))}</td>'
    )
    words = f"<td>{escaped(line.says)}</td>" if with_words else ""
    chip = f'<span class="cw-gene {_CHIP[item.kind]}">{escaped(item.gene)}</span>'
    return f"<tr><td>{chip}</td>{cells}{words}</tr>"


def _why_no_numbers(item: EvidenceItem) -> str:
    """Why a gene of the evidence has no numbers."""
    if item.measured is None or item.measured.status == "measured_here":
        return "Not checked: the table has no numbers of this gene"
    return MEASURED[item.measured.status].capitalize()


def measured_cells(log2fc: float | None, here: float | None, there: float | None) -> str:
    """Cells of a line: fold change, shares, and bars of the shares; what is not known stays empty."""
    fold = "" if log2fc is None else f"{log2fc:+.1f}"
    shares = "".join(
        f'<i style="width:{100 * share:.0f}%"></i>' for share in (here, there) if share is not None
    )
    bars = "" if here is None else f'<div class="cw-bars">{shares}</div>'
    numbers = "".join(f'<td class="n">{text}</td>' for text in (fold, _percent(here), _percent(there)))
    return f"{numbers}<td>{bars}</td>"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def draw_readings(row: ClusterResult) -> None:
    """Light, and the three readings that stay apart, of the label that the run gave."""
    st.markdown(LIGHT_BADGE[row.light] + _verdict_badge(row))
    readings = []
    if row.evidence and row.evidence.score is not None:
        basis = "cells" if row.evidence.basis == "cells" else "marker list"
        readings.append(f"Evidence (measured, {basis}) **{row.evidence.score:.0f}** of 100")
    if row.score and row.opinion is not None:
        who = plain(row.score.model or row.model)
        readings.append(f"Score (opinion of {who}) **{row.opinion:.0f}** of 100")
    elif row.score and row.evidence and row.evidence.score is not None:
        readings.append(_score_of_evidence(row.score.value, row.evidence.score))
    if row.agreement:
        readings.append(f"Agreement: {plain(agreement_in_words(row.agreement))}")
    if readings:
        st.markdown("  \n".join(readings))
    if row.light_reason:
        st.markdown(plain(row.light_reason))
    if row.reason:
        st.markdown(f":orange[:material/info:] {plain(row.reason)}")
    if row.proposal and len(row.proposal.subtypes) > 1:
        st.markdown(f":gray[Also possible: {_names(row.proposal.subtypes[1:])}]")
    if row.proposal and row.proposal.mixed:
        st.markdown(f":orange-badge[:material/call_split: May be mixed] {_names(row.proposal.mixed)}")
    if row.boost:
        draw_boost(row.boost)


def _score_of_evidence(score: float, evidence: float) -> str:
    """What the offline engine's score adds to the evidence: nothing, or what its problems take off."""
    if round(score) == round(evidence):
        return ":gray[The offline engine scores by this evidence: no second opinion.]"
    return f":gray[The offline engine takes off 10 for each problem, which leaves {score:.0f}.]"


def _names(labels: Sequence[str]) -> str:
    return plain(", ".join(everyday_name(label) for label in labels))


def draw_boost(boost: Boost) -> None:
    """What was said before and after looking closer, and what was measured for it."""
    verdict = "label changed" if boost.accepted and boost.after.label != boost.before.label else "label kept"
    st.markdown(
        f":violet-badge[:material/manage_search: Looked closer, {verdict}]  \n"
        f"Before: **{_names((boost.before.label,))}**{_scored(boost.score_before)}. "
        f"After: **{_names((boost.after.label,))}**{_scored(boost.score_after)}. {plain(boost.reason)}"
    )
    if boost.measured:
        title = f"{len(boost.measured)} genes looked up in this cluster"
        draw_looked_up(boost.measured, title, with_top=True)


def draw_looked_up(measured: Sequence[GeneMeasurement], title: str, *, with_top: bool = False) -> None:
    """Genes that were looked up and what was measured, folded away; `with_top`: and the cluster where each is
    highest.
    """
    rows = [
        {
            "Gene": m.gene,
            "Found": MEASURED[m.status],
            "log2 fold": m.log2fc,
            "Here": m.pct_in,
            "Elsewhere": m.pct_out,
        }
        | ({"Most in cluster": m.top_cluster} if with_top else {})
        for m in measured
    ]
    with st.expander(title, type="compact"):
        st.dataframe(
            rows,
            hide_index=True,
            placeholder="",
            column_config={
                "Here": st.column_config.NumberColumn(format="percent"),
                "Elsewhere": st.column_config.NumberColumn(format="percent"),
                "log2 fold": st.column_config.NumberColumn(format="%+.1f"),
            },
            alt="Genes looked up with their measured values",
        )


def _scored(score: float | None) -> str:
    return "" if score is None else f" (score {score:.0f})"


def _verdict_badge(row: ClusterResult) -> str:
    """What the validator said, behind the light; "" for a cluster without a label."""
    if row.verdict and row.verdict.passed:
        return f" :gray-badge[Passed in round {row.iterations}]"
    if row.verdict:
        return " :orange-badge[:material/gavel: Not passed]"
    return " :orange-badge[:material/gavel: Not validated]" if row.label else ""
