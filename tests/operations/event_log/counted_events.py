"""The smallest derived table: how many events each subject has."""

from datetime import UTC, datetime

from sqlalchemy import Column, Integer, MetaData, String, Table, select

from dizuo.operations.event_log.event import Event

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def event(number, subject="case:a", kind="case.noted", **facts):
    return Event(f"event-{number}", kind, subject, MORNING, "desk", "test", facts)


class Counting:
    def __init__(self):
        self.table = Table(
            "counted", MetaData(), Column("subject", String, primary_key=True), Column("n", Integer)
        )
        self.tables = [self.table]

    def apply(self, connection, added):
        for one in added:
            changed = connection.execute(
                self.table.update()
                .where(self.table.c.subject == one.subject)
                .values(n=self.table.c.n + 1)
            )
            if not changed.rowcount:
                connection.execute(self.table.insert().values(subject=one.subject, n=1))

    def clear(self, connection):
        connection.execute(self.table.delete())


def rows(engine, table):
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(select(table)))
