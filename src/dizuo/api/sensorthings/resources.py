"""Find what a path names: step by step, each entity on the way has to be there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from dizuo.api.answering import AbsentError
from dizuo.api.sensorthings.model import (
    ENTITIES,
    EntityType,
    Names,
    Navigation,
    Property,
    entity_type,
)
from dizuo.api.sensorthings.paths import Segment
from dizuo.api.sensorthings.reading import Condition, Reader, by_key, led_from
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Resource", "absent", "find_resource"]

_IDS: Final = frozenset({"@iot.id", "id"})


@dataclass
class Resource:
    """What a path names.

    Attributes
    ----------
    conditions
        Which entities of the kind.
    one
        Whether it is one entity, not a collection.
    leads
        From a collection: the navigation by which it was reached, and the entity's id.
    property
        A property of the entity; ``@iot.id`` is one here.
    ending
        ``$value``, ``$ref`` or nothing.
    """

    entity: EntityType
    conditions: list[Condition] = field(default_factory=list)
    one: bool = False
    leads: tuple[EntityType, Navigation, str] | None = None
    property: Property | str | None = None
    ending: str = ""


def find_resource(reader: Reader, segments: Sequence[Segment]) -> Resource:
    """Return what a path names.

    Raises
    ------
    AbsentError
        If there is no such collection, or an entity on the way is not there.
    InputError
        If a step does not follow from the one before.
    """
    try:
        found = Resource(entity_type(segments[0].name))
    except InputError as error:
        raise AbsentError(error.problem_text, cure=error.cure_text) from None
    _choose(found, segments[0])
    for segment in segments[1:]:
        _step(reader, found, segment)
    return found


def _choose(found: Resource, segment: Segment) -> None:
    if segment.key is not None:
        found.conditions.append(by_key(found.entity, segment.key))
        found.one = True


def _step(reader: Reader, found: Resource, segment: Segment) -> None:
    if found.ending or (found.property and segment.name != "$value"):
        raise _nowhere(found, segment)
    if segment.name in {"$ref", "$value"}:
        if (segment.name == "$value") != (found.property is not None):
            raise _nowhere(found, segment)
        found.ending = segment.name
        return
    if not found.one:
        raise _nowhere(found, segment)
    leads = found.entity.find(segment.name)
    if isinstance(leads, Property) or segment.name in _IDS:
        found.property = leads if isinstance(leads, Property) else "@iot.id"
        return
    if leads is None:
        raise _nowhere(found, segment)
    _follow(reader, found, leads, segment)


def _follow(reader: Reader, found: Resource, leads: Navigation, segment: Segment) -> None:
    key, value = _row(reader, found, leads.local)
    before = found.entity
    found.entity = ENTITIES[leads.target]
    found.conditions = [led_from(leads, value)]
    found.leads = (before, leads, key)
    if not leads.many:
        if segment.key is not None:
            raise _nowhere(found, segment)
        found.one = True
        return
    found.one = False
    _choose(found, segment)


def _row(reader: Reader, found: Resource, column: str) -> tuple[str, Any]:
    rows = Names(reader.assets).rows(found.entity)
    query = select(rows.columns["id"], rows.columns[column]).select_from(rows.source)
    query = query.where(rows.within, *[one(rows) for one in found.conditions])
    row = reader.connection.execute(query.limit(1)).first()
    if row is None:
        raise absent(found.entity)
    return row[0], row[1]


def absent(entity: EntityType) -> AbsentError:
    """Return the error that an entity is not there."""
    return AbsentError(Text(f"there is no such {entity.name}", f"没有这样的 {entity.name}"))


def _nowhere(found: Resource, segment: Segment) -> InputError:
    what = f"a {found.entity.name}" if found.one else f"the {found.entity.plural}"
    return AbsentError(
        Text(
            f"{segment.name} does not follow from {what}",
            f"{found.entity.plural} 之后没有 {segment.name}",
        ),
        cure=Text(
            f"A {found.entity.name} has {found.entity.names()}.",
            f"{found.entity.name} 有 {found.entity.names()}。",
        ),
    )
