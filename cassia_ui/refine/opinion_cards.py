"""Further opinions beside the first label: what was said, and accept or leave."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cassia_core.domain.annotation import names_a_type
from cassia_core.domain.opinions.closer_look import CloserLook, Standing
from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.opinions.opinion import Consensus, Opinion
from cassia_core.look.turn_text import readable
from cassia_core.look.wording import AGENT_NAMES, NO_LABEL
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.opinions import look_files, opinions
from cassia_core.services.opinions.accepting import accept
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import AGENT_ICONS, LIGHT_BADGE, money, when
from cassia_ui.refine.opinion_pictures import answers_table, matrix, telling_genes, votes_by_level
from cassia_ui.refine.ways import WAYS
from cassia_ui.results.correcting import say_done
from cassia_ui.results.evidence import draw_looked_up

MOST_SHOWN = 12


def draw_opinions(
    data: DatasetResults, labels: Mapping[str, ReviewedLabel], clusters: tuple[str, ...]
) -> None:
    """All opinions on some clusters, newest first."""
    listed = [
        opinion
        for opinion in reversed(opinions.list_opinions(data.run_id, data.spec.name))
        if opinion.kind in WAYS and (not clusters or set(opinion.clusters) & set(clusters))
    ]
    st.subheader("Opinions so far", anchor=False)
    if not listed:
        st.markdown(
            ":gray[None yet for these clusters. What you ask appears here, beside the first label. The label "
            "itself changes only when you accept an opinion.]"
        )
        return
    for number, opinion in enumerate(listed[:MOST_SHOWN]):
        label = labels.get(opinion.clusters[0])
        with problems_as_cards(f"opinion_{number}"), st.container(border=True, key=f"opinion_{number}"):
            _draw_opinion(data, label, opinion, number)
    if len(listed) > MOST_SHOWN:
        st.caption(f"And {len(listed) - MOST_SHOWN} earlier ones; choose fewer clusters to see them.")


def _draw_opinion(data: DatasetResults, label: ReviewedLabel | None, opinion: Opinion, number: int) -> None:
    way = WAYS[opinion.kind]
    with st.container(horizontal=True, vertical_alignment="center"):
        cluster = plain(", ".join(opinion.clusters))
        st.markdown(f"{way.icon} **{way.name}**, cluster {cluster}", width="stretch")
        st.markdown(f":gray[{_who(opinion)}, {when(opinion.at)}]", width="content")
    if opinion.status != "done":
        st.markdown(f":orange[:material/error:] {plain(opinion.reason)}")
    if opinion.consensus is not None:
        _draw_votes(opinion, opinion.consensus)
    if opinion.comparison is not None:
        _draw_comparison(opinion.comparison)
    if opinion.closer_look is not None:
        _draw_closer_look(opinion.closer_look)
    if opinion.consultation is not None:
        _draw_consultation(opinion)
    _draw_actions(data, label, opinion, number)


def _who(opinion: Opinion) -> str:
    return plain(", ".join(opinion.models)) or "nobody"


def _draw_votes(opinion: Opinion, consensus: Consensus) -> None:
    if opinion.reason and opinion.status == "done":
        st.markdown(f":gray[{plain(opinion.reason)}]")
    if consensus.label and consensus.answered == 1:
        st.markdown(
            f":gray-badge[:material/person: One answer] **{plain(everyday_name(consensus.label))}**. "
            ":gray[One answer alone is no agreement.]"
        )
    elif consensus.label:
        early = (
            f" :gray[Settled after {consensus.asked} of {consensus.planned}.]"
            if consensus.settled_early
            else ""
        )
        st.markdown(
            f":green-badge[:material/check_circle: {consensus.votes} of {consensus.answered} agree] "
            f"**{plain(everyday_name(consensus.label))}**.{early}"
        )
    else:
        st.markdown(":orange-badge[:material/contrast: No agreement] :gray[No type has two thirds.]")
    left, right = st.columns(2, gap="medium")
    with left:
        st.html(votes_by_level(consensus))
    with right:
        st.html(answers_table(opinion.answers))
    if consensus.similarity is not None:
        st.caption(f"Similarity score by the original's weights: {consensus.similarity:.2f} of 1.")


def _draw_comparison(comparison: Comparison) -> None:
    verdict = comparison.verdict()
    share = f"{comparison.threshold:.0%} of the models"
    if verdict.outcome == "agreed" and verdict.answered == 1:
        st.markdown(
            f":gray-badge[:material/person: One opinion] **{plain(everyday_name(verdict.type))}** scores "
            "highest. :gray[One model alone is no agreement.]"
        )
    elif verdict.outcome == "agreed":
        st.markdown(
            f":green-badge[:material/check_circle: {verdict.votes} of {verdict.answered} models agree] "
            f"**{plain(everyday_name(verdict.type))}** "
            f":gray[in round {comparison.rounds}; {share} are needed.]"
        )
    elif verdict.outcome == "no_agreement":
        st.markdown(
            f":orange-badge[:material/contrast: No agreement] :gray[No type is best for at least {share} "
            f"after {comparison.rounds} {'round' if comparison.rounds == 1 else 'rounds'}. A tie is no vote.]"
        )
    for row in comparison.standing():
        if row.status == "missing":
            st.markdown(f":orange[:material/error:] {plain(row.model)} gave no answer. {plain(row.reason)}")
    st.html(matrix(comparison))
    telling = telling_genes(comparison)
    if telling:
        with st.expander("Genes that tell them apart, in this cluster", expanded=True, type="compact"):
            st.html(telling)
    _draw_reasons(comparison)


def _draw_reasons(comparison: Comparison) -> None:
    with st.expander("Reasons of each model", type="compact"):
        for row in comparison.rows:
            st.markdown(f"**{plain(row.model)}** :gray[round {row.round}] {plain(row.reason)}")
            for score in row.scores:
                value = "no score" if score.score is None else f"{score.score:.0f}"
                st.markdown(f"- {plain(everyday_name(score.type))}, {value}: {plain(score.reasoning)}")


def _draw_closer_look(look: CloserLook) -> None:
    if look.question:
        st.markdown(f":gray[You asked:] {plain(look.question)}")
        st.markdown(plain(look.answer) or ":gray[The model gave no answer to the question.]")
    left, right = st.columns(2, gap="medium")
    with left:
        _draw_standing("Before", look.before)
    with right:
        _draw_standing("After", look.after)
    rule = "would take the new label" if look.boost.accepted else "would keep the old label"
    st.markdown(f":gray[The rule of a run's own boost {rule}:] {plain(look.boost.reason)}")
    if look.boost.measured:
        draw_looked_up(look.boost.measured, f"{len(look.boost.measured)} genes looked up in this cluster")


def _draw_standing(title: str, standing: Standing) -> None:
    st.markdown(f":gray[{title}]  \n**{plain(everyday_name(standing.label))}** {LIGHT_BADGE[standing.light]}")
    readings = []
    if standing.evidence is not None and standing.evidence.score is not None:
        readings.append(f"Evidence (measured) **{standing.evidence.score:.0f}** of 100")
    if standing.score is not None:
        readings.append(f"Score **{standing.score:.0f}** of 100")
    if standing.passed is not None:
        readings.append("Validated" if standing.passed else "Not validated")
    st.markdown("  \n".join([*readings, f":gray[{plain(standing.light_reason)}]"]))


def _draw_consultation(opinion: Opinion) -> None:
    consultation = opinion.consultation
    if consultation is None:
        return
    st.markdown(f":gray[You asked:] {plain(consultation.question)}")
    st.markdown(plain(consultation.answer))
    if consultation.measured:
        draw_looked_up(consultation.measured, f"{len(consultation.measured)} genes looked up for this answer")


def _draw_actions(data: DatasetResults, label: ReviewedLabel | None, opinion: Opinion, number: int) -> None:
    offered = _labels_of(opinion)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for name in offered:
            stands = label is not None and label.label.casefold() == name.casefold()
            if st.button(
                f"Accept {everyday_name(name)}",
                icon=":material/check:",
                key=f"accept_{number}_{name}",
                disabled=stands,
                help="This label stands already."
                if stands
                else "A correction like any other; it can be undone.",
            ):
                accept(data.run_id, data.spec.name, opinion, label=name)
                say_done(f"Cluster {opinion.clusters[0]} is now called {everyday_name(name)}.")
        if offered and label is not None:
            now = plain(label.short or NO_LABEL.lower())
            st.markdown(f":gray[Now: {now}. Leave it, and nothing changes.]")
        st.space("stretch")
        usage = opinion.usage
        if usage.calls:
            cost = money(None if usage.unpriced_calls else usage.cost_usd)
            spent = f"{usage.calls} calls, {usage.total_tokens:,} tokens, cost {cost}"
            st.markdown(f":gray[{spent}]", width="content")
        if opinion.comparison is not None:
            _draw_downloads(data, opinion.comparison, f"comparison_{'_'.join(opinion.clusters)}", number)
        with st.popover("Conversation", icon=":material/forum:", type="tertiary", key=f"said_{number}"):
            _draw_turns(data, opinion)


def _draw_downloads(data: DatasetResults, comparison: Comparison, name: str, number: int) -> None:
    spec = data.spec
    for label, content, ending in (
        ("Report", lambda: look_files.comparison_html(comparison), "html"),
        ("CSV", lambda: look_files.comparison_csv(comparison, spec.tissue, spec.species), "csv"),
    ):
        st.download_button(
            label,
            content,
            f"{name}.{ending}",
            icon=":material/download:",
            type="tertiary",
            key=f"{ending}_{number}",
            on_click="ignore",
        )


def _labels_of(opinion: Opinion) -> tuple[str, ...]:
    """The labels that can be accepted: what the opinion comes to first, then the other candidates."""
    if opinion.status != "done":
        return ()
    names = [opinion.label]
    if opinion.comparison is not None:
        names += opinion.comparison.candidates
    elif opinion.consensus is not None:
        names += [answer.label for answer in opinion.answers if answer.status == "answered"]
    return tuple(dict.fromkeys(name for name in names if name and names_a_type(name)))[:4]


def _draw_turns(data: DatasetResults, opinion: Opinion) -> None:
    turns = opinions.conversation_of(data.run_id, data.spec.name, opinion)
    if not turns:
        st.markdown(":gray[Nobody was asked.]")
    for turn in turns:
        model = f", {plain(turn.model)}" if turn.model else ""
        st.markdown(
            f"{AGENT_ICONS[turn.role]} **{AGENT_NAMES[turn.role]}** :gray[round {turn.attempt}{model}]"
        )
        st.markdown(plain(readable(turn.text)))
