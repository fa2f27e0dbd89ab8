"""Numbers of streams by the ids of their datastreams."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from dizuo.operations.sensing.tables import datastreams

__all__ = ["stream_numbers"]


def stream_numbers(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of datastreams; those that are not there are left out."""
    query = select(datastreams.c.id, datastreams.c.number).where(
        datastreams.c.id.in_(bindparam("ids", expanding=True))
    )
    return {row.id: row.number for row in connection.execute(query, {"ids": list(ids)})}
