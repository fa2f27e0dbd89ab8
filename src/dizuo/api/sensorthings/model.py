"""The eight entities of the standard: their properties, and how they lead to each other.

Clause 8.2 of OGC SensorThings 1.1. Each entity says from which rows it comes; what a property
needs of them is an expression over these rows, so that filters, orders and answers share it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, String, Table, case, cast, func, select, true

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.tables import observations
from dizuo.operations.sensing import tables

__all__ = ["ENTITIES", "EntityType", "Names", "Navigation", "Property", "Rows", "entity_type"]

Kind = Literal["text", "json", "geometry", "instant", "span", "result", "quality"]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an entity within one query, under names of their own.

    Attributes
    ----------
    source
        What to select from.
    columns
        Expressions by name: those of the properties, the keys, and what leads elsewhere.
    within
        Which of them whoever asks may know of.
    """

    entity: "EntityType"
    source: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    within: ColumnElement[bool] = field(default_factory=true)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity.

    Attributes
    ----------
    columns
        Names of the expressions that it is made of, among those of the rows.
    required
        Whether who creates an entity must tell it.
    asked
        Whether it is told only where it is asked for by name, because it is dear to compute.
    computed
        Whether it follows from others, so that nobody can tell it.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    required: bool = False
    asked: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """A way from an entity to others.

    Attributes
    ----------
    local, remote
        Expressions of both rows that are equal, or are paired by ``through``.
    through
        A table of pairs, with its columns for this entity and the other.
    """

    name: str
    target: str
    many: bool
    local: str
    remote: str
    through: tuple[Table, str, str] | None = None


@dataclass(frozen=True)
class EntityType:
    """A kind of entity.

    Attributes
    ----------
    keys
        Expressions that order all entities and name each.
    """

    name: str
    plural: str
    rows: Callable[["EntityType"], Rows]
    properties: tuple[Property, ...]
    navigations: tuple[Navigation, ...]
    keys: tuple[str, ...] = ("id",)
    _by_name: Mapping[str, Property | Navigation] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known: dict[str, Property | Navigation] = {one.name: one for one in self.properties}
        known |= {one.name: one for one in self.navigations}
        object.__setattr__(self, "_by_name", known)

    def find(self, name: str) -> Property | Navigation | None:
        """Return the property or navigation of a name, or None."""
        return self._by_name.get(name)

    def names(self) -> str:
        """Return all names, for a message."""
        return ", ".join(["@iot.id", *self._by_name])


class Names:
    """Gives rows for the parts of one query, each under names of their own.

    Parameters
    ----------
    assets
        Only what is about these, and what leads there; None for all.
    """

    def __init__(self, assets: frozenset[str] | None) -> None:
        self._assets = None if assets is None else sorted(assets)
        self._given: Counter[str] = Counter()

    def rows(self, entity: EntityType) -> Rows:
        """Return rows of an entity that the query has not used yet."""
        made = _kept_rows(entity.plural, self._given[entity.plural])
        self._given[entity.plural] += 1
        return made if self._assets is None else replace(made, within=_within(made, self._assets))


@lru_cache(maxsize=256)
def _kept_rows(plural: str, _: int) -> Rows:
    """Return the rows of the n-th use in a query: making them takes longer than a page."""
    entity = ENTITIES[plural]
    return entity.rows(entity)


def entity_type(plural: str) -> EntityType:
    """Return the entity of a collection.

    Raises
    ------
    InputError
        If there is none.
    """
    found = ENTITIES.get(plural)
    if found is None:
        raise InputError(
            Text(f"there is no collection {plural}", f"没有集合 {plural}"),
            cure=Text(f"There are {', '.join(ENTITIES)}.", f"可用的有 {', '.join(ENTITIES)}。"),
        )
    return found


