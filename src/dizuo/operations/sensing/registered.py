"""Registered devices in the tables of SensorThings: many at once, in a few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, select

from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.portions import portions
from dizuo.operations.sensing.devices import rows_of_device
from dizuo.operations.sensing.tables import (
    CHANNEL,
    as_columns,
    datastreams,
    features,
    historical_locations,
    historical_places,
    locations,
    observed_properties,
    sensors,
    thing_places,
    things,
)

__all__ = ["register_devices"]

_TABLES: Final = {
    "things": things,
    "sensors": sensors,
    "features": features,
    "observed_properties": observed_properties,
    "datastreams": datastreams,
}
_Rows = dict[str, dict[str, Any]]
_Seat = tuple[bool, float | None, float | None]
"""Whether a place was described through SensorThings, and its metres."""


def register_devices(connection: Connection, told: Sequence[LoggedEvent]) -> None:
    """Tell devices' things, sensors, streams and places, but for what was described elsewhere.

    Of several rows with one id the last holds, as if they had been told one by one.
    """
    rows: dict[str, _Rows] = {name: {} for name in _TABLES}
    seats: list[tuple[LoggedEvent, str, Mapping[str, Any]]] = []
    for one in told:
        facts = one.known()
        for name, row in rows_of_device(facts["device"], facts["streams"]):
            if name == "features" and row["x"] is not None:
                seats.append((one, facts["device"]["device"], row))
            # What SensorThings registers, it describes itself, but for the feature observed.
            if one.channel != CHANNEL or name == "features":
                rows[name][row["id"]] = as_columns(row | {"own": False})
    for name, table in _TABLES.items():
        _replace(connection, table, rows[name])
    _move(connection, seats)


def _replace(connection: Connection, table: Table, rows: _Rows) -> None:
    """Put rows in the place of those with their ids, but for those described elsewhere."""
    kept = set[str]()
    for part in portions(list(rows)):
        query = select(table.c.id).where(_among(table.c.id), table.c.own)
        kept.update(connection.execute(query, {"some": part}).scalars())
    new = [row for name, row in rows.items() if name not in kept]
    _remove(connection, table.c.id, [row["id"] for row in new])
    if new:
        connection.execute(table.insert(), new)


def _move(
    connection: Connection, seats: Sequence[tuple[LoggedEvent, str, Mapping[str, Any]]]
) -> None:
    """Put things where their register says, unless they are there or were placed otherwise."""
    known: dict[str, list[_Seat]] = defaultdict(list)
    here = locations.join(thing_places, thing_places.c.location == locations.c.id)
    for part in portions(sorted({thing for _, thing, _ in seats})):
        query = select(thing_places.c.thing, locations.c.own, locations.c.x, locations.c.y)
        found = connection.execute(
            query.select_from(here).where(_among(thing_places.c.thing)), {"some": part}
        )
        for thing, own, x, y in found:
            known[thing].append((own, x, y))
    moved: list[dict[str, Any]] = []
    times: list[dict[str, Any]] = []
    now: dict[str, str] = {}
    for one, thing, seat in seats:
        if any(own or (x, y) == (seat["x"], seat["y"]) for own, x, y in known[thing]):
            continue
        known[thing] = [(False, seat["x"], seat["y"])]
        name = f"{thing}.{one.number}"
        row = dict(seat) | {"id": name, "name": thing, "own": False, "properties": None}
        moved.append(as_columns(row))
        times.append({"id": name, "thing": thing, "time": one.happened})
        now[thing] = name
    if not moved:
        return
    connection.execute(locations.insert(), moved)
    _remove(connection, thing_places.c.thing, list(now))
    places = [{"thing": thing, "location": name} for thing, name in now.items()]
    connection.execute(thing_places.insert(), places)
    connection.execute(historical_locations.insert(), times)
    seen = [{"historical": row["id"], "location": row["id"]} for row in times]
    connection.execute(historical_places.insert(), seen)


def _among(column: Column[Any]) -> Any:
    return column.in_(bindparam("some", expanding=True))


def _remove(connection: Connection, column: Column[Any], values: Sequence[str]) -> None:
    for part in portions(values):
        connection.execute(column.table.delete().where(_among(column)), {"some": part})
