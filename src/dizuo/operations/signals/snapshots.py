"""The state of the alarms after some batch, kept so that a restart need not judge all again.

It is no truth: whoever has the observations can make it anew. It may be deleted at any time.
"""

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, select

from dizuo.operations.event_log.tables import WHOLE
from dizuo.operations.signals.alarm_states import Named, from_bytes, to_bytes

__all__ = ["load_snapshot", "save_snapshot", "signal_snapshot"]

signal_snapshot = Table(
    "signal_snapshot",
    MetaData(),
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("received", WHOLE, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""One row at most: the state after the batch ``received`` and all before it."""


def load_snapshot(connection: Connection) -> tuple[int, Named] | None:
    """Return the last batch that the state has seen, and the state; None where none is kept."""
    row = connection.execute(select(signal_snapshot)).one_or_none()
    return None if row is None else (row.received, from_bytes(row.content))


def save_snapshot(connection: Connection, received: int, state: Named) -> None:
    """Keep a state in place of the one before."""
    values = {"received": received, "content": to_bytes(state)}
    done = connection.execute(signal_snapshot.update().values(values))
    if not done.rowcount:
        connection.execute(signal_snapshot.insert().values(one=1, **values))
