"""Things, places, sensors and what they observe: tables derived from the events.

Two kinds of event fill them. ``device.registered`` tells a device with its streams: it is a thing
and a sensor, its streams are datastreams, its asset is the feature of interest. ``sensing.*``
tells rows as they are: what was described through SensorThings. What was described there is not
overwritten by the register.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import WHOLE
from dizuo.operations.sensing.devices import rows_of_device
from dizuo.operations.signals.register_table import REGISTERED

__all__ = [
    "CHANNEL", "MOVED", "ROWS", "TABLES", "SensingProjection", "datastreams", "features",
    "historical_locations", "historical_places", "locations", "observation_details",
    "observed_properties", "sensors",
    "thing_places", "things",
]  # fmt: skip

ROWS: Final = "rows"
"""The fact of a ``sensing.*`` event: pairs of a table's name and a row of it."""
MOVED: Final = "moved"
"""The fact that names things whose places are told anew among the rows."""
CHANNEL: Final = "sensorthings"
"""The way by which descriptions come."""
_KIND: Final = "sensing."
_METADATA = MetaData()


def _described(name: str, *columns: Column[Any]) -> Table:
    """Return a table of entities, each with an id, a name, a description and free properties."""
    return Table(
        f"sensing_{name}",
        _METADATA,
        Column("id", String, primary_key=True),
        Column("name", String, nullable=False),
        Column("description", Text, nullable=False),
        Column("properties", Text),
        Column("own", Boolean, nullable=False),
        *columns,
    )


things = _described("things", Column("asset", String, nullable=False, index=True))
"""``properties`` is a JSON object. ``own`` tells what was described through SensorThings."""

locations = _described(
    "locations",
    Column("encoding", String, nullable=False),
    Column("geometry", Text),
    Column("x", Float),
    Column("y", Float),
)
"""``geometry`` is GeoJSON in degrees; where there is none, ``x`` and ``y`` are metres in the
city's own CRS."""

thing_places = Table(
    "sensing_thing_places",
    _METADATA,
    Column("thing", String, primary_key=True),
    Column("location", String, primary_key=True),
    Index("sensing_things_by_place", "location", "thing"),
)
"""Where things are now."""

historical_locations = Table(
    "sensing_historical_locations",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("thing", String, nullable=False),
    Column("time", WHOLE, nullable=False),
    Index("sensing_history_of_thing", "thing", "time"),
)

historical_places = Table(
    "sensing_historical_places",
    _METADATA,
    Column("historical", String, primary_key=True),
    Column("location", String, primary_key=True),
    Index("sensing_history_by_place", "location", "historical"),
)

sensors = _described(
    "sensors", Column("encoding", String, nullable=False), Column("metadata", Text, nullable=False)
)
"""``metadata`` is JSON."""

observed_properties = _described(
    "observed_properties", Column("definition", String, nullable=False)
)

features = _described(
    "features",
    Column("encoding", String, nullable=False),
    Column("geometry", Text),
    Column("x", Float),
    Column("y", Float),
)

datastreams = _described(
    "datastreams",
    Column("number", Integer, nullable=False, unique=True),
    Column("observation_type", String, nullable=False),
    Column("unit", Text, nullable=False),
    Column("observed_area", Text),
    Column("thing", String, nullable=False, index=True),
    Column("sensor", String, nullable=False, index=True),
    Column("observed_property", String, nullable=False, index=True),
    Column("feature", String, nullable=False, index=True),
)
"""``number`` is the stream's in the register, by which observations go. ``unit`` and
``observed_area`` are JSON. ``feature`` is what observations are about that name no other."""

observation_details = Table(
    "sensing_observation_details",
    _METADATA,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("phenomenon", WHOLE, primary_key=True, autoincrement=False),
    Column("until", WHOLE),
    Column("result", Text),
    Column("quality", Text),
    Column("valid_from", WHOLE),
    Column("valid_until", WHOLE),
    Column("parameters", Text),
    Column("feature", String, index=True),
)
"""What an observation says beyond a number, its times and its quality; most have no row here.
``result`` is a result that is no number, ``quality`` the quality in the sender's own words."""

TABLES: Final = (
    things, locations, thing_places, historical_locations, historical_places, sensors,
    observed_properties, features, datastreams, observation_details,
)  # fmt: skip
_BY_NAME: Final = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class SensingProjection:
    """Keeps the tables up with the events."""

    tables: Sequence[Table] = TABLES

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Make and change the rows that the events tell, in their order."""
        for one in added:
            if one.kind.startswith(_KIND):
                _describe(connection, one.known())
            elif one.kind == REGISTERED:
                _register(connection, one)

    def clear(self, connection: Connection) -> None:
        """Remove every row."""
        for table in self.tables:
            connection.execute(table.delete())


def _describe(connection: Connection, facts: Mapping[str, Any]) -> None:
    for thing in facts.get(MOVED, ()):
        connection.execute(thing_places.delete().where(thing_places.c.thing == thing))
    for name, row in facts[ROWS]:
        table = _BY_NAME[name]
        if table is observation_details and _is_there(connection, table, row):
            continue  # the first observation of a stream and time holds
        _put(connection, table, row)


def _is_there(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    at = [column == row[column.name] for column in table.primary_key.columns]
    return connection.execute(table.select().where(*at)).first() is not None


def _register(connection: Connection, one: LoggedEvent) -> None:
    """Tell a device's thing, sensor, streams and place, but for what was described elsewhere."""
    facts = one.known()
    told = rows_of_device(facts["device"], facts["streams"])
    for name, row in told:
        # What SensorThings registers, it describes itself, but for the feature that is observed.
        if one.channel == CHANNEL and name != "features":
            continue
        table = _BY_NAME[f"sensing_{name}"]
        known = connection.execute(table.select().where(table.c.id == row["id"])).mappings().first()
        if known is None or not known["own"]:
            _put(connection, table, row | {"own": False})
    place = next((row for name, row in told if name == "features" and row["x"] is not None), None)
    if place is not None:
        _move(connection, one, facts["device"]["device"], place)


def _move(connection: Connection, one: LoggedEvent, thing: str, place: Mapping[str, Any]) -> None:
    """Put a thing where its register says, unless it is there or was placed by SensorThings."""
    here = locations.join(thing_places, thing_places.c.location == locations.c.id)
    query = locations.select().select_from(here).where(thing_places.c.thing == thing)
    known = connection.execute(query).mappings().all()
    if any(row["own"] or (row["x"], row["y"]) == (place["x"], place["y"]) for row in known):
        return
    name = f"{thing}.{one.number}"
    row = dict(place) | {"id": name, "name": thing, "own": False, "properties": None}
    _put(connection, locations, row)
    connection.execute(thing_places.delete().where(thing_places.c.thing == thing))
    _put(connection, thing_places, {"thing": thing, "location": name})
    _put(connection, historical_locations, {"id": name, "thing": thing, "time": one.happened})
    _put(connection, historical_places, {"historical": name, "location": name})


def _put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    keys = [column.name for column in table.primary_key.columns]
    at = [table.c[name] == row[name] for name in keys]
    told = {
        name: json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, dict | list)
        else value
        for name, value in row.items()
    }
    others = {name: value for name, value in told.items() if name not in keys}
    if others and connection.execute(table.update().where(*at).values(others)).rowcount:
        return
    if others or connection.execute(table.select().where(*at)).first() is None:
        connection.execute(table.insert().values(told))
