"""Bring a database of an older dizuo up to this one, in place and in one transaction.

What is derived is never converted: it is made anew from the events, which can always be read. Only
a change of the truth's own tables needs statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from dizuo.model.errors import StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import SCHEMA_VERSION, found_version, hold, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.verification import DerivedProjection

__all__ = ["MIGRATIONS", "Migration", "migrate"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a version of the database to the next.

    Attributes
    ----------
    version
        What the database is after it.
    what
        What changes.
    statements
        SQL that both databases know, run on the truth's tables. It never changes an event.
    """

    version: int
    what: Text
    statements: tuple[str, ...] = ()


MIGRATIONS: Final = (
    Migration(
        2,
        Text(
            "cases are found by squares of the map, and every list is read in its order",
            "案件按地图方格检索，各列表按顺序读取",
        ),
    ),
    Migration(
        3,
        Text(
            "lists of cases by two conditions are read from one index",
            "按两项条件的案件列表由单一索引读取",
        ),
    ),
    Migration(
        4,
        Text(
            "the reports that were merged into a case are found by it",
            "可由案件查找并入其中的诉求",
        ),
    ),
)


def migrate(log: Log, projections: Sequence[DerivedProjection]) -> list[Migration]:
    """Run the steps that a database lacks, and derive its tables anew; all of it, or nothing.

    Parameters
    ----------
    projections
        All that fill derived tables, those of the log.

    Returns
    -------
    list of Migration
        What was done; empty if the database is of this version already.

    Raises
    ------
    StoreError
        If the database is of a newer dizuo, or a step fails: then it is as it was.
    """
    try:
        with log.engine.begin() as connection:
            hold(connection)
            if not inspect(connection).has_table(tables.schema_version.name):
                steps = []
            else:
                found = found_version(connection)
                steps = [one for one in MIGRATIONS if one.version > found]
            if steps:
                log.take_the_end(connection)
                for step in steps:
                    for statement in step.statements:
                        connection.exec_driver_sql(statement)
                for table in (table for one in projections for table in one.tables):
                    table.drop(connection, checkfirst=True)
                    table.create(connection)
                log.rebuild(connection)
                connection.execute(tables.schema_version.update().values(version=SCHEMA_VERSION))
    except DBAPIError as error:
        raise StoreError(
            Text(
                f"the operations database was not changed: {error.orig}",
                f"运行数据库未作任何更改：{error.orig}",
            )
        ) from error
    prepare(log.engine)
    return steps
