"""A backup holds what must not be lost, and opens in either kind of database."""

import zipfile

import pytest
from counted_events import Counting, event, rows
from sqlalchemy import select

from dizuo.model.errors import InputError, StoreError
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.backup import back_up, restore
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.sealing import Sequencer, signing_key
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import public_key, verify


def opened(url, clock):
    engine = open_database(url)
    prepare(engine)
    counting = Counting()
    counting.table.create(engine)
    return Log(engine, clock, [counting])


@pytest.fixture
def log(engine, clock, tmp_path):
    counting = Counting()
    counting.table.create(engine)
    log = Log(engine, clock, [counting])
    with engine.begin() as connection:
        digest = Vault(bytes(32)).keep(connection, "case:a", "text", "路灯不亮".encode())
        told = [{"kind": "text", "digest": digest}]
        log.append(connection, [event(1, confidences=told), event(2, "case:b"), event(3)])
    Sequencer(engine, clock, signing_key(tmp_path / "seal.key"), tmp_path / "heads.jsonl").seal()
    with engine.begin() as connection:
        log.append(connection, [event(4)])
    return log


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def other(request, tmp_path, clock):
    """An empty database to restore into."""
    if request.param == "sqlite":
        return opened(f"sqlite:///{tmp_path / 'other.sqlite'}", clock)
    return opened(request.getfixturevalue("postgresql").new_database(), clock)


def test_a_restored_log_is_the_same_verifies_and_goes_on(log, other, tmp_path):
    assert back_up(log.engine, tmp_path / "b.zip") == {
        "events": 4, "batches": 1, "keys": 1, "confidences": 1, "observations": 0,
    }  # fmt: skip
    restore(other, tmp_path / "b.zip")
    for table in (tables.events, tables.batches, tables.keys, tables.confidences, tables.log_end):
        assert rows(other.engine, table) == rows(log.engine, table)
    assert rows(other.engine, other.projections[0].table) == [("case:a", 3), ("case:b", 1)]
    key = public_key(tmp_path / "seal.public")
    assert verify(other.engine, key, tmp_path / "heads.jsonl", other.projections) == []
    with other.engine.begin() as connection:
        assert other.append(connection, [event(5)])[0].number == 5
        digest = connection.execute(select(tables.confidences.c.digest)).scalar_one()
        assert Vault(bytes(32)).read(connection, digest).decode() == "路灯不亮"


def test_a_backup_is_not_written_over_and_a_log_not_restored_over(log, tmp_path):
    file = tmp_path / "b.zip"
    back_up(log.engine, file)
    with pytest.raises(InputError, match="the file exists"):
        back_up(log.engine, file)
    with pytest.raises(InputError, match="there is no such folder"):
        back_up(log.engine, tmp_path / "nowhere" / "b.zip")
    with pytest.raises(StoreError, match="holds events already"):
        restore(log, file)
    assert [one.name for one in tmp_path.glob(".*partial")] == []


def altered(source, target, name, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one != name:
                new.writestr(one, content)
            elif change is not None:
                new.writestr(one, change(content))
    return target


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("events.jsonl", lambda text: text[: text.index(b"\n") + 1], "events has 1 rows, not 4"),
        ("events.jsonl", lambda text: text[:-9], "no whole backup"),
        ("keys.jsonl", None, "no whole backup"),
        ("keys.jsonl", lambda text: text.replace(b"wrapped", b"other"), "no whole backup"),
        ("events.jsonl", lambda text: text.replace(b'"number": 2', b'"number": 1'), "no whole"),
        ("events.jsonl", lambda _: b"[]\n", "no whole backup"),
        ("contents.json", None, "no whole backup"),
        ("contents.json", lambda _: b'{"schema_version": 0}', "backup of version 0"),
    ],
)
def test_a_damaged_backup_restores_nothing(log, clock, tmp_path, name, change, message):
    back_up(log.engine, tmp_path / "b.zip")
    file = altered(tmp_path / "b.zip", tmp_path / "c.zip", name, change)
    other = opened(f"sqlite:///{tmp_path / 'other.sqlite'}", clock)
    with pytest.raises(InputError, match=message):
        restore(other, file)
    assert rows(other.engine, tables.events) == []


def test_any_other_file_is_no_backup(log, tmp_path):
    (tmp_path / "b.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="no whole backup"):
        restore(log, tmp_path / "b.zip")
    with pytest.raises(InputError, match="there is no such file"):
        restore(log, tmp_path / "none.zip")
