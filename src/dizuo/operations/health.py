"""How the operations of a city are: what an operator looks at, and what a machine asks."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select, text

from dizuo.operations.cases.table import cases
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import engine_is_postgresql, found_version
from dizuo.operations.event_log.verification import count_unsealed
from dizuo.operations.time import from_microseconds, to_microseconds
from dizuo.operations.webhooks.tables import DEAD, WAITING, deliveries

__all__ = ["Health", "examine"]


@dataclass(frozen=True, slots=True)
class Health:
    """How the operations of a city are.

    Attributes
    ----------
    schema_version
        Of the database.
    database_bytes, free_bytes
        What the database takes, and what is free on the disk of the city's folder.
    unsealed, oldest_unsealed
        Events that no batch holds yet, and for how many seconds the first of them has waited.
    last_sealed
        When the last batch was sealed.
    waiting_deliveries, dead_deliveries
        What is still to be told to receivers, and what none took however often it was tried.
    """

    database: str
    schema_version: int
    database_bytes: int
    free_bytes: int
    events: int
    unsealed: int
    oldest_unsealed: float
    last_sealed: datetime | None
    cases: int
    open_cases: int
    overdue_cases: int
    waiting_deliveries: int
    dead_deliveries: int


def examine(engine: Engine, folder: Path, now: datetime) -> Health:
    """Tell how many events and cases there are, what waits, and how much room is left.

    Parameters
    ----------
    folder
        Where the keys, the heads and SQLite's file lie.
    """
    instant = to_microseconds(now)
    with engine.connect().execution_options(reads_only=True) as connection:
        count = select(func.count()).select_from(cases)
        still_open = count.where(cases.c.open.is_(True))
        sealed = _one(connection, select(func.max(tables.batches.c.sealed)))
        return Health(
            database=engine.dialect.name,
            schema_version=found_version(connection),
            database_bytes=_size(connection),
            free_bytes=shutil.disk_usage(folder).free,
            events=_one(connection, select(func.max(tables.events.c.number))) or 0,
            unsealed=count_unsealed(connection),
            oldest_unsealed=_waited(connection, instant),
            last_sealed=None if sealed is None else from_microseconds(sealed),
            cases=_one(connection, count) or 0,
            open_cases=_one(connection, still_open) or 0,
            overdue_cases=_one(connection, still_open.where(cases.c.due < instant)) or 0,
            waiting_deliveries=_deliveries(connection, WAITING),
            dead_deliveries=_deliveries(connection, DEAD),
        )


def _waited(connection: Connection, instant: int) -> float:
    last = _one(connection, select(func.max(tables.batches.c.last))) or 0
    first = select(tables.events.c.recorded).where(tables.events.c.number == last + 1)
    recorded = _one(connection, first)
    return 0.0 if recorded is None else max(0, instant - recorded) / 1e6


def _deliveries(connection: Connection, state: str) -> int:
    query = select(func.count()).select_from(deliveries).where(deliveries.c.state == state)
    return _one(connection, query) or 0


def _size(connection: Connection) -> int:
    if engine_is_postgresql(connection):
        query = text("SELECT pg_database_size(current_database())")
    else:
        query = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return int(connection.execute(query).scalar_one())


def _one(connection: Connection, query: Select[Any]) -> int | None:
    found: int | None = connection.execute(query).scalar()
    return found
