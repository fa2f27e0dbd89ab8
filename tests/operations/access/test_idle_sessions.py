"""A session that nobody uses ends by itself; one that is used goes on, until its longest time."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from dizuo.model.errors import InputError
from dizuo.operations.access.login_settings import read_login_settings
from dizuo.operations.access.tables import session_uses

MINUTE = timedelta(minutes=1)


@pytest.fixture
def opened(entrance, engine):
    with engine.begin() as connection:
        account = entrance.accounts.add(connection, "anna", ["desk"], "operator")
        account = entrance.accounts.find(connection, "anna")
        return entrance.sessions.open(connection, account)


@pytest.fixture
def find(entrance, opened):
    """Ask for the session as a process does that remembers nothing."""

    def find_it():
        entrance.sessions.remembered.forget()
        return entrance.sessions.find(opened.cookie)

    return find_it


def test_a_session_that_nobody_uses_ends_after_half_an_hour(find, clock):
    clock.move(30 * MINUTE - timedelta(seconds=1))
    assert find().account.name == "anna"
    clock.move(30 * MINUTE)
    assert find() is None
    clock.move(-timedelta(seconds=1))
    assert find() is not None


def test_a_session_that_is_used_lasts_as_long_as_any_may(find, clock):
    for _ in range(35):
        clock.move(20 * MINUTE)
        assert find() is not None
    clock.move(20 * MINUTE)
    assert find() is None


def test_it_ends_though_it_is_remembered(entrance, opened, clock):
    assert entrance.sessions.find(opened.cookie) is not None
    clock.move(30 * MINUTE)
    assert entrance.sessions.find(opened.cookie) is None


def test_a_use_is_not_written_down_with_every_request(find, clock, engine):
    written = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):
        written.extend([statement] if statement.startswith("UPDATE session_uses") else [])

    for _ in range(60):
        clock.move(timedelta(seconds=10))
        assert find() is not None
    assert len(written) == 3


def test_a_use_that_another_process_wrote_later_stays(entrance, opened, clock, engine):
    entrance.sessions._note_use(_only(engine).session, clock.now() + 10 * MINUTE)
    later = _only(engine).used
    entrance.sessions._note_use(_only(engine).session, clock.now() + 5 * MINUTE)
    assert _only(engine).used == later
    assert entrance.sessions.find(opened.cookie) is not None


def test_what_is_left_of_sessions_that_ended_is_forgotten(entrance, opened, engine):
    with engine.begin() as connection:
        entrance.sessions.close(connection, opened)
        entrance.sessions.open(connection, opened.account)
    assert _only(engine).used > 0


def test_a_city_sets_its_own_time():
    assert read_login_settings({}).idle == 30 * MINUTE
    assert read_login_settings({"session_idle_minutes": 10}).idle == 10 * MINUTE
    with pytest.raises(InputError, match="no setting of logins"):
        read_login_settings({"session_idle_minutes": 0})


def _only(engine):
    with engine.connect() as connection:
        return connection.execute(select(session_uses)).one()
