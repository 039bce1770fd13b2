"""Shared mode as people meet it: signed out, signed in, somebody else's address, the operator's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import persons, settings
from cassia_core.errors import NotYours
from cassia_core.services.runs import runs
from cassia_core.services.sharing import class_codes, operating, run_links, sessions, tries
from tests.small_runs import past_run
from tests.two_people import shared_mode

__all__ = ["shared_mode"]


@pytest.fixture
def codes(shared_mode: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Codes by person: two of a class, and an operator's."""
    monkeypatch.setattr(class_codes, "tries", tries.Tries())
    made = [*class_codes.create_class("class", 2), *class_codes.create_class("staff", 1, "operator")]
    return {code.person: code.code for code in made}


def opened() -> AppTest:
    return AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=120).run()


def signed_in(code: str, page: str = "", **address: str) -> AppTest:
    """The app of somebody whose browser has the cookie of a session."""
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=120)
    at.session_state["signed_in_with"] = sessions.begin_session(class_codes.person_of_code(code))
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    return at.switch_page(f"pages/{page}.py").run() if page else at


def words(at: AppTest) -> str:
    return "\n".join(str(e.value) for e in (*at.title, *at.markdown, *at.caption))


def test_nobody_sees_a_page_before_signing_in(codes: dict[str, str]):
    at = opened()
    assert [t.value for t in at.title] == ["Sign in"] and not at.exception
    assert at.text_input(key="sign_in_code").value == ""


def test_a_person_s_pages_show_their_own_and_refuse_another_s_address(codes: dict[str, str]):
    with persons.acting_as(persons.Person(id="class-01", group="class")):
        theirs = past_run(settings.runs_root(), "<script>alert(1)</script> of Ada")
        link = run_links.share_run(theirs)
    ada = signed_in(codes["class-01"], "runs")
    assert "of Ada" in words(ada)
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
    # This stand-in for a browser runs the page itself, without app.py before it: the services refuse it.
    assert "You are not signed in" in words(at.run())


def test_the_operator_s_page_is_the_operator_s(codes: dict[str, str]):
    with pytest.raises(ValueError, match="navigation"):
        signed_in(codes["class-02"], "office")  # it is no page of theirs, and the service refuses them, too
    with persons.acting_as(persons.Person(id="class-02", group="class")), pytest.raises(NotYours):
        operating.server_state()
    with persons.acting_as(persons.Person(id="class-02", group="class")), pytest.raises(NotYours):
        operating.end_work("x")
    at = signed_in(codes["staff-01"], "office")
    assert at.title[0].value == "Operator" and not at.exception
    assert [m.label for m in at.metric][:3] == ["People", "At work", "Waiting"]
