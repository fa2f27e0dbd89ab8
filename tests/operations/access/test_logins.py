"""Passwords are looked at slowly, seldom, and without telling whose they are."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.access.login_settings import read_login_settings
from dizuo.operations.access.logins import TooManyError, WrongLoginError
from dizuo.operations.access.tables import attempts, sessions
from dizuo.operations.event_log.log import read_events

WORDS = "quiet rivers move old stones"
OFFICE = "192.0.2.7"


@pytest.fixture
def logins(entrance, engine):
    with engine.begin() as connection:
        for name in ("anna", "ben"):
            entrance.accounts.add(connection, name, ["desk"], "operator")
            entrance.logins.set_password(connection, name, WORDS, "operator")
    return entrance.logins


def fail(logins, name="anna", times=1, address=""):
    for _ in range(times):
        with pytest.raises(WrongLoginError):
            logins.log_in(name, "a guess", address)


def test_the_right_words_open_a_session(logins, engine):
    session = logins.log_in("anna", WORDS)
    assert logins.sessions.find(session.cookie).account.name == "anna"
    with engine.connect() as connection:
        kept = connection.execute(select(sessions)).all()
    assert session.cookie.partition(".")[0] not in str(kept)


def test_five_guesses_and_the_name_waits_even_for_the_right_words(logins, clock, engine):
    fail(logins, times=5)
    with pytest.raises(TooManyError) as refused:
        logins.log_in("anna", WORDS)
    assert refused.value.seconds == 900
    clock.move(timedelta(minutes=14, seconds=59, milliseconds=500))
    with pytest.raises(TooManyError) as refused:
        logins.log_in("anna", WORDS)
    assert refused.value.seconds == 1
    assert logins.log_in("ben", WORDS).account.name == "ben"
    clock.move(timedelta(seconds=1))
    assert logins.log_in("anna", WORDS).account.name == "anna"
    with engine.connect() as connection:
        kinds = [one.kind for page in read_events(connection) for one in page]
    assert kinds.count("account.locked") == 1


def test_a_login_that_succeeds_forgives_the_guesses_before_it(logins):
    for _ in range(3):
        fail(logins, times=4)
        assert logins.log_in("anna", WORDS).account.name == "anna"


def test_whoever_keeps_the_accounts_can_end_the_waiting(logins, engine):
    fail(logins, times=5)
    with engine.begin() as connection:
        logins.accounts.enable(connection, "anna", "operator", enabled=True)
    assert logins.log_in("anna", WORDS).account.name == "anna"


def test_a_name_that_is_nobodys_waits_as_well_and_stands_nowhere(logins, engine):
    fail(logins, "nobody", times=5)
    with pytest.raises(TooManyError):
        logins.log_in("nobody", WORDS)
    with engine.connect() as connection:
        assert all("nobody" not in one.subject for page in read_events(connection) for one in page)
        assert "nobody" not in str(connection.execute(select(attempts)).all())


def test_a_password_is_compared_for_nobody_too(logins, monkeypatch):
    """Or the time that an answer takes would tell which names there are."""
    compared = []
    verify = type(logins.hasher).verify

    def seen(hasher, hashed, password):
        compared.append(hashed)
        return verify(hasher, hashed, password)

    monkeypatch.setattr(type(logins.hasher), "verify", seen)
    fail(logins, "nobody")
    fail(logins, "anna")
    assert len(compared) == 2


def test_many_names_from_one_address_make_the_address_wait(logins):
    for number in range(50):
        fail(logins, f"name-{number}", address=OFFICE)
    with pytest.raises(TooManyError):
        logins.log_in("anna", WORDS, OFFICE)
    assert logins.log_in("anna", WORDS, "192.0.2.8").account.name == "anna"


def test_an_office_behind_one_address_is_not_shut_out_by_its_own_logins(logins):
    for _ in range(60):
        assert logins.log_in("anna", WORDS, OFFICE).account.name == "anna"


def test_many_guesses_at_once_get_no_further_than_one_after_the_other(logins):
    told = []

    def guess():
        try:
            logins.log_in("anna", "a guess")
        except (WrongLoginError, TooManyError) as error:
            told.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told.count(WrongLoginError) == 5
    assert told.count(TooManyError) == 15


def test_failed_logins_are_forgotten(logins, clock, engine):
    fail(logins, times=3, address=OFFICE)
    clock.move(timedelta(minutes=16))
    logins.log_in("ben", WORDS)
    with engine.connect() as connection:
        assert connection.execute(select(attempts)).all() == []


@pytest.mark.parametrize("words", ["", "short", "x" * 14, "x" * 1025, "my name is Anna, surely"])
def test_a_password_that_is_easily_guessed_is_refused(logins, engine, words):
    with engine.begin() as connection, pytest.raises(InputError, match="a password has 15"):
        logins.set_password(connection, "anna", words, "operator")
    assert logins.log_in("anna", WORDS).account.name == "anna"


def test_expired_sessions_are_forgotten(logins, clock, engine):
    first = logins.log_in("anna", WORDS)
    clock.move(timedelta(hours=11, minutes=45))
    second = logins.log_in("anna", WORDS)
    clock.move(timedelta(minutes=20))
    assert logins.sessions.find(first.cookie) is None
    assert logins.sessions.find(second.cookie).account.name == "anna"
    logins.log_in("ben", WORDS)
    with engine.begin() as connection:
        assert len(connection.execute(select(sessions)).all()) == 2


def test_a_city_sets_its_own_numbers():
    assert read_login_settings({}).failures_before_lock == 5
    own = read_login_settings({"failures_before_lock": 3, "public_url": "https://city.example/"})
    assert (own.failures_before_lock, own.public_url) == (3, "https://city.example")


PROVIDER = {"issuer": "https://id.example", "client_id": "dizuo"}
SAFE = {"public_url": "https://city.example"}


@pytest.mark.parametrize(
    "own",
    [
        {"failures_before_lock": 0}, {"failures_before_lock": "many"}, {"session_hours": True},
        {"colour": "red"}, {"public_url": 1}, {"oidc": PROVIDER},
        {"public_url": "http://city.example", "oidc": PROVIDER},
        SAFE | {"oidc": PROVIDER | {"issuer": "http://id.example"}},
        SAFE | {"oidc": PROVIDER | {"colour": "red"}},
        SAFE | {"oidc": {"issuer": "https://id.example"}},
        SAFE | {"oidc": PROVIDER | {"groups": {"a": {"role": "x"}}}},
    ],
)  # fmt: skip
def test_settings_that_are_none_or_would_send_secrets_in_clear_are_refused(own):
    with pytest.raises(InputError) as refused:
        read_login_settings(own)
    assert refused.value.field.startswith("login.")
