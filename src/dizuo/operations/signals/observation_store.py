"""Keep observations: each once, by its stream and its time, with what proves a batch.

The table ``observations`` (:mod:`dizuo.operations.event_log.tables`) has a row an observation:

- ``stream``: its number in ``signal_streams``; with ``phenomenon`` it is the key;
- ``phenomenon``, ``result``: when it was so, and when the result was there, in microseconds;
- ``value``: in the unit of the stream, calibrated; NULL where there was none. ``raw`` is what the
  device told, where the calibration changed it, else NULL;
- ``quality``: 0 good, 1 suspect, 2 bad;
- ``late``: whether it came too late to be judged (or from the future), and raised no alarm;
- ``received``: the batch that it came with: when that was taken in, in microseconds. No two batches
  share it, and a later one has a larger one.

The first observation of a stream and time holds; whatever comes again is passed over. Rows are
never changed: every batch has an event ``observations.received`` in the log with the count and the
digest of its rows, so a row that is altered, taken away or put in is found. Write through
:meth:`.SignalOffice.take_in` only; read as you like.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, func, select

from dizuo.model.text import Text
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import WHOLE, observations
from dizuo.operations.event_log.verification import Problem
from dizuo.operations.signals.observations import Observations

__all__ = [
    "RECEIVED", "BatchProjection", "Kept", "batches_after", "digest_of_rows", "insert_new",
    "last_received", "observation_batches", "times_after", "verify_observations",
]  # fmt: skip

RECEIVED: Final = "observations.received"
_ROW: Final = np.dtype(
    [("stream", "<i4"), ("phenomenon", "<i8"), ("result", "<i8"), ("value", "<f8"),
     ("raw", "<f8"), ("quality", "u1"), ("late", "u1")]
)  # fmt: skip
_NAMES: Final = ("stream", "phenomenon", "result", "value", "raw", "quality", "late", "received")
_WIDTHS: Final = {"stream": 4, "quality": 2, "late": 1}
_A_PAGE: Final = 20_000

observation_batches = Table(
    "observation_batches",
    MetaData(),
    Column("received", WHOLE, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("late", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("channel", String, nullable=False),
)
"""A row a batch, derived from its event: how many rows, how many of them late, and their digest.

One without rows tells that alarms changed because time passed."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Observations as rows: calibrated, with what the device told and whether they are late.

    Attributes
    ----------
    raw
        NaN where it is the value.
    """

    observations: Observations
    raw: NDArray[np.float64]
    late: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Kept":
        """Return some of them."""
        return Kept(self.observations.take(chosen), self.raw[chosen], self.late[chosen])

    def __len__(self) -> int:
        return len(self.observations)


@dataclass(frozen=True)
class BatchProjection:
    """Keeps the table of batches up with the events."""

    tables: Sequence[Table] = (observation_batches,)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Note every batch that was received."""
        rows = []
        for one in added:
            if one.kind == RECEIVED:
                facts = one.known()
                told = {name: facts[name] for name in ("received", "count", "late", "digest")}
                rows.append(told | {"actor": one.actor, "channel": one.channel})
        if rows:
            connection.execute(observation_batches.insert(), rows)

    def clear(self, connection: Connection) -> None:
        """Forget every batch."""
        connection.execute(observation_batches.delete())


def last_received(connection: Connection) -> int:
    """Return which batch came last; 0 if none did."""
    query = select(func.max(observation_batches.c.received))
    return int(connection.execute(query).scalar() or 0)


def digest_of_rows(kept: Kept) -> str:
    """Return the SHA-256 of rows, put in the order of their stream and time."""
    rows = _structured(kept, _ROW)
    rows = rows[np.lexsort((rows["phenomenon"], rows["stream"]))]
    return hashlib.sha256(rows.tobytes()).hexdigest()


def insert_new(connection: Connection, kept: Kept, received: int) -> NDArray[np.bool_]:
    """Write rows, each key once, and return which of them are new.

    Parameters
    ----------
    kept
        No two of one stream and time.
    received
        The batch; no other one has it.
    """
    if not len(kept):
        return np.zeros(0, bool)
    if connection.dialect.name == "postgresql":
        added = _copy(connection, kept, received)
    else:
        added = _insert(connection, kept, received)
    if added == len(kept):
        return np.ones(len(kept), bool)
    query = select(observations.c.stream, observations.c.phenomenon).where(
        observations.c.received == received
    )
    there = {tuple(row) for row in connection.execute(query)}
    one = kept.observations
    keys = zip(one.stream.tolist(), one.phenomenon.tolist(), strict=True)
    return np.fromiter((key in there for key in keys), bool, len(kept))


