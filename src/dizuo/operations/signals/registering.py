"""Change the register of devices: one device at a time, or all of it by what a file says.

Every change is an event, so the log tells which device observed what, and with which calibration,
at any time. What has not changed is not told again. Doors ask the policy for ``devices.manage``.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.signals.alarm_machines import judges
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.signals.register_table import (
    REGISTERED,
    RETIRED,
    device_facts,
    load_register,
    signal_streams,
    stream_facts,
)
from dizuo.operations.signals.rules import AlarmRule

__all__ = ["RegisterDesk", "Replaced"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of a register when a file took its place."""

    devices: int
    streams: int
    changed: int
    retired: int


@dataclass(frozen=True)
class RegisterDesk:
    """Registers and retires devices, each step within a transaction of the caller.

    Parameters
    ----------
    rules
        The alarm rules in force, which every stream must fit.
    identify
        Makes ids of events: unique hexadecimal digits.
    """

    log: Log
    rules: Sequence[AlarmRule] = ()
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)

    def put(
        self,
        connection: Connection,
        device: Device,
        streams: Sequence[Stream],
        actor: Actor,
        *,
        channel: str = "desk",
    ) -> dict[str, int]:
        """Register a device with all its streams, in place of what was known of it.

        Returns
        -------
        dict
            The number of each stream, by its id; a known one keeps its own.

        Raises
        ------
        InputError
            If a stream belongs to another device, observes something else than before, or does not
            fit an alarm rule of its kind.
        """
        return self._put(connection, [(device, streams)], actor, channel)

    def retire(
        self, connection: Connection, device: str, actor: Actor, *, channel: str = "desk"
    ) -> None:
        """End a device: its streams keep their numbers and observations, and take no more.

        Raises
        ------
        InputError
            If there is no such device.
        """
        self.log.take_the_end(connection)
        known = load_register(connection).device(device)
        if known is None or not known.active:
            raise InputError(
                Text(f"there is no device {device!r}", f"没有设备 {device!r}"), field="device"
            )
        self.log.append(connection, [self._event(RETIRED, device, {}, actor, channel)])

    def replace(
        self, connection: Connection, register: Register, actor: Actor, *, channel: str = "desk"
    ) -> Replaced:
        """Let a register take the place of the one that is kept; devices that it lacks end.

        Raises
        ------
        InputError
            If a stream observes something else than before.
        """
        self.log.take_the_end(connection)
        known = load_register(connection)
        new = [(one, register.streams_of(one.id)) for one in register.devices]
        changed = [
            (device, streams)
            for device, streams in new
            if known.device(device.id) != device
            or _by_id(known.streams_of(device.id)) != _by_id(streams)
        ]
        kept = {one.id for one in register.devices}
        gone = [one.id for one in known.devices if one.active and one.id not in kept]
        # What ends comes first: a stream may have moved to another device.
        self.log.append(connection, [self._event(RETIRED, one, {}, actor, channel) for one in gone])
        self._put(connection, changed, actor, channel)
        return Replaced(len(register.devices), len(register.streams), len(changed), len(gone))

    def _put(
        self,
        connection: Connection,
        devices: Sequence[tuple[Device, Sequence[Stream]]],
        actor: Actor,
        channel: str,
    ) -> dict[str, int]:
        self.log.take_the_end(connection)
        rows = connection.execute(select(signal_streams)).all()
        known = {row.stream: row for row in rows}
        numbers = {name: row.number for name, row in known.items()}
        following = connection.execute(
            select(func.count()).select_from(signal_streams)
        ).scalar_one()
        found: dict[str, int] = {}
        events: list[Event] = []
        for device, streams in devices:
            told = []
            for stream in streams:
                _require_the_same(device, stream, known.get(stream.id))
                for rule in self.rules:
                    judges(rule, stream)
                number = numbers.setdefault(stream.id, following)
                following += number == following
                found[stream.id] = number
                told.append(stream_facts(stream, number))
            facts = {"device": device_facts(device), "streams": told}
            events.append(self._event(REGISTERED, device.id, facts, actor, channel))
        self.log.append(connection, events)
        return found

    def _event(
        self, kind: str, device: str, facts: Mapping[str, Any], actor: Actor, channel: str
    ) -> Event:
        now = self.log.clock.now()
        told = facts or {"device": device}
        return Event(self.identify(), kind, f"device:{device}", now, actor.id, channel, told)


def _require_the_same(device: Device, stream: Stream, known: Any) -> None:
    """Refuse to change what a number means: old observations go by it too."""
    if stream.device != device.id:
        raise InputError(
            Text(
                f"the stream {stream.id} belongs to {stream.device}, not to {device.id}",
                f"数据流 {stream.id} 属于 {stream.device}，而非 {device.id}",
            ),
            field="device",
        )
    for name in ("kind", "unit"):
        old, new = getattr(known, name, None), getattr(stream, name)
        if old not in {None, new}:
            raise InputError(
                Text(
                    f"the stream {stream.id} has the {name} {old}, not {new}",
                    f"数据流 {stream.id} 的 {name} 为 {old}，而非 {new}",
                ),
                field=name,
                cure=Text("Register a stream with another id.", "请以新编号登记数据流。"),
            )


def _by_id(streams: Sequence[Stream]) -> Mapping[str, Stream]:
    return {one.id: one for one in streams}
