"""Who answers, and which steps are taken."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cassia_core.domain.config import OFFLINE, AgentModel, BoostMode
from cassia_core.errors import CassiaError
from cassia_core.services.engine import models
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import show_problem

_PRICES = {"input_usd": "sent", "output_usd": "written", "cached_usd": "read from a cache"}
BOOSTS: dict[BoostMode, str] = {
    "selective": "Only doubtful clusters",
    "fused": "The annotator may ask from the first turn",
    "off": "Off",
}


def draw_engine() -> None:
    """Provider, model, address and key. The key is kept for this session only."""
    st.subheader("Who answers", anchor=False)
    now = session.draft().annotation.annotator
    facts = {p.name: p for p in models.providers()}
    names = list(facts)
    provider = st.selectbox(
        "Engine",
        names,
        index=names.index(now.provider) if now.provider in names else 0,
        format_func=lambda n: facts[n].title,
        key="engine_provider",
    )
    if provider == OFFLINE:
        st.markdown(
            ":gray[A look-up in our marker knowledge base and the Cell Ontology. No key, no network, no "
            "cost. It "
            "is not a language model.]"
        )
        _use(AgentModel())
        return
    left, right = st.columns(2)
    address = right.text_input(
        "Address (base URL)",
        value=(now.base_url or "") if now.provider == provider else "",
        placeholder=facts[provider].base_url or "http://localhost:8000/v1",
        key=f"engine_url_{provider}",
        help="Used exactly as typed. Empty: the provider's own.",
    )
    listed = [m.model for m in models.models_of(provider)]
    first_listed = listed[0] if listed else ""
    wanted = now.model if now.provider == provider and now.model else first_listed
    options = list(
        dict.fromkeys(
            [*([wanted] if wanted else []), *listed, *session.value(_offered(provider, address), ())]
        )
    )
    model = left.selectbox(
        "Model",
        options,
        index=0 if options else None,
        accept_new_options=True,
        placeholder="Type the model's id",
        key=f"engine_model_{provider}",
        help="Any model id of the provider may be typed.",
    )
    key = st.text_input(
        "Key, for this session only",
        value=session.keys().get(provider, ""),
        type="password",
        key=f"engine_key_{provider}",
        autocomplete="off",
        help="Kept in this session's memory. Never written to disk, logs or reports.",
    )
    session.set_key(provider, key)
    chosen = AgentModel(provider=provider, model=model or "", base_url=address.strip() or None)
    _use(_with_prices(chosen, now))
    with st.container(horizontal=True):
        test = st.button("Test the connection", icon=":material/network_check:", disabled=not model)
        if st.button(
            "Read the list of models",
            icon=":material/list:",
            help="Asks the provider which models this key may use.",
        ):
            _read_models(provider, address)
    if test:
        _test(session.draft().annotation.annotator)


def _with_prices(model: AgentModel, now: AgentModel) -> AgentModel:
    """The model with prices that a person types: asked for where the catalogue knows none."""
    if not model.model or models.price_is_known(model):
        return model
    same = (now.provider, now.model) == (model.provider, model.model)
    with st.expander("Price of this model (not in the catalogue)"):
        columns = st.columns(3)
        typed = [
            column.number_input(
                f"$ per million tokens {what}",
                min_value=0.0,
                value=getattr(now, name) if same else None,
                format="%g",
                key=f"engine_{name}_{model.provider}_{model.model}",
            )
            for column, (name, what) in zip(columns, _PRICES.items(), strict=True)
        ]
    sent, written, cached = typed
    if sent is None or written is None:
        return model
    return replace(model, input_usd=sent, output_usd=written, cached_usd=cached)


def draw_waiting() -> None:
    """How long to wait for words; nothing for the offline engine."""
    now = session.draft().annotation
    if now.annotator.provider == OFFLINE:
        return
    st.markdown("**How long to wait**")
    st.markdown(
        ":gray[A reply may take as long as words come. 0: by where the server stands (300 and 120 seconds; "
        "an hour and 600 seconds for a server on this computer or in this network).]"
    )
    left, right = st.columns(2)
    first = left.number_input(
        "For the first word, seconds",
        0,
        86_400,
        int(now.first_word_timeout_s or 0),
        30,
        key="wait_first_word",
    )
    silence = right.number_input(
        "In silence between words, seconds",
        0,
        86_400,
        int(now.silence_timeout_s or 0),
        30,
        key="wait_silence",
    )
    session.change_draft(
        annotation=replace(
            session.draft().annotation,
            first_word_timeout_s=float(first) or None,
            silence_timeout_s=float(silence) or None,
        )
    )


def _use(model: AgentModel) -> None:
    now = session.draft().annotation
    if now.annotator != model:
        session.change_draft(annotation=replace(now, annotator=model))


def _offered(provider: str, address: str) -> str:
    """Where the session keeps the models that this address offers."""
    return f"offered_models_{provider}_{address.strip()}"


def _read_models(provider: str, address: str) -> None:
    try:
        with st.spinner("Asking for the list"):
            offered = models.list_models(provider, session.keys().get(provider), address.strip() or None)
    except CassiaError as error:
        show_problem(error, "models")
    else:
        session.remember(_offered(provider, address), offered)
        st.rerun()


def _test(model: AgentModel) -> None:
    try:
        with st.spinner("Asking for one word"):
            answer = models.check_connection(model, session.keys().get(model.provider))
    except CassiaError as error:
        show_problem(error, "connection")
    else:
        st.markdown(f":green-badge[:material/check_circle: {plain(answer)}]")


def draw_stages() -> None:
    """Steps on or off, strictness, threshold and limits."""
    now = session.draft().annotation
    with st.expander("Steps and limits"):
        first, second, third = st.columns(3)
        score = first.toggle(
            "Score each label",
            now.score,
            key="stage_score",
            help="A model's opinion of the answer, 0 to 100. Shown apart from the evidence.",
        )
        merge = first.toggle(
            "Group the labels",
            now.merge,
            key="stage_merge",
            help="Three groupings, broad to specific, for all labels together.",
        )
        strict = second.toggle("Strict validator", now.validator_involvement == "v0", key="stage_strict")
        boost = second.selectbox(
            "Look closer (boost)",
            list(BOOSTS),
            index=list(BOOSTS).index(now.boost),
            format_func=lambda mode: BOOSTS[mode],
            key="stage_boost",
            help="Asks for genes and looks them up in this very cluster.",
        )
        threshold = third.slider(
            "Look closer below a score of",
            0,
            100,
            int(now.score_threshold),
            key="stage_threshold",
            disabled=boost == "off",
        )
        workers = third.number_input(
            "Questions at the same time", 1, 64, now.max_workers, key="stage_workers"
        )
        blind = first.toggle(
            "Hide labels of the file",
            now.blind,
            key="stage_blind",
            help="Cluster names that already name a cell type are not sent.",
        )
        reference = first.toggle(
            "Show the knowledge base",
            now.use_reference and not blind,
            key="stage_reference",
            disabled=blind,
            help="The annotator is given what the knowledge base holds on the types that a cluster leaves "
            "open, with values measured in the cluster. Not in blind runs.",
        )
        cap = second.number_input(
            "Stop before this cost, $ (0: no limit)",
            0.0,
            10_000.0,
            now.max_cost_usd or 0.0,
            0.5,
            key="stage_cap",
        )
    session.change_draft(
        annotation=replace(
            session.draft().annotation,
            score=score,
            merge=merge,
            validator_involvement="v0" if strict else "v1",
            boost=boost,
            score_threshold=float(threshold),
            max_workers=int(workers),
            blind=blind,
            use_reference=reference and not blind,
            max_cost_usd=cap or None,
        )
    )
