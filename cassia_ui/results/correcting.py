"""Accept, rename, merge, set to unknown, set cells aside, undo; with a reason and the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from cassia_core.domain.review import UNKNOWN_LABEL, EditAction, LabelEdit, standing
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.labels import edited_exports, review
from cassia_core.services.labels.names import everyday_name, shown_name
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.words import cells as cells_in_words
from cassia_ui.frame.words import named_clusters, when

_NAME, _SAID = "correct_by", "correct_said"
_SHOWN_STEPS = 30
_ACTIONS = {
    "accept": ("check", "Accepted"),
    "rename": ("edit", "Renamed"),
    "unknown": ("question_mark", "Set to Unknown"),
    "split": ("call_split", "Set aside"),
}
"""Icon and word of each kind of step."""


@st.dialog("Correct a label", width="medium")
def correct(run_id: str, dataset: str, label: ReviewedLabel) -> None:
    """Ask for the new label of one cluster."""
    st.markdown(f"Cluster **{plain(label.cluster)}** is called **{plain(label.short or 'nothing')}**.")
    new = _label("")
    _why()
    with st.container(horizontal=True):
        if st.button("Rename", type="primary", icon=":material/edit:", disabled=not new):
            _apply(run_id, dataset, (label.cluster,), "rename", new)
        if st.button(
            "Set to Unknown", icon=":material/question_mark:", disabled=label.label == UNKNOWN_LABEL
        ):
            _apply(run_id, dataset, (label.cluster,), "unknown")


@st.dialog("Merge: one label for several clusters", width="medium")
def merge(run_id: str, dataset: str, label: ReviewedLabel, clusters: Sequence[str]) -> None:
    """Ask which clusters get one label, and which."""
    st.markdown(
        "The clusters stay as they are and get the same cell type. It is one step, and is undone as one."
    )
    also = st.multiselect(
        f"Clusters that get the same label as {label.cluster}",
        [c for c in clusters if c != label.cluster],
        key="correct_also",
        placeholder="Choose clusters",
    )
    new = _label(label.label)
    _why()
    chosen = (label.cluster, *also)
    if new and also:
        st.markdown(
            f":gray[{_capital(named_clusters(chosen))} will be called] **{plain(_as_shown(new))}**:gray[.]"
        )
    if st.button("Give them one label", type="primary", icon=":material/merge:", disabled=not (new and also)):
        _apply(run_id, dataset, chosen, "rename", new)


@st.dialog("Set cells aside", width="medium")
def set_aside(run_id: str, dataset: str, cells: np.ndarray, from_clusters: Sequence[tuple[str, int]]) -> None:
    """Ask for the label of chosen cells; their clusters keep theirs for all other cells."""
    parts = ", ".join(f"{n:,} of cluster {plain(c)}" for c, n in from_clusters[:8])
    n_in = sum(n for _, n in from_clusters)
    left_out = (
        f" :gray[{cells_in_words(len(cells) - n_in)} of no cluster cannot be set aside.]"
        if n_in < len(cells)
        else ""
    )
    st.markdown(
        f"**{cells_in_words(n_in)}**: {parts}{', ...' if len(from_clusters) > 8 else ''}. "
        f"Their clusters keep their labels for all other cells.{left_out}"
    )
    label = _label(UNKNOWN_LABEL)
    reason, by = _why()
    if st.button(f"Call them {plain(_as_shown(label))}", type="primary", icon=":material/call_split:"):
        step = review.set_aside(run_id, dataset, cells, label=label, reason=reason, by=by)
        say_done(f"{cells_in_words(sum(step.n_cells))} set aside as {_as_shown(step.label)}.")


def _label(suggested: str) -> str:
    """The chosen name: of the ontology by search, or the person's own words."""
    typed = st.text_input(
        "Cell type", placeholder="Type a name, such as memory B cell", key="correct_text"
    ).strip()
    terms = {t.name: t.cl_id for t in review.search_labels(typed)} if len(typed) > 1 else {}
    options = list(dict.fromkeys([*terms, *filter(None, [typed or suggested])]))
    if not options:
        return ""

    def option_in_words(name: str) -> str:
        if name in terms:
            return _term_in_words(name, terms[name])
        return name if name in (suggested, UNKNOWN_LABEL) else f"{name} (your own words)"

    return st.selectbox(
        "Take this name",
        options,
        key=f"correct_choice_{typed}",
        format_func=option_in_words,
        help="Names of the Cell Ontology first, your own words last.",
    )


def _as_shown(label: str) -> str:
    """A label as screens write it: names of the ontology in everyday words, a person's own as typed."""
    return shown_name(label, own_words=True)


def _as_it_was(label: str) -> str:
    """A label before a step, of the run or of a person: a name of the ontology in everyday words."""
    name = everyday_name(label)
    return name if _as_shown(label).casefold() == name.casefold() else label


def _term_in_words(name: str, cl_id: str) -> str:
    """A term to choose: its everyday name, with the ontology's where that differs."""
    short = _as_shown(name)
    return f"{name} ({cl_id})" if short.casefold() == name.casefold() else f"{short}: {name} ({cl_id})"


def _why() -> tuple[str, str]:
    """Reason and name of the person; the name is kept for the next correction."""
    left, right = st.columns((2, 1))
    reason = left.text_input("Why (optional)", key="correct_reason", placeholder="Such as: CD27 is high")
    by = right.text_input("Your name (optional)", value=session.value(_NAME, ""), key="correct_name")
    session.remember(_NAME, by)
    return reason, by


