"""Put into a derived table what an event says that it changed."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table

__all__ = ["CHANGES", "put_row"]

CHANGES: Final = "changes"
"""The fact of an event that says which rows it changed: table, key, column, new value."""


def put_row(
    connection: Connection, table: Table, key: Mapping[str, str], values: Mapping[str, Any]
) -> None:
    """Change a row, or make it where there is none; columns that are no more are left out."""
    known = {name: value for name, value in values.items() if name in table.c}
    at = [table.c[name] == value for name, value in key.items()]
    changed = connection.execute(table.update().where(*at).values(known))
    if not changed.rowcount:
        connection.execute(table.insert().values(**key, **known))
