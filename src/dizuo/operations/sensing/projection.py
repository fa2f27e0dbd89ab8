"""What is described through SensorThings, kept up with the events that tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Table

from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.sensing.registered import register_devices
from dizuo.operations.sensing.tables import (
    MOVED,
    ROWS,
    TABLES,
    as_columns,
    observation_details,
    thing_places,
)
from dizuo.operations.signals.register_table import REGISTERED

__all__ = ["SensingProjection"]

_KIND: Final = "sensing."
_BY_NAME: Final = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class SensingProjection:
    """Keeps the tables up with the events."""

    tables: Sequence[Table] = TABLES

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Make and change the rows that the events tell, in their order."""
        told = (one for one in added if one.kind == REGISTERED or one.kind.startswith(_KIND))
        for registered, some in groupby(told, lambda one: one.kind == REGISTERED):
            if registered:
                register_devices(connection, list(some))
                continue
            for one in some:
                _describe(connection, one.known())

    def clear(self, connection: Connection) -> None:
        """Remove every row."""
        for table in self.tables:
            connection.execute(table.delete())


def _describe(connection: Connection, facts: Mapping[str, Any]) -> None:
    for thing in facts.get(MOVED, ()):
        connection.execute(thing_places.delete().where(thing_places.c.thing == thing))
    for name, row in facts[ROWS]:
        table = _BY_NAME[name]
        if table is observation_details and _is_there(connection, table, row):
            continue  # the first observation of a stream and time holds
        _put(connection, table, row)


def _is_there(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    at = [column == row[column.name] for column in table.primary_key.columns]
    return connection.execute(table.select().where(*at)).first() is not None


def _put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    keys = [column.name for column in table.primary_key.columns]
    at = [table.c[name] == row[name] for name in keys]
    told = as_columns(row)
    others = {name: value for name, value in told.items() if name not in keys}
    if others and connection.execute(table.update().where(*at).values(others)).rowcount:
        return
    if others or connection.execute(table.select().where(*at)).first() is None:
        connection.execute(table.insert().values(told))
