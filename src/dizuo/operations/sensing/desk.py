"""Describe things, places and sensors: each time by an event, from which the rows follow."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.sensing.tables import CHANNEL, MOVED, ROWS, datastreams, things
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.signals.register_table import load_register
from dizuo.operations.signals.registering import RegisterDesk

__all__ = ["Described", "NewStream", "SensingDesk"]

_EVENT: Final = "sensing.described"
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NewStream:
    """A datastream that the register is to hold.

    Attributes
    ----------
    interval
        Between two observations in normal times.
    """

    id: str
    thing: str
    kind: str
    unit: str
    interval: timedelta


@dataclass
class Described:
    """What one request describes.

    Attributes
    ----------
    rows
        Names of tables and rows of them, whole.
    moved
        Things whose places are told anew among the rows.
    places
        Where things are, in metres of the city's own CRS.
    """

    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    streams: list[NewStream] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class SensingDesk:
    """Writes descriptions within a transaction of the caller.

    Parameters
    ----------
    register_desk
        Registers a thing's streams, so that observations of them are taken in and judged.
    identify
        Makes ids of events: unique hexadecimal digits.
    """

    log: Log
    register_desk: RegisterDesk
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)

    def describe(self, connection: Connection, subject: str, told: Described, actor: Actor) -> None:
        """Write what a request describes; nothing counts before the caller's commit.

        Parameters
        ----------
        subject
            What the request is about: ``thing:ID``.

        Raises
        ------
        AccessError
            If streams are described by somebody who may not change the register.
        """
        self.log.take_the_end(connection)
        if not told.rows:
            return
        streams = [one for one in told.rows if one[0] == datastreams.name]
        # Where things are is told before the register tells it too.
        self._append(connection, subject, [one for one in told.rows if one not in streams],
                     told.moved, actor)  # fmt: skip
        numbers = self._register(connection, told, actor)
        numbered = [(name, row | {"number": numbers[row["id"]]}) for name, row in streams]
        self._append(connection, subject, numbered, (), actor)

    def _append(
        self,
        connection: Connection,
        subject: str,
        rows: Sequence[tuple[str, Mapping[str, Any]]],
        moved: Sequence[str],
        actor: Actor,
    ) -> None:
        if rows:
            now = self.log.clock.now()
            facts = {ROWS: [list(one) for one in rows], MOVED: list(moved)}
            event = Event(self.identify(), _EVENT, subject, now, actor.id, CHANNEL, facts)
            self.log.append(connection, [event])

    def _register(self, connection: Connection, told: Described, actor: Actor) -> Mapping[str, int]:
        """Register the new streams of things, and where things are that have streams."""
        numbers: dict[str, int] = {}
        moved = {thing for thing in told.places if self._has_streams(connection, thing)}
        concerned = dict.fromkeys([*(one.thing for one in told.streams), *sorted(moved)])
        if not concerned:
            return numbers
        register = load_register(connection)
        for thing in concerned:
            new = [one for one in told.streams if one.thing == thing]
            device = _device(connection, register, thing, told)
            kept = [one for one in register.streams if one.device == thing and one.active]
            streams = [*kept, *(_stream(one) for one in new)]
            numbers |= self.register_desk.put(connection, device, streams, actor, channel=CHANNEL)
        return numbers

    @staticmethod
    def _has_streams(connection: Connection, thing: str) -> bool:
        register = load_register(connection)
        return any(one.id == thing and one.active for one in register.devices)


def _device(connection: Connection, register: Register, thing: str, told: Described) -> Device:
    known = next((one for one in register.devices if one.id == thing), None)
    place = told.places.get(thing)
    if known is None:
        known = Device(thing, _asset(connection, thing, told.rows))
    return known if place is None else replace(known, x=place[0], y=place[1])


def _asset(
    connection: Connection, thing: str, rows: Sequence[tuple[str, Mapping[str, Any]]]
) -> str:
    for name, row in rows:
        if name == things.name and row["id"] == thing:
            return str(row["asset"])
    query = select(things.c.asset).where(things.c.id == thing)
    return str(connection.execute(query).scalar_one())


def _stream(new: NewStream) -> Stream:
    return Stream(new.id, new.thing, new.kind, new.unit, new.interval)