def _within(rows: Rows, assets: Sequence[str]) -> ColumnElement[bool]:
    """Return which rows are about assets, or lead to what is."""
    things, streams = tables.things, tables.datastreams
    mine = select(things.c.id).where(things.c.asset.in_(assets))
    observed = streams.c.feature.in_(assets)
    columns = rows.columns
    match rows.entity.plural:
        case "Things":
            return columns["asset"].in_(assets)
        case "Locations":
            now, before = tables.thing_places, tables.historical_places
            history = tables.historical_locations
            once = select(before.c.location).join_from(
                before, history, history.c.id == before.c.historical
            )
            here = select(now.c.location).where(now.c.thing.in_(mine))
            return columns["id"].in_(here.union(once.where(history.c.thing.in_(mine))))
        case "HistoricalLocations":
            return columns["thing"].in_(mine)
        case "Datastreams":
            return columns["feature"].in_(assets)
        case "Observations":
            return columns["asset"].in_(assets)
        case "Sensors":
            return columns["id"].in_(select(streams.c.sensor).where(observed))
        case "ObservedProperties":
            return columns["id"].in_(select(streams.c.observed_property).where(observed))
        case _:
            return columns["id"].in_(assets)


def _plain(table: Table) -> Callable[[EntityType], Rows]:
    """Return what makes rows of a table as it is."""

    def make(entity: EntityType) -> Rows:
        source = table.alias()
        return Rows(entity, source, dict(source.c.items()))

    return make


def _datastream_rows(entity: EntityType) -> Rows:
    """Return datastreams with the times of their observations."""
    source = tables.datastreams.alias()
    mine = observations.alias()
    details = tables.observation_details.alias()

    def of_mine(what: ColumnElement[Any]) -> ColumnElement[Any]:
        return select(what).where(mine.c.stream == source.c.number).scalar_subquery()

    last = of_mine(func.max(mine.c.phenomenon))
    ends = select(func.max(details.c.until)).where(details.c.stream == source.c.number)
    until = ends.scalar_subquery()
    computed = {
        "phenomenon_from": of_mine(func.min(mine.c.phenomenon)),
        "phenomenon_until": case((until > last, until), else_=last),
        "result_from": of_mine(func.min(mine.c.result)),
        "result_until": of_mine(func.max(mine.c.result)),
    }
    return Rows(entity, source, dict(source.c.items()) | computed)


def _observation_rows(entity: EntityType) -> Rows:
    """Return observations with what few of them say beyond a number, and what they are about."""
    mine, streams = observations.alias(), tables.datastreams.alias()
    details = tables.observation_details.alias()
    same = (details.c.stream == mine.c.stream) & (details.c.phenomenon == mine.c.phenomenon)
    source = mine.join(streams, streams.c.number == mine.c.stream).outerjoin(details, same)
    quality = case((mine.c.quality == 0, "good"), (mine.c.quality == 1, "suspect"), else_="bad")
    return Rows(
        entity,
        source,
        {
            "id": cast(mine.c.stream, String) + ":" + cast(mine.c.phenomenon, String),
            "stream": mine.c.stream,
            "phenomenon": mine.c.phenomenon,
            "until": details.c.until,
            "result_time": mine.c.result,
            "received": mine.c.received,
            "value": mine.c.value,
            "result": details.c.result,
            "quality": quality,
            "quality_told": details.c.quality,
            "valid_from": details.c.valid_from,
            "valid_until": details.c.valid_until,
            "parameters": details.c.parameters,
            "feature": func.coalesce(details.c.feature, streams.c.feature),
            "asset": streams.c.feature,
        },
    )


_NAMED: Final = (
    Property("name", "text", ("name",), required=True),
    Property("description", "text", ("description",), required=True),
)
_FREE: Final = Property("properties", "json", ("properties",))
_PLACE: Final = ("geometry", "x", "y")
_ENCODING: Final = Property("encodingType", "text", ("encoding",), required=True)
_TO_STREAMS: Final = "Datastreams"