def _insert(connection: Connection, kept: Kept, received: int) -> int:
    rows = _structured(kept, _ROW)
    columns = [rows[name].tolist() for name in _NAMES[:-1]]
    for place in (3, 4):
        if np.isnan(rows[_NAMES[place]]).any():
            columns[place] = [None if v != v else v for v in columns[place]]  # noqa: PLR0124 (NaN)
    written = list(zip(*columns, [received] * len(kept), strict=True))
    done = connection.exec_driver_sql(
        "INSERT OR IGNORE INTO observations (stream, phenomenon, result, value, raw, quality, "
        "late, received) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        written,
    )
    return done.rowcount


def _copy(connection: Connection, kept: Kept, received: int) -> int:
    """Send rows as PostgreSQL's own binary form, then add those that are not there."""
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE IF NOT EXISTS arriving (stream integer, phenomenon bigint, "
        "result bigint, value float8, raw float8, quality smallint, late boolean) "
        "ON COMMIT DELETE ROWS"
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy("COPY arriving FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_as_binary_copy(kept))
        cursor.execute(
            "INSERT INTO observations (stream, phenomenon, result, value, raw, quality, late, "
            "received) SELECT stream, phenomenon, result, NULLIF(value, 'NaN'), "
            "NULLIF(raw, 'NaN'), quality, late, %s FROM arriving ON CONFLICT DO NOTHING",
            (received,),
        )
        count: int = cursor.rowcount
        cursor.execute("TRUNCATE arriving")
    return count


def _as_binary_copy(kept: Kept) -> bytes:
    """Write rows in the binary form of COPY: every field has its length before it."""
    shape: list[tuple[str, str]] = [("fields", ">i2")]
    for name in _NAMES[:-1]:
        kind = {4: ">i4", 2: ">i2", 1: "u1"}.get(_WIDTHS.get(name, 8), ">i8")
        kind = ">f8" if name in {"value", "raw"} else kind
        shape += [(f"{name}_width", ">i4"), (name, kind)]
    rows = _structured(kept, np.dtype(shape))
    rows["fields"] = len(_NAMES) - 1
    for name in _NAMES[:-1]:
        rows[f"{name}_width"] = _WIDTHS.get(name, 8)
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def _structured(kept: Kept, shape: np.dtype[Any]) -> NDArray[Any]:
    """Return rows as one array; minus zero is zero, and NaN always the same."""
    one = kept.observations
    rows = np.zeros(len(kept), shape)
    for name in ("stream", "phenomenon", "result", "quality"):
        rows[name] = getattr(one, name)
    rows["value"] = _plain(one.value)
    rows["raw"] = _plain(kept.raw)
    rows["late"] = kept.late
    return rows


def _plain(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values + 0.0, np.nan)


def batches_after(connection: Connection, received: int) -> Iterator[tuple[int, Kept]]:
    """Read batches that came after one, in their order, each by stream and time."""
    table = observations
    query = (
        select(*(table.c[name] for name in _NAMES))
        .where(table.c.received > received)
        .order_by(table.c.received, table.c.stream, table.c.phenomenon)
        .execution_options(yield_per=_A_PAGE)
    )
    for batch, rows in groupby(connection.execute(query), key=attrgetter("received")):
        yield batch, _as_kept(list(rows))


def times_after(connection: Connection, received: int) -> list[int]:
    """Return when time alone changed alarms, after a batch: such batches have no rows."""
    table = observation_batches
    query = select(table.c.received).where(table.c.received > received, table.c["count"] == 0)
    return list(connection.execute(query.order_by(table.c.received)).scalars())


def _as_kept(rows: Sequence[Row[Any]]) -> Kept:
    stream, phenomenon, result, value, raw, quality, late, _ = zip(*rows, strict=True)
    made = Observations.of(
        stream, phenomenon, np.array(value, np.float64), result=result, quality=quality
    )
    return Kept(made, np.array(raw, np.float64), np.array(late, bool))


def verify_observations(connection: Connection) -> Iterator[Problem]:
    """Check that every batch holds the rows that its event told, and that no row has no batch."""
    table = observation_batches
    query = select(table.c.received, table.c["count"], table.c.digest)
    known = {received: (count, digest) for received, count, digest in connection.execute(query)}
    for received, kept in batches_after(connection, -1):
        where = f"observations {received}"
        told = known.pop(received, None)
        if told is None:
            yield Problem(where, Text("no event tells of this batch", "没有事件记载该批观测"))
        elif told != (len(kept), digest_of_rows(kept)):
            yield Problem(where, Text(
                "its rows are not those that were received", "该批观测与接收时不一致"
            ))  # fmt: skip
    for received, (count, _) in known.items():
        if count:
            yield Problem(f"observations {received}", Text("its rows are missing", "该批观测缺失"))
