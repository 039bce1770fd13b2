"""Start: three doors, who will answer, recent runs, the path."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.config import OFFLINE
from cassia_core.services.runs import last_visit, runs
from cassia_ui.frame import frame, session
from cassia_ui.frame.demo import start_demo
from cassia_ui.frame.door_maps import door_map
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import DATA, RESULTS, RUN, SETTINGS
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import engine_name, money, run_badge, when
from cassia_ui.sharing.going_notice import draw_going

_VISIT, _MOST_ENDED = "visit", 4
PATH = (
    ("1 Data", "We read the file and say what is in it."),
    ("2 Set-up", "You choose clusters, tissue and who answers."),
    ("3 Run", "Agents propose, check and score."),
    ("4 Results", "You see labels, evidence and doubts."),
)


def doors(known: tuple[runs.RunSummary, ...]) -> None:
    columns = st.columns(3, gap="small")
    theme = session.theme()
    with columns[0].container(border=True, height="stretch"):
        st.image(door_map("labelled", theme), width="stretch", alt="Drawing of a map of cells with labels")
        st.subheader("Try the demo", anchor=False)
        st.write("700 human blood cells and the offline engine. An annotated map (UMAP) in under a minute.")
        st.caption("No key needed. Nothing leaves this computer.")
        if st.button("Start the demo", type="primary", icon=":material/play_arrow:", width="stretch"):
            start_demo()
    with columns[1].container(border=True, height="stretch"):
        st.image(door_map("unknown", theme), width="stretch", alt="Drawing of a map of cells without labels")
        st.subheader("Open my data", anchor=False)
        st.write(
            "h5ad, 10x h5, a zipped matrix, loom, or a table of marker genes. We work out what is inside."
        )
        st.caption("Upload, or give a path on the server for large files.")
        if st.button("Choose a file", icon=":material/folder_open:", width="stretch"):
            st.switch_page(DATA)
    with columns[2].container(border=True, height="stretch"):
        st.image(door_map("half", theme), width="stretch", alt="Drawing of a map of cells with some labels")
        st.subheader("Continue a past run", anchor=False)
        last = known[0] if known else None
        st.write(_last_line(last))
        st.caption("Kept on disk, also after you close the browser.")
        if st.button("Continue", icon=":material/history:", width="stretch", disabled=last is None) and last:
            open_run(last)


def _last_line(run: runs.RunSummary | None) -> str:
    if run is None:
        return "Nothing yet. Your runs appear here, finished or not."
    name = plain(run.title or ", ".join(run.datasets))
    if run.state == "failed":
        return f"**{name}**, {when(run.created_at)}. It failed; open it to see why and to try again."
    if run.state in ("running", "queued", "interrupted", "cancelled"):
        done = f"{run.finished_clusters} of {run.n_clusters} clusters are done."
        return f"**{name}**, {when(run.created_at)}. {done}"
    return f"**{name}**, {when(run.created_at)}. {run.n_clusters} clusters, {run.to_look_at} to look at."


def open_run(run: runs.RunSummary) -> None:
    session.choose_run(run.run_id)
    page = RESULTS if run.state in ("success", "partial") else RUN
    st.switch_page(page, query_params={"run": run.run_id})


def since_last_visit(known: tuple[runs.RunSummary, ...]) -> None:
    """Runs that ended while nobody was looking, and how; nothing on a first visit."""
    if session.value(_VISIT) is None:
        session.remember(_VISIT, last_visit.begin_visit())
    visit = session.value(_VISIT)
    ended = last_visit.ended_between(known, visit)
    if not ended:
        return
    with st.container(border=True, key="since_last_visit"):
        st.markdown(f"**Since your last visit** :gray[{when(visit[0])}]")
        for run in ended[:_MOST_ENDED]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{plain(run.name)} {run_badge(run)}", width="content")
                if st.button(
                    "Open", key=f"ended_{run.run_id}", type="tertiary", icon=":material/arrow_forward:"
                ):
                    open_run(run)
        if len(ended) > _MOST_ENDED:
            st.markdown(f":gray[and {len(ended) - _MOST_ENDED} more, on the page Runs]")


def who_answers() -> None:
    st.subheader("Who will answer", anchor=False)
    model = session.draft().annotation.annotator
    if model.provider == OFFLINE:
        st.markdown(":green-badge[:material/check_circle: Offline engine, ready]")
        st.write(
            "It looks marker genes up in our knowledge base and the Cell Ontology. It is no language model. "
            "For one, add a key or connect a local server."
        )
    else:
        st.markdown(f":blue-badge[:material/key: {plain(engine_name(model.provider, model.model))}]")
        st.write("Marker genes, tissue and species are sent. Counts stay here.")
    if st.button("Add a key for this session", icon=":material/key:"):
        st.switch_page(SETTINGS)


def recent(known: tuple[runs.RunSummary, ...]) -> None:
    st.subheader("Recent runs", anchor=False)
    if not known:
        st.markdown(":gray[Your runs appear here, with their state and what they cost.]")
        return
    table = [
        {
            "Data set": f"**{plain(run.title or ', '.join(run.datasets))}**",
            "Clusters": str(run.n_clusters or ""),
            "State": run_badge(run),
            "Cost": plain(money(run.cost_usd)),
            "Started": when(run.created_at),
        }
        for run in known[:4]
    ]
    st.table(table, border="horizontal", hide_index=True)


require_app(__file__)
with problems_as_cards("start"):
    frame.title(
        "From counts to cell types, with the reasons",
        "Load single-cell data, let several agents argue about each cluster, and read why each label was "
        "given.",
    )
    listed = tuple(run for run in runs.list_runs() if not run.problem)
    since_last_visit(listed)
    draw_going()
    doors(listed)
    st.space("small")
    left, right = st.columns((1, 2), gap="medium")
    with left:
        who_answers()
    with right:
        recent(listed)
    st.space("small")
    for column, (name, line) in zip(st.columns(4), PATH, strict=True):
        column.markdown(f"**{name}**  \n:gray[{line}]")
