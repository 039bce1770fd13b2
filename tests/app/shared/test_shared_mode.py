"""Shared mode as people meet it: signed out, signed in, somebody else's address, the operator's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import persons, settings
from cassia_core.services.runs import runs
from cassia_core.services.sharing import class_codes, run_links, tries
from tests.small_runs import past_run
from tests.two_people import shared_mode

__all__ = ["shared_mode"]


@pytest.fixture
def codes(shared_mode: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Codes by person: two of a class, and an operator's."""
    monkeypatch.setattr(class_codes, "tries", tries.Tries())
    made = [*class_codes.create_class("class", 2), *class_codes.create_class("staff", 1, "operator")]
    return {code.person: code.code for code in made}


def opened(page: str = "", **address: str) -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=120)
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    return at.switch_page(f"pages/{page}.py").run() if page else at


def signed_in(code: str, page: str = "", **address: str) -> AppTest:
    at = opened(**address)
    at.text_input(key="sign_in_code").set_value(code)
    next(b for b in at.button if b.label == "Sign in").click().run()
    return at.switch_page(f"pages/{page}.py").run() if page else at


def words(at: AppTest) -> str:
    return "\n".join(str(e.value) for e in (*at.title, *at.markdown, *at.caption))


def test_nobody_sees_a_page_before_signing_in(codes: dict[str, str]):
    at = opened()
    assert [t.value for t in at.title] == ["Sign in"] and not at.exception
    at.text_input(key="sign_in_code").set_value("AAAAA-AAAAA-AAAAA")
    next(b for b in at.button if b.label == "Sign in").click().run()
    assert "This code opens nothing" in words(at)


def test_a_person_s_pages_show_their_own_and_refuse_another_s_address(codes: dict[str, str]):
    with persons.acting_as(persons.Person(id="class-01", group="class")):
        theirs = past_run(settings.runs_root(), "<script>alert(1)</script> of Ada")
        link = run_links.share_run(theirs)
    ada = signed_in(codes["class-01"], "runs")
    assert "of Ada" in words(ada) and "class-01" in words(ada)
    assert "<script" not in words(ada).replace("\\<script", ""), "a title is shown as it was typed"
    ben = signed_in(codes["class-02"], "run", run=theirs)
    assert "There is no run called" in words(ben).replace("\\", "") and "of Ada" not in words(ben)
    assert str(settings.server_home()) not in words(ben).replace("\\", "")
    read = signed_in(codes["class-02"], "run", run=link)
    assert "of Ada" in words(read)
    with persons.acting_as(persons.Person(id="class-02", group="class")):
        assert runs.list_runs() == ()


def test_a_code_that_is_taken_back_closes_an_open_page(codes: dict[str, str]):
    at = signed_in(codes["class-01"], "runs")
    assert at.title[0].value == "Runs"
    class_codes.revoke_class("class")
    assert [t.value for t in at.run().title] == ["Sign in"]


def test_the_operator_s_page_is_the_operator_s(codes: dict[str, str]):
    assert "This page is for the operator" in words(signed_in(codes["class-02"], "office"))
    at = signed_in(codes["staff-01"], "office")
    assert at.title[0].value == "Operator" and not at.exception
    assert [m.label for m in at.metric][:3] == ["People", "At work", "Waiting"]
