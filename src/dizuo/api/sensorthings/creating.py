"""Create entities: what a request describes, with all that it describes inside (deep insert)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from dizuo.api.sensorthings.bodies import ConflictError, columns_of, interval_of, link_of, wrong
from dizuo.api.sensorthings.model import ENTITIES, EntityType, Navigation
from dizuo.api.sensorthings.sent import SentObservation, sent_observation
from dizuo.model.text import Text
from dizuo.operations.sensing import tables
from dizuo.operations.sensing.desk import Described, NewStream

__all__ = ["OPTIONAL", "Creation"]

Place = tuple[float, float]
_TABLES: Final = {
    "Things": tables.things,
    "Locations": tables.locations,
    "HistoricalLocations": tables.historical_locations,
    "Sensors": tables.sensors,
    "ObservedProperties": tables.observed_properties,
    "FeaturesOfInterest": tables.features,
    "Datastreams": tables.datastreams,
}
OPTIONAL: Final = frozenset({"FeatureOfInterest"})
"""Navigations to one entity that a body may leave out."""
_DEEPEST: Final = 8


@dataclass
class Creation:
    """Reads what one request describes, before anything is written.

    Attributes
    ----------
    now
        The time, in microseconds.
    to_city
        Tells where degrees lie in metres of the city's own CRS.
    new_id
        Makes ids for entities that come without one.
    told, observations
        What was found so far.
    """

    connection: Connection
    now: int
    to_city: Callable[[float, float], Place]
    new_id: Callable[[], str]
    told: Described = field(default_factory=Described)
    observations: list[SentObservation] = field(default_factory=list)
    _made: set[tuple[str, str]] = field(default_factory=set, init=False)
    _types: dict[str, str] = field(default_factory=dict, init=False)

    def create(
        self,
        entity: EntityType,
        body: Any,
        links: Mapping[str, str] | None = None,
        where: str = "body",
        depth: int = 0,
    ) -> str:
        """Describe an entity and all inside it; return its id, or "" for an observation.

        Parameters
        ----------
        links
            Ids of entities that it belongs to, by the name of the navigation.

        Raises
        ------
        InputError
            With the place in the body, if that cannot be used.
        ConflictError
            If there is an entity of that id.
        """
        if depth > _DEEPEST:
            raise wrong(where, f"entities may stand {_DEEPEST} deep", f"实体最多嵌套 {_DEEPEST} 层")
        columns = columns_of(entity, body, where)
        ones = {
            one.name: self._one(one, body, links or {}, where, depth)
            for one in entity.navigations
            if not one.many
        }
        if entity.plural == "Observations":
            self.observations.append(sent_observation(self, columns, body, ones, where))
            return ""
        key = link_of(body, where) or self.new_id()
        if self.is_there(entity, key):
            raise ConflictError(
                Text(f"there is a {entity.name} {key!r}", f"{entity.name} {key!r} 已存在")
            )
        self._made.add((entity.plural, key))
        self._add(entity, key, columns, ones, where)
        for one in entity.navigations:
            if one.many and body.get(one.name) is not None:
                self._many(entity, key, one, body[one.name], f"{where}.{one.name}", depth)
        return key

    def is_there(self, entity: EntityType, key: str) -> bool:
        """Tell whether there is an entity, or the request has described it already."""
        if (entity.plural, key) in self._made:
            return True
        table = _TABLES[entity.plural]
        query = select(table.c.id).where(table.c.id == key)
        return self.connection.execute(query).first() is not None

    def observation_type(self, stream: str) -> str:
        """Return what kind of result a datastream has."""
        if stream not in self._types:
            table = tables.datastreams
            query = select(table.c.observation_type).where(table.c.id == stream)
            found = self.connection.execute(query).scalar()
            self._types[stream] = found if found is not None else self._described(table, stream)
        return self._types[stream]

    def _described(self, table: Table, key: str) -> str:
        rows = [row for name, row in self.told.rows if name == table.name and row["id"] == key]
        return str(rows[0]["observation_type"])

    def place(self, thing: str, locations: list[str]) -> None:
        """Put a thing at locations, from now on."""
        history = f"{thing}.{self.new_id()}"
        self.told.moved.append(thing)
        add = self.told.rows.append
        row = {"id": history, "thing": thing, "time": self.now}
        add((tables.historical_locations.name, row))
        for one in locations:
            add((tables.thing_places.name, {"thing": thing, "location": one}))
            add((tables.historical_places.name, {"historical": history, "location": one}))
            point = self._point(one)
            if point is not None:
                self.told.places[thing] = self.to_city(*point)

    def _point(self, location: str) -> Place | None:
        """Return the degrees of a location that is a point."""
        geometry = None
        for name, row in self.told.rows:
            if name == tables.locations.name and row["id"] == location:
                geometry = row["geometry"]
        if geometry is None:
            query = select(tables.locations.c.geometry).where(tables.locations.c.id == location)
            kept = self.connection.execute(query).scalar()
            geometry = json.loads(kept) if kept else {}
        shape = geometry.get("geometry") if geometry.get("type") == "Feature" else geometry
        if not shape or shape.get("type") != "Point":
            return None
        return float(shape["coordinates"][0]), float(shape["coordinates"][1])

    def _one(
        self, leads: Navigation, body: Any, links: Mapping[str, str], where: str, depth: int
    ) -> str | None:
        """Return the id of the one entity that a navigation leads to, describing it if need be."""
        if leads.name in links:
            return links[leads.name]
        given, there = body.get(leads.name), ENTITIES[leads.target]
        at = f"{where}.{leads.name}"
        if given is None:
            if leads.name in OPTIONAL:
                return None
            raise wrong(at, f"a {leads.name} is needed", f"需要 {leads.name}")
        return self._linked(there, given, at) or self.create(there, given, None, at, depth + 1)

    def linked(self, there: EntityType, given: Any, where: str) -> str:
        """Return the id of an entity that a body links to and that is there.

        Raises
        ------
        InputError
            If it links to none.
        """
        found = None if given is None else self._linked(there, given, where)
        if found is None:
            raise wrong(where, f"a {there.name} is needed", f"需要 {there.name}")
        return found

    def create_at(
        self, entity: EntityType, body: Any, before: EntityType, leads: Navigation, key: str
    ) -> str:
        """Describe an entity, or link to it, in the collection that an entity leads to.

        Raises
        ------
        InputError, ConflictError
            As :meth:`create`.
        """
        made = self._linked(entity, body, "body") or self.create(entity, body)
        self._pair(before, key, leads, [made])
        return made

    def _linked(self, there: EntityType, given: Any, where: str) -> str | None:
        """Return the id of an entity that is there; None where one is described."""
        key = link_of(given, where)
        if key is None or len(given) > 1:
            return None
        if not self.is_there(there, key):
            told = Text(f"there is no {there.name} {key!r}", f"没有 {there.name} {key!r}")
            raise ConflictError(told, field=where)
        return key

    def _many(
        self, entity: EntityType, key: str, leads: Navigation, given: Any, where: str, depth: int
    ) -> None:
        if not isinstance(given, list):
            raise wrong(where, "a list is expected", "应为列表")
        there = ENTITIES[leads.target]
        if leads.through is None:
            inverse = next(
                one.name for one in there.navigations
                if one.target == entity.plural and not one.many
            )  # fmt: skip
            for k, one in enumerate(given):
                self.create(there, one, {inverse: key}, f"{where}[{k}]", depth + 1)
            return
        found = [
            self._linked(there, one, f"{where}[{k}]")
            or self.create(there, one, None, f"{where}[{k}]", depth + 1)
            for k, one in enumerate(given)
        ]
        self._pair(entity, key, leads, found)

    def _pair(self, entity: EntityType, key: str, leads: Navigation, found: list[str]) -> None:
        if entity.plural == "Things":
            if found:
                self.place(key, found)
        elif entity.plural == "Locations" and leads.target == "Things":
            for thing in found:
                self.place(thing, [key])
        elif leads.through is not None:
            table, mine, other = leads.through
            for one in found:
                self.told.rows.append((table.name, {mine: key, other: one}))

    def _add(
        self,
        entity: EntityType,
        key: str,
        columns: dict[str, Any],
        ones: Mapping[str, str | None],
        where: str,
    ) -> None:
        row: dict[str, Any] = {"id": key, **columns}
        if entity.plural != "HistoricalLocations":
            row["own"] = True
        for one in entity.navigations:
            if not one.many:
                row[one.local] = ones[one.name]
        if entity.plural == "Things":
            told = (columns["properties"] or {}).get("asset")
            row["asset"] = told if isinstance(told, str) and told else key
        if entity.plural == "Datastreams":
            row["feature"] = self._asset(row["thing"])
            unit = columns["unit"] or {}
            self.told.streams.append(
                NewStream(
                    key, row["thing"], row["observed_property"], str(unit.get("symbol") or ""),
                    interval_of(columns["properties"], where),
                )
            )  # fmt: skip
        self.told.rows.append((_TABLES[entity.plural].name, row))

    def _asset(self, thing: str) -> str:
        for name, row in self.told.rows:
            if name == tables.things.name and row["id"] == thing:
                return str(row["asset"])
        query = select(tables.things.c.asset).where(tables.things.c.id == thing)
        return str(self.connection.execute(query).scalar_one())
