"""What further opinions look like beside the first label, as HTML (all text escaped)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cassia_core.domain.annotation import Evidence
from cassia_core.domain.opinions.comparison import Comparison, ModelScores, TellingGene
from cassia_core.domain.opinions.opinion import Consensus, OpinionAnswer
from cassia_core.services.labels.names import everyday_name
from cassia_ui.frame.markup import escaped
from cassia_ui.results.evidence import gene_table, measured_cells

SHOWN_GENES = 4
_WITHOUT_VALUES = {
    "only_elsewhere": "Listed for other clusters only:",
    "not_in_table": "Not in the marker table, which says nothing of them:",
    "not_in_data": "Not in your data:",
}


def votes_by_level(consensus: Consensus) -> str:
    """A bar for every type that answers name or imply, broad ones first; the agreed one is marked."""
    lines = ""
    for level in consensus.levels:
        agreed = level.name == consensus.label
        # One answer alone agrees with nobody.
        shared = agreed and consensus.answered > 1
        mark = ' <span class="cw-verdict passed">agreed</span>' if shared else ""
        name = (
            f"<b>{escaped(everyday_name(level.name))}</b>" if agreed else escaped(everyday_name(level.name))
        )
        share = 100 * level.votes / consensus.answered if consensus.answered else 0
        lines += (
            f'<tr><td>{name}{mark}</td><td class="n">{level.votes} of {consensus.answered}</td>'
            f'<td><div class="cw-bars"><i style="width:{share:.0f}%"></i></div></td></tr>'
        )
    head = '<tr><th>Type, broad to fine</th><th class="n">Answers</th><th>Share</th></tr>'
    return f'<table class="cw-evidence"><thead>{head}</thead><tbody>{lines}</tbody></table>'


def answers_table(answers: Sequence[OpinionAnswer]) -> str:
    """Every answer: whose, what, and the evidence measured for it; a missing one says why."""
    lines = ""
    for answer in answers:
        who = "the run itself" if answer.first else escaped(answer.model)
        after = " after the discussion" if answer.round > 1 else ""
        if answer.status == "missing":
            said = f'<span class="cw-muted">missing: {escaped(answer.reason)}</span>'
        else:
            said = escaped(everyday_name(answer.label))
        score = "" if answer.evidence_score is None else f"{answer.evidence_score:.0f}"
        lines += f'<tr><td>{who}{after}</td><td>{said}</td><td class="n">{score}</td></tr>'
    head = '<tr><th>Who</th><th>Answer</th><th class="n">Evidence (measured)</th></tr>'
    return f'<table class="cw-evidence"><thead>{head}</thead><tbody>{lines}</tbody></table>'


def matrix(comparison: Comparison) -> str:
    """Candidates by models, each with its standing score; then their mean, and apart the evidence."""
    rows = comparison.standing()
    verdict = comparison.verdict()
    heads = "".join(f'<th class="n">{escaped(row.model)}</th>' for row in rows)
    mean = '<th class="n">Mean</th>' if len(rows) > 1 else ""
    lines = ""
    for index, name in enumerate(comparison.candidates):
        cells = "".join(_score_cell(comparison, row, index) for row in rows)
        if mean:
            cells += f'<td class="n">{_number(comparison.mean_score(name))}</td>'
        shared = verdict.type == name and verdict.answered > 1
        mark = ' <span class="cw-verdict passed">agreed</span>' if shared else ""
        evidence = comparison.evidence[index] if index < len(comparison.evidence) else None
        lines += (
            f"<tr><td><b>{escaped(everyday_name(name))}</b>{mark}</td>{cells}{_evidence_cells(evidence)}</tr>"
        )
    head = (
        f"<tr><th>Candidate</th>{heads}{mean}"
        '<th class="n cw-apart">Evidence (measured)</th><th>Speak for it</th><th>Against</th></tr>'
    )
    return f'<table class="cw-evidence"><thead>{head}</thead><tbody>{lines}</tbody></table>'


def _score_cell(comparison: Comparison, row: ModelScores, index: int) -> str:
    score = row.scores[index]
    best = score.type in row.best
    earlier = next(
        (
            other.scores[index].score
            for other in comparison.rows
            if (other.provider, other.model, other.round) == (row.provider, row.model, 1)
        ),
        None,
    )
    text = _number(score.score)
    text = f"<b>{text}</b>" if best else text
    if row.round > 1 and earlier is not None and earlier != score.score:
        text += f' <span class="cw-muted cw-small">was {earlier:.0f}</span>'
    return f'<td class="n" title="{escaped(score.reasoning)}">{text}</td>'


def _number(value: float | None) -> str:
    return '<span class="cw-muted">missing</span>' if value is None else f"{value:.0f}"


def _evidence_cells(evidence: Evidence | None) -> str:
    if evidence is None or evidence.score is None:
        return '<td class="n cw-apart"><span class="cw-muted">not known</span></td><td></td><td></td>'
    return (
        f'<td class="n cw-apart">{evidence.score:.0f}</td>'
        f"<td>{_genes(evidence.genes('supporting'))}</td><td>{_genes(evidence.genes('conflicting'))}</td>"
    )


def _genes(genes: Iterable[str]) -> str:
    return ", ".join(f"<i>{escaped(gene)}</i>" for gene in tuple(genes)[:SHOWN_GENES])


def telling_genes(comparison: Comparison) -> str:
    """The genes that tell the candidates apart with their values in this cluster; "" where none is known."""
    lines = ""
    for name in comparison.candidates:
        own = [gene for gene in comparison.telling if gene.speaks_for == name]
        if own:
            head = f"Would speak for {escaped(everyday_name(name))}"
            lines += f'<tr class="cw-part"><th colspan="5">{head}</th></tr>'
        lines += "".join(_gene_line(gene) for gene in own if gene.measured.status == "measured_here")
        for status, words in _WITHOUT_VALUES.items():
            lines += _unmeasured([gene.gene for gene in own if gene.measured.status == status], words)
    return gene_table(lines) if lines else ""


def _gene_line(gene: TellingGene) -> str:
    value = gene.measured
    cells = measured_cells(value.log2fc, value.pct_in, value.pct_out)
    return f'<tr><td><span class="cw-gene measured">{escaped(gene.gene)}</span></td>{cells}</tr>'


def _unmeasured(genes: Sequence[str], words: str) -> str:
    """One line for all genes of one kind that have no value here."""
    if not genes:
        return ""
    chips = " ".join(f'<span class="cw-gene absent">{escaped(gene)}</span>' for gene in genes)
    return f'<tr><td colspan="5"><span class="cw-muted">{escaped(words)}</span> {chips}</td></tr>'
