"""The register of devices as it stands: tables derived from the events, and read as one register.

``device.registered`` tells a device whole, with its streams, their numbers and calibrations, and
takes the place of what was told before; ``device.retired`` ends it. A stream that a device no
longer has is retired. Numbers are given once and never again: observations go by them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    func,
    select,
)

from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import WHOLE
from dizuo.operations.signals.register import Calibration, Device, Register, Stream

__all__ = [
    "REGISTERED", "RETIRED", "RegisterProjection", "device_facts", "load_register",
    "register_revision", "signal_devices", "signal_streams", "stream_facts",
]  # fmt: skip

REGISTERED: Final = "device.registered"
RETIRED: Final = "device.retired"
_METADATA = MetaData()
_ONE: Final = timedelta(microseconds=1)

signal_devices = Table(
    "signal_devices",
    _METADATA,
    Column("device", String, primary_key=True),
    Column("asset", String, nullable=False, index=True),
    Column("model", String, nullable=False),
    Column("installed", String),
    Column("x", Float),
    Column("y", Float),
    Column("properties", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", WHOLE, nullable=False),
    Index("signal_devices_by_revision", "revision"),
)
"""``x`` and ``y`` are metres in the city's CRS, ``properties`` a JSON object; ``revision`` is the
number of the event that told the device last."""

signal_streams = Table(
    "signal_streams",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("stream", String, nullable=False, unique=True),
    Column("device", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("interval", WHOLE, nullable=False),
    Column("lateness", WHOLE, nullable=False),
    Column("reference", Float),
    Column("calibrations", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)
"""``number`` counts from 0 without a gap. ``interval`` and ``lateness`` are microseconds;
``calibrations`` is a JSON list of day, valid_until, factor and offset."""


@dataclass(frozen=True)
class RegisterProjection:
    """Keeps the tables of devices and streams up with the events."""

    tables: Sequence[Table] = (signal_devices, signal_streams)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Register and retire devices, in the order of the events."""
        pending = _Pending(connection)
        for one in added:
            if one.kind == REGISTERED:
                pending.register(one)
            elif one.kind == RETIRED:
                pending.write()
                name = one.known()["device"]
                row = signal_devices.update().where(signal_devices.c.device == name)
                connection.execute(row.values(active=False, revision=one.number))
                mine = signal_streams.update().where(signal_streams.c.device == name)
                connection.execute(mine.values(active=False))
        pending.write()

    def clear(self, connection: Connection) -> None:
        """Remove every device and stream."""
        for table in self.tables:
            connection.execute(table.delete())


class _Pending:
    """Devices that are registered together: thousands of them are written in a few statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._devices: dict[str, dict[str, Any]] = {}
        self._streams: dict[int, dict[str, Any]] = {}

    def register(self, one: LoggedEvent) -> None:
        """Put a device in place of what is known of it; one that waits already is written first."""
        facts = one.known()
        device = dict(facts["device"]) | {"active": True, "revision": one.number}
        numbers = {told["number"] for told in facts["streams"]}
        if device["device"] in self._devices or numbers & self._streams.keys():
            self.write()
        device["properties"] = _text(device["properties"])
        self._devices[device["device"]] = device
        for told in facts["streams"]:
            row = dict(told) | {"device": device["device"], "active": True}
            row |= {name: _text(row[name]) for name in ("calibrations", "properties")}
            self._streams[row["number"]] = row

    def write(self) -> None:
        """Write all that waits; streams that a device no longer has are retired."""
        devices, streams = signal_devices.c.device, signal_streams.c.number
        for part in portions(list(self._devices)):
            mine = signal_streams.update().where(signal_streams.c.device.in_(part))
            self._connection.execute(mine.values(active=False))
            self._connection.execute(signal_devices.delete().where(devices.in_(part)))
        for some in portions(list(self._streams)):
            self._connection.execute(signal_streams.delete().where(streams.in_(some)))
        for table, rows in ((signal_devices, self._devices), (signal_streams, self._streams)):
            if rows:
                self._connection.execute(table.insert(), list(rows.values()))
        self._devices, self._streams = {}, {}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def device_facts(device: Device) -> dict[str, Any]:
    """Return a device as events and the table know it."""
    return {
        "device": device.id,
        "asset": device.asset,
        "model": device.model,
        "installed": _day(device.installed),
        "x": device.x,
        "y": device.y,
        "properties": dict(device.properties),
    }


def stream_facts(stream: Stream, number: int) -> dict[str, Any]:
    """Return a stream as events and the table know it."""
    return {
        "number": number,
        "stream": stream.id,
        "kind": stream.kind,
        "unit": stream.unit,
        "interval": stream.interval // _ONE,
        "lateness": stream.lateness // _ONE,
        "reference": stream.reference,
        "calibrations": [
            {
                "day": one.day.isoformat(),
                "valid_until": _day(one.valid_until),
                "factor": one.factor,
                "offset": one.offset,
            }
            for one in stream.calibrations
        ],
        "properties": dict(stream.properties),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def register_revision(connection: Connection) -> int:
    """Return the number of the last event that changed the register; 0 if none did."""
    return int(connection.execute(select(func.max(signal_devices.c.revision))).scalar() or 0)


def load_register(connection: Connection) -> Register:
    """Return the register: streams stand at their numbers, retired ones among them."""
    devices = connection.execute(select(signal_devices).order_by(signal_devices.c.device))
    streams = connection.execute(select(signal_streams).order_by(signal_streams.c.number))
    return Register(tuple(map(_as_device, devices)), tuple(map(_as_stream, streams)))


def _as_device(row: Row[Any]) -> Device:
    installed = date.fromisoformat(row.installed) if row.installed else None
    return Device(
        row.device, row.asset, row.model, installed, row.x, row.y, json.loads(row.properties),
        row.active,
    )  # fmt: skip


def _as_stream(row: Row[Any]) -> Stream:
    calibrations = tuple(
        Calibration(
            date.fromisoformat(one["day"]),
            date.fromisoformat(one["valid_until"]) if one["valid_until"] else None,
            one["factor"],
            one["offset"],
        )
        for one in json.loads(row.calibrations)
    )
    return Stream(
        row.stream, row.device, row.kind, row.unit, row.interval * _ONE, row.lateness * _ONE,
        row.reference, calibrations, json.loads(row.properties), row.active,
    )  # fmt: skip
