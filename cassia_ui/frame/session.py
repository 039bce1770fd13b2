"""The only file that touches the session: the chosen run, form drafts, keys of this session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from cassia_core.domain.config import (
    UNKNOWN_TISSUE,
    AnnotationParams,
    ClusteringParams,
    MarkerParams,
    QCParams,
    ReadOptions,
)
from cassia_core.look.palette import Theme
from cassia_core.services.sharing.sessions import COOKIE

_RUN, _DATASET, _DRAFT, _KEYS = "chosen_run", "chosen_dataset", "draft", "keys"
_TOKEN = "signed_in_with"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraft:
    """What a person has chosen so far for a run that is not started yet. `path` is "" before a file is
    open.
    """

    path: str = ""
    name: str = ""
    read: ReadOptions = ReadOptions()
    qc: QCParams = QCParams()
    tissue: str = UNKNOWN_TISSUE
    tissue_set: bool = False
    species: str = ""
    context: str = ""
    clustering: ClusteringParams = ClusteringParams()
    markers: MarkerParams = MarkerParams()
    annotation: AnnotationParams = AnnotationParams()


def draft() -> RunDraft:
    """The run being prepared."""
    return st.session_state.setdefault(_DRAFT, RunDraft())


def change_draft(**changes: Any) -> RunDraft:
    """Keep new values of the run being prepared."""
    st.session_state[_DRAFT] = replace(draft(), **changes)
    return st.session_state[_DRAFT]


def open_file(path: Path, name: str, **known: Any) -> None:
    """Begin a new draft with a file; widgets of the old one start anew."""
    forget_widgets("draft_")
    st.session_state[_DRAFT] = RunDraft(path=str(path), name=name, annotation=draft().annotation, **known)


def forget_widgets(prefix: str) -> None:
    """Let widgets whose keys begin with `prefix` start anew from the draft."""
    for key in [k for k in st.session_state if str(k).startswith(prefix)]:
        del st.session_state[key]


def chosen_run() -> str:
    """Id of the run that pages show: from the URL, else the one chosen last, else ""."""
    from_url = st.query_params.get("run", "")
    if from_url:
        st.session_state[_RUN] = from_url
    return st.session_state.get(_RUN, "")


def choose_run(run_id: str) -> None:
    """Show this run from now on, and name it in the URL."""
    st.session_state[_RUN] = run_id
    st.session_state.pop(_DATASET, None)
    if run_id:
        st.query_params["run"] = run_id
    else:
        st.query_params.pop("run", None)


def chosen_dataset() -> str:
    """The dataset of the chosen run that pages show; "" before one was chosen."""
    return st.session_state.get(_DATASET, "")


def choose_dataset(name: str) -> None:
    """Show this dataset of the run on every page."""
    st.session_state[_DATASET] = name


def keep_run_in_url() -> None:
    """Put the chosen run back into the URL after a change of page, so that a refresh finds it."""
    run_id = chosen_run()
    if run_id and st.query_params.get("run", "") != run_id and "run" not in st.query_params:
        st.query_params["run"] = run_id


def keys() -> dict[str, str]:
    """Keys that were entered in this session: provider name to key. Never stored anywhere else."""
    return dict(st.session_state.get(_KEYS, {}))


def set_key(provider: str, key: str) -> None:
    """Keep a key for this session; an empty one is forgotten."""
    all_keys = {**keys(), provider: key.strip()}
    st.session_state[_KEYS] = {name: value for name, value in all_keys.items() if value}


def forget_keys() -> None:
    """Forget every key of this session."""
    st.session_state[_KEYS] = {}


def value(name: str, default: Any = None) -> Any:
    """A value that a page remembers between its runs (a chosen cluster, a filter)."""
    return st.session_state.get(name, default)


def remember(name: str, new: Any) -> None:
    """Remember a value of a page."""
    st.session_state[name] = new


def token() -> str:
    """What says who signed in: of this session, else of the browser's cookie; "" for nobody."""
    kept = st.context.cookies.get(COOKIE, "")
    # Tests of pages stand in for a browser with something that is no text.
    return st.session_state.get(_TOKEN, "") or (kept if isinstance(kept, str) else "")


def begin(token: str) -> None:
    """Begin anew as somebody who has just signed in: nothing of anyone before is left in this session."""
    st.session_state.clear()
    st.session_state[_TOKEN] = token


def theme() -> Theme:
    """The theme in use."""
    return "dark" if st.context.theme.type == "dark" else "light"
