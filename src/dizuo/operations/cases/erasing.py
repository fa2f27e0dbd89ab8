"""Erase what was told in confidence: of one case, or of all that were closed long enough ago."""

from datetime import datetime

from sqlalchemy import Connection, Engine, select

from dizuo.operations.cases.office import Actor, CaseOffice
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import keys
from dizuo.operations.time import to_microseconds

__all__ = ["erase_closed", "leave_no_trace"]


def erase_closed(
    connection: Connection, office: CaseOffice, before: datetime, actor: Actor
) -> dict[str, int]:
    """Erase the confidences of every case that was closed before a moment, in one transaction.

    Returns
    -------
    dict
        How many ``cases`` that were, and how many ``confidences`` they had.
    """
    query = (
        select(cases.c.case)
        .join(keys, keys.c.subject == cases.c.case)
        .where(cases.c.open.is_(False), cases.c.closed < to_microseconds(before))
        .order_by(cases.c.case)
    )
    found = connection.execute(query).scalars().all()
    return {
        "cases": len(found),
        "confidences": sum(office.erase(connection, case, actor) for case in found),
    }


def leave_no_trace(engine: Engine) -> None:
    """Let nothing that was erased stay in SQLite's write-ahead log, unless it is read now."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        if driver is not None:
            driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
