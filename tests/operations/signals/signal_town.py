"""A town with devices, and what tests of its signals ask of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import select
from test_alarm_engine import MINUTE, rule

from dizuo.operations.cases.office import Actor
from dizuo.operations.signals.alarm_cases import AlarmCases
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.time import to_microseconds

DAWN = datetime(2026, 3, 2, 8, tzinfo=UTC)
START = to_microseconds(DAWN)
KEEPER = Actor("operator", frozenset({"centre", "desk"}))


def at(minutes, values, streams=0):
    """Observations so many minutes after 8 o'clock."""
    times = START + (np.asarray(minutes) * MINUTE).astype(np.int64)
    return Observations.of(np.broadcast_to(streams, times.shape), times, values)


def device(n=0, **more):
    return Device(f"device:{n}", f"chamber:{n}", **more)


def stream(n=0, of=0, **more):
    return Stream(f"stream:{n}", f"device:{of}", "methane", "%VOL", timedelta(minutes=1), **more)


def office(town, *rules, **more):
    return SignalOffice(town.log, lambda _: rules or (rule(),), AlarmCases(town.office), **more)


def put(signals, *pairs):
    with signals.log.engine.begin() as connection:
        return [signals.register_desk.put(connection, d, s, KEEPER) for d, s in pairs]


def rows(town, table):
    with town.engine.connect() as connection:
        query = select(table).order_by(*table.primary_key.columns)
        return [row._asdict() for row in connection.execute(query)]


def take(signals, *batch, **more):
    return signals.take_in(at(*batch), "device:0", channel="http", **more)
