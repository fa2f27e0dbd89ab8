"""Writers of one process take turns: each is woken when the one before has committed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

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
