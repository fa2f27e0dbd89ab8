"""Writers of one process take turns: each is woken when the one before has committed."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dizuo.operations.event_log.database import open_database

WRITERS = 8
TIMES = 25


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'turns.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counted (number INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))
    yield engine
    engine.dispose()


def count(engine):
    with engine.connect().execution_options(reads_only=True) as connection:
        return connection.execute(text("SELECT number FROM counted")).scalar_one()


def add_one(engine):
    with engine.begin() as connection:
        number = connection.execute(text("SELECT number FROM counted")).scalar_one()
        connection.execute(text("UPDATE counted SET number = :next"), {"next": number + 1})


def test_no_writer_overtakes_another(engine):
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda _: add_one(engine), range(WRITERS * TIMES)))
    assert count(engine) == WRITERS * TIMES


def test_a_transaction_that_fails_gives_its_turn_back(engine):
    def fail():
        with engine.begin() as connection:
            connection.execute(text("UPDATE counted SET number = 99"))
            raise ValueError

    for _ in range(3):
        with pytest.raises(ValueError):  # noqa: PT011 - it has no message
            fail()
    add_one(engine)
    assert count(engine) == 1


def test_a_connection_that_is_given_up_gives_its_turn_back(engine):
    with engine.connect() as connection:
        connection.execute(text("UPDATE counted SET number = 99"))
        connection.invalidate()
    add_one(engine)
    assert count(engine) == 1


def test_several_transactions_of_one_connection_and_reading_need_no_turn(engine):
    with engine.connect() as writer:
        for _ in range(2):
            with writer.begin():
                writer.execute(text("UPDATE counted SET number = number + 1"))
        assert count(engine) == 2
    done = threading.Thread(target=add_one, args=(engine,))
    done.start()
    done.join(timeout=20)
    assert count(engine) == 3


def test_a_file_that_was_removed_or_replaced_takes_nothing_in_unseen(tmp_path):
    """As by an operator who restores a backup beside a server that runs."""
    file, other = tmp_path / "log.sqlite", tmp_path / "restored.sqlite"
    for one in (file, other):
        engine = open_database(f"sqlite:///{one}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (n)"))
        engine.dispose()
    engine = open_database(f"sqlite:///{file}")

    def write(number):
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})

    write(1)
    for one in tmp_path.glob("log.sqlite*"):
        one.unlink()
    with pytest.raises(OperationalError, match="no such table"):
        write(2)
    for one in tmp_path.glob("log.sqlite*"):
        one.unlink()
    other.rename(file)
    write(3)
    with sqlite3.connect(file) as found:
        assert found.execute("SELECT n FROM t").fetchall() == [(3,)]
    engine.dispose()
