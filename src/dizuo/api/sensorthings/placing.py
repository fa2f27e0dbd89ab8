"""Create what a path and a body describe: the same over HTTP and over MQTT."""

from typing import Any

from sqlalchemy import Connection

from dizuo.api.sensorthings.creating import Creation
from dizuo.api.sensorthings.model import EntityType
from dizuo.api.sensorthings.paths import read_path
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.resources import find_resource
from dizuo.api.sensorthings.sent import SentObservation
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.sensing.intake import Arrived
from dizuo.operations.sensing.numbers import stream_numbers

__all__ = ["NoCollectionError", "as_arrived", "create_at", "observation_id"]


class NoCollectionError(InputError):
    """A path where nothing can be created."""


def create_at(
    reader: Reader, creation: Creation, path: str, body: Any
) -> tuple[EntityType, str, Creation]:
    """Describe an entity in the collection that a path names.

    Returns
    -------
    tuple
        The kind of entity, its id ("" for an observation), and all that is described.

    Raises
    ------
    NoCollectionError
        If the path names no collection.
    AbsentError, InputError, ConflictError
        If the path leads nowhere, or the body cannot be used.
    """
    found = find_resource(reader, read_path(path))
    if found.one or found.property is not None or found.ending:
        raise NoCollectionError(
            Text("entities are created in a collection", "实体只能在集合中创建")
        )
    if found.leads is None:
        return found.entity, creation.create(found.entity, body), creation
    before, leads, key = found.leads
    if leads.through is not None:
        made = creation.create_at(found.entity, body, before, leads, key)
        return found.entity, made, creation
    inverse = next(
        one.name for one in found.entity.navigations
        if one.target == before.plural and not one.many
    )  # fmt: skip
    return found.entity, creation.create(found.entity, body, {inverse: key}), creation


def as_arrived(connection: Connection, sent: list[SentObservation]) -> list[Arrived]:
    """Return observations with the numbers of their streams."""
    numbers = stream_numbers(connection, sorted({one.stream for one in sent})) if sent else {}
    return [
        Arrived(
            numbers[one.stream], one.phenomenon, one.result_time, one.value, one.quality,
            one.details,
        )
        for one in sent
    ]  # fmt: skip


def observation_id(one: Arrived) -> str:
    """Return the id by which an observation is read."""
    return f"{one.stream}:{one.phenomenon}"
