"""Codes and accounts: who gets in, who does not, and what ten thousand guesses come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core import persons, settings
from cassia_core.errors import ConfigError, LimitReached, NotSignedIn
from cassia_core.persons import Person
from cassia_core.services.sharing import accounts, class_codes, sessions, tries
from cassia_core.services.sharing.class_codes import create_class, in_parts, person_of_code
from tests.two_people import shared_mode

__all__ = ["shared_mode"]
ACCOUNT = {"iss": "https://id.example", "sub": "42", "email": "Ada@Uni.example", "email_verified": True}


@pytest.fixture(autouse=True)
def fresh(shared_mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_codes, "tries", tries.Tries())


def test_each_code_opens_one_workspace_and_none_is_on_disk(home: Path):
    made = create_class("spring", 3)
    assert [(m.person, m.role) for m in made][-2:] == [("spring-03", "person"), ("spring-teacher", "teacher")]
    assert len({m.code for m in made}) == 4
    for code in made:
        assert person_of_code(f" {in_parts(code.code).lower()} ") == Person(
            id=code.person, role=code.role, group="spring"
        )
    everything = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    assert not any(code.code in everything for code in made)


def test_ten_thousand_wrong_codes_get_nowhere():
    right = create_class("spring", 30)[0].code
    answers = []
    for number in range(10_000):
        try:
            person_of_code(f"{number:015d}", address=f"10.0.{number % 7}.{number % 250}")
        except (NotSignedIn, LimitReached) as error:
            answers.append(type(error))
    assert answers.count(NotSignedIn) == tries.MOST_OF_ALL, "the others were not even compared"
    assert len(answers) == 10_000
    with pytest.raises(LimitReached):
        person_of_code(right)


def test_one_address_that_guesses_closes_only_itself_and_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    right = create_class("spring", 2)[0].code
    for _ in range(tries.MOST_OF_ONE):
        with pytest.raises(NotSignedIn):
            person_of_code("AAAAA-AAAAA-AAAAA", "10.0.0.1")
    with pytest.raises(LimitReached):
        person_of_code(right, "10.0.0.1")
    assert person_of_code(right, "10.0.0.2").id == "spring-01"
    now = tries.time.monotonic()
    monkeypatch.setattr(tries.time, "monotonic", lambda: now + tries.WINDOW_S + 1)
    assert person_of_code(right, "10.0.0.1").id == "spring-01"


def test_a_session_ends_by_itself_by_signing_out_and_with_its_class(monkeypatch: pytest.MonkeyPatch):
    person = person_of_code(create_class("spring", 2)[0].code)
    token = sessions.begin_session(person)
    assert sessions.person_of_session(token) == person
    names = [path.name for path in (settings.office_root() / "sessions").iterdir()]
    assert token not in "".join(names), "only a hash of it is on disk"
    other = sessions.begin_session(person)
    sessions.end_session(other)
    assert sessions.person_of_session(other) is None
    class_codes.revoke_class("spring")
    assert sessions.person_of_session(token) is None
    for forged in ("", "x", "../classes", token[:-1], token * 9):
        assert sessions.person_of_session(forged) is None


def test_a_session_is_over_after_its_time(monkeypatch: pytest.MonkeyPatch):
    token = sessions.begin_session(person_of_code(create_class("spring", 2)[0].code))
    now = sessions.time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + sessions.LASTS_S + 1)
    assert sessions.person_of_session(token) is None


def test_a_ticket_is_good_once_and_soon(monkeypatch: pytest.MonkeyPatch):
    ticket = sessions.ticket_for("token")
    assert sessions.token_for(ticket) == "token" and sessions.token_for(ticket) is None
    late = sessions.ticket_for("token")
    now = sessions.time.monotonic()
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now + 120)
    assert sessions.token_for(late) is None and sessions.token_for("forged") is None


@pytest.mark.parametrize("name", ["", "../up", "A b", "x" * 40, "-x"])
def test_a_name_of_a_class_leads_nowhere_else(name: str):
    with pytest.raises(ConfigError):
        create_class(name, 3)


@pytest.mark.parametrize("identity", ["", "..", "a/b", "A", "x" * 80, "a\n"])
def test_a_person_s_id_is_the_name_of_one_folder(identity: str):
    with pytest.raises(ConfigError):
        Person(id=identity)


def test_accounts_are_told_apart_by_provider_and_subject_and_not_by_address():
    one = accounts.person_of_account(ACCOUNT)
    assert one == accounts.person_of_account(ACCOUNT | {"email": "other@uni.example", "name": "x"}) or (
        one.id == accounts.person_of_account(ACCOUNT | {"email": "other@uni.example"}).id
    )
    assert one.id != accounts.person_of_account(ACCOUNT | {"iss": "https://evil.example"}).id
    with pytest.raises(NotSignedIn):
        accounts.person_of_account({"email": "ada@uni.example"})


def test_only_checked_addresses_admit_and_make_an_operator(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_PEOPLE", "@uni.example")
    monkeypatch.setenv("CASSIA_OPERATORS", "ada@uni.example")
    assert accounts.person_of_account(ACCOUNT).role == "operator"
    assert accounts.person_of_account(ACCOUNT | {"email": "b@uni.example"}).role == "person"
    for account in (
        ACCOUNT | {"email_verified": False},
        ACCOUNT | {"email_verified": None},
        ACCOUNT | {"email": "ada@uni.example.evil"},
        ACCOUNT | {"email": ""},
    ):
        with pytest.raises(NotSignedIn, match="not admitted"):
            accounts.person_of_account(account)


def test_shared_mode_does_not_start_without_a_way_to_tell_people_apart(command_line, home: Path):
    refused = command_line("app", "--no-browser", CASSIA_MODE="shared", CASSIA_HOME=str(home))
    assert refused.returncode == 1 and "cassia class create" in refused.stderr
    made = command_line(
        "class", "create", "spring", "--people", "2", CASSIA_MODE="shared", CASSIA_HOME=str(home)
    )
    assert made.returncode == 0 and "spring-teacher" in made.stdout
    accounts.require_ways_to_sign_in()
    listed = command_line("class", "list", CASSIA_MODE="shared", CASSIA_HOME=str(home))
    assert "spring" in listed.stdout and "3 codes" in listed.stdout
    again = command_line("class", "create", "spring", CASSIA_MODE="shared", CASSIA_HOME=str(home))
    assert again.returncode == 1 and "already" in again.stderr
    assert command_line("class", "revoke", "spring", CASSIA_HOME=str(home)).returncode == 0
    with pytest.raises(ConfigError):
        accounts.require_ways_to_sign_in()


def test_the_page_of_a_thread_without_a_session_is_nobody_s(shared_mode: Path):
    from cassia_ui.sharing import who_asks

    who_asks.begin()
    assert persons.current() is None
    with pytest.raises(NotSignedIn):
        settings.home()
