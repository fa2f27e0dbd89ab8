"""Events are numbered, hashed and kept once, on both databases."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from counted_events import MORNING, Counting, event, rows
from sqlalchemy.exc import DBAPIError

from dizuo.model.errors import DizuoError, InputError, StoreError
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import database_url, open_database, prepare
from dizuo.operations.event_log.event import as_text, hash_of
from dizuo.operations.event_log.log import Log, read_events
from dizuo.operations.time import from_microseconds, to_microseconds


@pytest.fixture
def counting(engine):
    projection = Counting()
    projection.table.metadata.create_all(engine)
    return projection


@pytest.fixture
def log(engine, clock, counting):
    return Log(engine, clock, [counting])


def all_events(engine):
    with engine.connect() as connection:
        return [one for page in read_events(connection) for one in page]


def test_events_are_numbered_without_a_gap_and_by_subject(engine, log):
    with engine.begin() as connection:
        log.append(connection, [event(1), event(2, "case:b"), event(3)])
    with engine.begin() as connection:
        log.append(connection, [event(4)])
    kept = all_events(engine)
    assert [(one.number, one.subject, one.version) for one in kept] == [
        (1, "case:a", 1),
        (2, "case:b", 1),
        (3, "case:a", 2),
        (4, "case:a", 3),
    ]
    assert all(one.proves() for one in kept)


def test_an_event_that_comes_twice_is_kept_once(engine, log):
    with engine.begin() as connection:
        assert len(log.append(connection, [event(1), event(1), event(2)])) == 2
    with engine.begin() as connection:
        assert [one.id for one in log.append(connection, [event(2), event(3)])] == ["event-3"]
    with engine.begin() as connection:
        assert log.append(connection, [event(1)]) == []
    assert [one.id for one in all_events(engine)] == ["event-1", "event-2", "event-3"]


def test_what_a_transaction_takes_back_was_never_there(engine, log, counting):
    with engine.connect() as connection:
        log.append(connection, [event(1)])
        connection.rollback()
    with engine.begin() as connection:
        log.append(connection, [event(2)])
    assert [(one.number, one.id) for one in all_events(engine)] == [(1, "event-2")]
    assert rows(engine, counting.table) == [("case:a", 1)]


def test_derived_tables_made_anew_are_the_same(engine, log, counting):
    with engine.begin() as connection:
        log.append(connection, [event(k, f"case:{k % 3}") for k in range(10)])
    before = rows(engine, counting.table)
    with engine.begin() as connection:
        assert log.rebuild(connection) == 10
    assert rows(engine, counting.table) == before == [("case:0", 4), ("case:1", 3), ("case:2", 3)]


def test_many_writers_at_once_lose_nothing(engine, log, counting):
    def write(writer):
        for k in range(5):
            with engine.begin() as connection:
                log.append(connection, [event(f"{writer}-{k}", f"case:{k}")])

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [one.number for one in all_events(engine)] == list(range(1, 21))
    assert rows(engine, counting.table) == [(f"case:{k}", 4) for k in range(5)]


@pytest.mark.parametrize(
    "change", [tables.events.delete(), tables.events.update().values(actor="x")]
)
def test_events_can_only_be_added(engine, log, change):
    with engine.begin() as connection:
        log.append(connection, [event(1)])
    with pytest.raises(DBAPIError, match="only ever added"), engine.begin() as connection:
        connection.execute(change)
    assert all_events(engine)[0].actor == "desk"


def test_events_are_read_by_pages_and_ranges(engine, log, monkeypatch):
    monkeypatch.setattr("dizuo.operations.event_log.log._A_PAGE", 3)
    with engine.begin() as connection:
        log.append(connection, [event(k) for k in range(1, 8)])
    with engine.connect() as connection:
        assert [len(page) for page in read_events(connection)] == [3, 3, 1]
        middle = [one.number for page in read_events(connection, after=2, until=5) for one in page]
        ours = [len(page) for page in read_events(connection, of=("case.", "ca_"))]
        assert ours == [len(page) for page in read_events(connection)]
        assert list(read_events(connection, of=("ca_", "alarm."))) == []
    assert middle == [3, 4, 5]


def test_facts_are_written_in_one_form():
    assert as_text({"b": 1, "a": "路灯"}) == '{"a":"路灯","b":1}'
    with pytest.raises(InputError, match="cannot be written as JSON"):
        as_text({"a": float("nan")})
    with pytest.raises(InputError, match="cannot be written as JSON"):
        as_text({"a": MORNING})


def test_no_part_of_a_hash_can_be_shifted_to_the_next():
    assert hash_of("ab", "c") != hash_of("a", "bc")
    assert len({hash_of(1, "2"), hash_of(12), hash_of("1", "2", "")}) == 3


def test_times_are_whole_microseconds_and_have_a_zone():
    time = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
    assert from_microseconds(to_microseconds(time)) == time
    assert to_microseconds(datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)) == -1
    with pytest.raises(DizuoError, match="no time zone"):
        to_microseconds(datetime(2026, 3, 2, 9))  # noqa: DTZ001


def test_a_database_is_prepared_once_and_not_by_an_older_dizuo(engine):
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(tables.schema_version.update().values(version=99))
    with pytest.raises(StoreError, match="of version 99"):
        prepare(engine)


def test_a_log_whose_end_is_lost_is_not_written_to(engine, log):
    with engine.begin() as connection:
        connection.execute(tables.log_end.delete())
    with pytest.raises(StoreError, match="damaged"), engine.begin() as connection:
        log.append(connection, [event(1)])


@pytest.mark.parametrize(
    ("url", "message"),
    [("no url", "cannot be read"), ("mysql://root@host/db", "mysql is no database")],
)
def test_other_databases_are_refused(url, message):
    with pytest.raises(InputError, match=message):
        open_database(url)


def test_a_database_that_cannot_be_reached_is_told(tmp_path):
    (tmp_path / "operations.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        prepare(open_database(f"sqlite:///{tmp_path / 'operations.sqlite'}"))


def test_the_database_stands_in_the_city_s_folder_unless_another_is_named(tmp_path):
    assert database_url(tmp_path, None).endswith(f"{tmp_path.name}/operations.sqlite")
    assert database_url(tmp_path, "postgresql://me@here/city") == "postgresql://me@here/city"
