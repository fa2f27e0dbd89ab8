"""Insert whole rows, many at once, by the quickest way that each database has."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

__all__ = ["insert_rows"]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of the table's columns.

    PostgreSQL copies them in (``COPY``), which spares it a statement a row; SQLite runs one
    prepared statement. Neither is given defaults: a row is whole.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the database refuses a row; none of them is then written.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert(table), [tuple(row) for row in rows])
        return
    driver = connection.connection.dbapi_connection
    base = connection.dialect.loaded_dbapi.Error
    statement = _copy(table)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]
            for row in rows:
                copy.write_row(row)
    except base as error:
        raise DBAPIError.instance(statement, None, error, base) from error


@cache
def _insert(table: Table) -> str:
    marks = ", ".join("?" * len(table.c))
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks})"  # noqa: S608 - names


@cache
def _copy(table: Table) -> str:
    return f"COPY {table.name} ({_names(table)}) FROM STDIN"


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)