def accept(run_id: str, dataset: str, label: ReviewedLabel) -> None:
    """Note that the label is right as it stands."""
    review.apply_edit(run_id, dataset, (label.cluster,), "accept", by=session.value(_NAME, ""))
    say_done(f"Cluster {label.cluster}: {label.short} accepted.")


def _apply(run_id: str, dataset: str, clusters: tuple[str, ...], action: EditAction, label: str = "") -> None:
    step = review.apply_edit(
        run_id,
        dataset,
        clusters,
        action,
        label=label,
        reason=session.value("correct_reason", ""),
        by=session.value(_NAME, ""),
    )
    words = {
        "rename": f"are now called {_as_shown(step.label)}",
        "accept": "accepted",
        "unknown": "set to Unknown",
    }
    one = words[action].replace("are now", "is now") if len(clusters) == 1 else words[action]
    say_done(f"{'Cluster' if len(clusters) == 1 else 'Clusters'} {', '.join(clusters)} {one}.")


def say_done(said: str) -> None:
    """Say at the next drawing of the page what was done, and draw it."""
    session.remember(_SAID, said)
    st.rerun()


def say_what_was_done() -> None:
    """A short message after a correction; once."""
    if said := session.value(_SAID, ""):
        st.toast(plain(said), icon=":material/edit:")
        session.remember(_SAID, "")


def draw_split(data: DatasetResults, cells: np.ndarray, labels: Mapping[str, ReviewedLabel]) -> None:
    """The button that sets the chosen cells aside."""
    column = data.view.column(data.view.cluster_key)
    codes, counts = np.unique(column.codes[cells], return_counts=True)
    parts = [(column.categories[code], int(n)) for code, n in zip(codes, counts, strict=True) if code >= 0]
    parts.sort(key=lambda part: -part[1])
    known = [(c, n) for c, n in parts if c in labels]
    if st.button(
        "Set these cells aside",
        icon=":material/call_split:",
        disabled=not known,
        key="set_aside",
        help="Give these cells a label of their own, such as Unknown; their clusters keep their labels.",
    ):
        set_aside(data.run_id, data.spec.name, cells, known)


def draw_history(run_id: str, dataset: str) -> None:
    """What was corrected when, and the way back."""
    say_what_was_done()
    steps = review.history(run_id, dataset)
    if not steps:
        return
    left = standing(steps)
    undone = {e.undoes: e for e in steps if e.action == "undo"}
    if left:
        _take_home(run_id, dataset)
    with st.expander(
        f"Your corrections ({len(left)} of {len(undone) + len(left)} stand)"
        if undone
        else f"Your corrections ({len(left)})",
        icon=":material/history:",
        key="corrections",
    ):
        if left and st.button("Undo the last step", icon=":material/undo:", key="undo_last"):
            _undo(run_id, dataset, left[-1])
        taken = [e for e in steps if e.action != "undo"]
        for step in reversed(taken[-_SHOWN_STEPS:]):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_line(step, undone.get(step.seq)), width="stretch")
                if (
                    step.seq not in undone
                    and step.seq != left[-1].seq
                    and st.button(
                        "Undo",
                        type="tertiary",
                        icon=":material/undo:",
                        key=f"undo_{step.seq}",
                        help="Take back this step only; later steps stay.",
                    )
                ):
                    _undo(run_id, dataset, step)
        if len(taken) > _SHOWN_STEPS:
            st.caption(
                f"And {len(taken) - _SHOWN_STEPS} earlier steps; all are in the corrected tables (Excel)."
            )


def _take_home(run_id: str, dataset: str) -> None:
    """The corrected cells by one click: they are written when they are asked for."""
    name = edited_exports.corrected_cells_name(run_id, dataset)
    if name:
        st.download_button(
            "Save the corrected cells (h5ad)",
            lambda: edited_exports.corrected_cells(run_id, dataset),
            file_name=name,
            mime="application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
            key="corrected_cells",
            help="Every cell with the labels as they stand now. Tables and report are under Download.",
        )


def _undo(run_id: str, dataset: str, step: LabelEdit) -> None:
    review.undo(run_id, dataset, seq=step.seq)
    say_done(f"Taken back: {_ACTIONS[step.action][1].lower()} {', '.join(step.clusters)}.")


def _line(step: LabelEdit, undone: LabelEdit | None) -> str:
    """One step: when, what, before and after, why, by whom."""
    where = named_clusters(step.clusters)
    if step.action == "split":
        where = f"{cells_in_words(sum(step.n_cells))} of {where}"
    before = ", ".join(dict.fromkeys(_as_it_was(name) or NO_LABEL.lower() for name in step.before))
    change = f"{plain(before)} → **{plain(_as_shown(step.label))}**" if step.label else f"**{plain(before)}**"
    more = [f'"{plain(step.reason)}"'] if step.reason else []
    more += [plain(step.by)] if step.by else []
    icon, word = _ACTIONS[step.action]
    text = f":gray[{when(step.at)}] :material/{icon}: {word} {where}: {change}"
    text += f" :gray[{', '.join(more)}]" if more else ""
    return f"{text} :gray-badge[:material/undo: taken back {when(undone.at)}]" if undone else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
