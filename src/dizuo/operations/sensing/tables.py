"""Things, places, sensors and what they observe: tables derived from the events.

Two kinds of event fill them. ``device.registered`` tells a device with its streams: it is a thing
and a sensor, its streams are datastreams, its asset is the feature of interest. ``sensing.*``
tells rows as they are: what was described through SensorThings. What was described there is not
overwritten by the register.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from dizuo.operations.event_log.tables import WHOLE

__all__ = [
    "CHANNEL", "MOVED", "ROWS", "TABLES", "as_columns", "datastreams", "features",
    "historical_locations", "historical_places", "locations", "observation_details",
    "observed_properties", "sensors", "thing_places", "things",
]  # fmt: skip

ROWS: Final = "rows"
"""The fact of a ``sensing.*`` event: pairs of a table's name and a row of it."""
MOVED: Final = "moved"
"""The fact that names things whose places are told anew among the rows."""
CHANNEL: Final = "sensorthings"
"""The way by which descriptions come."""
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


def as_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as the tables hold it: what is nested as JSON."""
    return {
        name: json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, dict | list)
        else value
        for name, value in row.items()
    }
