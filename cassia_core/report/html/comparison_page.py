"""A comparison of candidate types as one HTML file that needs nothing else, and as a table."""

from __future__ import annotations

from html import escape

import pandas as pd

from cassia_core.domain.opinions.comparison import Comparison, ComparisonVerdict
from cassia_core.knowledge.naming.names import everyday_name

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;"
    "color-scheme:light dark}pre{white-space:pre-wrap}h1,h2{font-family:Georgia,serif}"
    "div{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.35rem .7rem;text-align:left;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}.apart{border-left:2px solid}"
)


def comparison_table(comparison: Comparison, tissue: str, species: str) -> pd.DataFrame:
    """A row for each model and round: scores and reasons by candidate, the evidence measured for each
    candidate, and what the model says of all. A missing score is empty.
    """
    rows = []
    for row in comparison.rows:
        line: dict[str, object] = {
            "model": row.model,
            "tissue": tissue,
            "species": species,
            "round": row.round,
            "status": row.status,
        }
        for score in row.scores:
            line[f"{score.type}_score"] = score.score
            line[f"{score.type}_reasoning"] = score.reasoning
        for evidence in comparison.evidence:
            line[f"{evidence.label}_evidence"] = evidence.score
        line["discussion"] = row.reason
        rows.append(line)
    return pd.DataFrame(rows)


def verdict_in_words(comparison: Comparison) -> str:
    """What the models agree on by the stated rule, in one or two sentences."""
    verdict = comparison.verdict()
    least = f"at least {comparison.threshold:.0%} of the models that answered"
    rule = f"A type is agreed on when {least} find it best."
    return f"{_outcome(verdict, comparison.rounds)} {rule}"


def _outcome(verdict: ComparisonVerdict, rounds: int) -> str:
    after = f"after {rounds} {'round' if rounds == 1 else 'rounds'}"
    if verdict.outcome == "no_answer":
        return f"None of {verdict.asked} models gave an answer that could be read."
    if verdict.outcome == "no_agreement":
        return f"The {verdict.answered} models that answered agree on no type {after}."
    if verdict.answered == 1:
        return f"One model answered and scores {everyday_name(verdict.type)} highest; one is no agreement."
    name = everyday_name(verdict.type)
    return f"{verdict.votes} of {verdict.answered} models find {name} best {after}."


def comparison_page(title: str, comparison: Comparison) -> str:
    """Verdict, matrix with the evidence apart, telling genes and all reasons; every text as it is."""
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(verdict_in_words(comparison))}</p>",
        _matrix(comparison),
        _genes(comparison),
        _reasons(comparison),
    ]
    return page_of(title, "".join(parts))


def page_of(title: str, body: str) -> str:
    """A whole page around a body that is safe already."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _matrix(comparison: Comparison) -> str:
    rows = comparison.standing()
    heads = "".join(f'<th class="n">{escape(row.model)}</th>' for row in rows)
    lines = ""
    for index, name in enumerate(comparison.candidates):
        scores = "".join(f'<td class="n">{_number(row.scores[index].score)}</td>' for row in rows)
        evidence = comparison.evidence[index]
        measured = "not known" if evidence.score is None else f"{evidence.score:.0f}"
        both = (evidence.genes("supporting"), evidence.genes("conflicting"))
        genes = "".join(f"<td><i>{escape(', '.join(kind[:6]))}</i></td>" for kind in both)
        mean = _number(comparison.mean_score(name))
        lines += (
            f'<tr><th scope="row">{escape(everyday_name(name))}</th>{scores}'
            f'<td class="n">{mean}</td><td class="n apart">{measured}</td>{genes}</tr>'
        )
    head = (
        f'<tr><th>Candidate</th>{heads}<th class="n">Mean</th><th class="n apart">Evidence (measured)</th>'
        "<th>Speak for it</th><th>Against</th></tr>"
    )
    return f"<h2>Scores</h2><div><table><thead>{head}</thead><tbody>{lines}</tbody></table></div>"


def _genes(comparison: Comparison) -> str:
    if not comparison.telling:
        return ""
    lines = "".join(
        f"<tr><td><i>{escape(gene.gene)}</i></td><td>{escape(everyday_name(gene.speaks_for))}</td>"
        f"<td>{gene.measured.status.replace('_', ' ')}</td>"
        f'<td class="n">{_share(gene.measured.pct_in)}</td><td class="n">{_share(gene.measured.pct_out)}</td>'
        f'<td class="n">{"" if gene.measured.log2fc is None else f"{gene.measured.log2fc:+.1f}"}</td></tr>'
        for gene in comparison.telling
    )
    head = (
        "<tr><th>Gene</th><th>Would speak for</th><th>Found</th><th>Here</th><th>Elsewhere</th>"
        "<th>log2 fold</th></tr>"
    )
    return (
        "<h2>Genes that tell them apart</h2>"
        f"<div><table><thead>{head}</thead><tbody>{lines}</tbody></table></div>"
    )


def _reasons(comparison: Comparison) -> str:
    parts = ["<h2>Reasons</h2>"]
    for row in comparison.rows:
        parts.append(f"<h3>{escape(row.model)}, round {row.round}</h3><p>{escape(row.reason)}</p><ul>")
        parts += [
            f"<li>{escape(everyday_name(s.type))}, {_number(s.score)}: {escape(s.reasoning)}</li>"
            for s in row.scores
        ]
        parts.append("</ul>")
    return "".join(parts)


def _number(value: float | None) -> str:
    return "missing" if value is None else f"{value:.0f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