_ALL: Final = (
    EntityType(
        "Thing",
        "Things",
        _plain(tables.things),
        (*_NAMED, _FREE),
        (
            Navigation("Datastreams", "Datastreams", True, "id", "thing"),
            Navigation(
                "Locations", "Locations", True, "id", "id",
                (tables.thing_places, "thing", "location"),
            ),
            Navigation("HistoricalLocations", "HistoricalLocations", True, "id", "thing"),
        ),
    ),
    EntityType(
        "Location",
        "Locations",
        _plain(tables.locations),
        (*_NAMED, _ENCODING, Property("location", "geometry", _PLACE, required=True), _FREE),
        (
            Navigation(
                "Things", "Things", True, "id", "id", (tables.thing_places, "location", "thing")
            ),
            Navigation(
                "HistoricalLocations", "HistoricalLocations", True, "id", "id",
                (tables.historical_places, "location", "historical"),
            ),
        ),
    ),
    EntityType(
        "HistoricalLocation",
        "HistoricalLocations",
        _plain(tables.historical_locations),
        (Property("time", "instant", ("time",), required=True),),
        (
            Navigation("Thing", "Things", False, "thing", "id"),
            Navigation(
                "Locations", "Locations", True, "id", "id",
                (tables.historical_places, "historical", "location"),
            ),
        ),
    ),
    EntityType(
        "Datastream",
        "Datastreams",
        _datastream_rows,
        (
            *_NAMED,
            Property("observationType", "text", ("observation_type",), required=True),
            Property("unitOfMeasurement", "json", ("unit",), required=True),
            Property("observedArea", "json", ("observed_area",)),
            Property(
                "phenomenonTime", "span", ("phenomenon_from", "phenomenon_until"), computed=True
            ),
            Property(
                "resultTime", "span", ("result_from", "result_until"), asked=True, computed=True
            ),
            _FREE,
        ),
        (
            Navigation("Thing", "Things", False, "thing", "id"),
            Navigation("Sensor", "Sensors", False, "sensor", "id"),
            Navigation("ObservedProperty", "ObservedProperties", False, "observed_property", "id"),
            Navigation("Observations", "Observations", True, "number", "stream"),
        ),
    ),
    EntityType(
        "Sensor",
        "Sensors",
        _plain(tables.sensors),
        (*_NAMED, _ENCODING, Property("metadata", "json", ("metadata",), required=True), _FREE),
        (Navigation(_TO_STREAMS, _TO_STREAMS, True, "id", "sensor"),),
    ),
    EntityType(
        "ObservedProperty",
        "ObservedProperties",
        _plain(tables.observed_properties),
        (_NAMED[0], Property("definition", "text", ("definition",), required=True), _NAMED[1],
         _FREE),
        (Navigation(_TO_STREAMS, _TO_STREAMS, True, "id", "observed_property"),),
    ),
    EntityType(
        "Observation",
        "Observations",
        _observation_rows,
        (
            Property("phenomenonTime", "span", ("phenomenon", "until")),
            Property("result", "result", ("value", "result"), required=True),
            Property("resultTime", "instant", ("result_time",)),
            Property("resultQuality", "quality", ("quality", "quality_told")),
            Property("validTime", "span", ("valid_from", "valid_until")),
            Property("parameters", "json", ("parameters",)),
        ),
        (
            Navigation("Datastream", "Datastreams", False, "stream", "number"),
            Navigation("FeatureOfInterest", "FeaturesOfInterest", False, "feature", "id"),
        ),
        keys=("stream", "phenomenon"),
    ),
    EntityType(
        "FeatureOfInterest",
        "FeaturesOfInterest",
        _plain(tables.features),
        (*_NAMED, _ENCODING, Property("feature", "geometry", _PLACE, required=True), _FREE),
        (Navigation("Observations", "Observations", True, "id", "feature"),),
    ),
)  # fmt: skip
ENTITIES: Final[Mapping[str, EntityType]] = {one.plural: one for one in _ALL}
"""Entities by the names of their collections."""
