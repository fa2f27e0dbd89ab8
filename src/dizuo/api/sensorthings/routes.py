"""The routes of SensorThings: who asks, what for, and what is answered.

https://docs.ogc.org/is/18-088/18-088.html. Reading needs ``observations.read``, and shows what the
account's policy lets it see; describing things needs ``devices.manage``, sending observations
``observations.send``. What is there is not changed or deleted through this door.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dizuo.api.answering import AbsentError, problem, problem_of
from dizuo.api.declared import declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.sensorthings.answers import RawValue, entry, read
from dizuo.api.sensorthings.batch import answer_all, failed
from dizuo.api.sensorthings.batch_forms import (
    MOST_PARTS,
    AnswerPart,
    AskedPart,
    as_json_batch,
    as_multipart,
    parts_of,
)
from dizuo.api.sensorthings.bodies import ConflictError, decoded
from dizuo.api.sensorthings.change_set import ChangeSet, differs
from dizuo.api.sensorthings.creating import Creation
from dizuo.api.sensorthings.data_arrays import DataArrays
from dizuo.api.sensorthings.model import EntityType
from dizuo.api.sensorthings.mqtt import MqttDoor
from dizuo.api.sensorthings.options import read_options
from dizuo.api.sensorthings.placing import (
    NoCollectionError,
    as_arrived,
    create_at,
    observation_id,
)
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.sent import SentObservation
from dizuo.api.sensorthings.served import served
from dizuo.api.sensorthings.writing import address, as_json
from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.sensing.desk import SensingDesk
from dizuo.operations.sensing.intake import Arrival, Arrived, ObservationIntake
from dizuo.operations.sensing.tables import CHANNEL
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.time import to_microseconds

__all__ = ["ROOT", "mqtt_door", "sensorthings_routes"]

ROOT: Final = "/sensorthings/v1.1"
Work = Callable[[Request, Visitor], Awaitable[Response]]


def sensorthings_routes(
    door: Door, intake: ObservationIntake, mqtt: MqttSettings | None = None
) -> list[Route]:
    """Return the routes below ``/sensorthings/v1.1``.

    Parameters
    ----------
    mqtt
        The broker where the extension of MQTT is served, for the entry.
    """
    desk = _SensorThings(door, intake, mqtt)
    works: Mapping[str, Work] = {
        "entry": desk.entry,
        "read": desk.read,
        "create": desk.create,
        "create_observations": desk.create_observations,
        "batch": desk.batch,
    }
    return [
        guarded(
            door,
            f"{ROOT}{one.path}",
            one.permission,
            declared(one.told)(_answered(works[one.deed])),
            one.method,
        )
        for one in served()
    ]


def mqtt_door(door: Door, intake: ObservationIntake, settings: MqttSettings) -> MqttDoor:
    """Return the door at a broker."""
    base = f"{door.operations.entrance.settings.public_url}{ROOT}"
    return MqttDoor(door.operations, intake, settings, base, door.project, door.degrees)


class _SensorThings:
    def __init__(self, door: Door, intake: ObservationIntake, mqtt: MqttSettings | None) -> None:
        self.door = door
        self.endpoints = () if mqtt is None else (_endpoint(mqtt),)
        self.intake = intake

    async def entry(self, request: Request, _: Visitor) -> Response:
        """Tell the collections, and what of the standard is held."""
        return _json(entry(_base(request), self.endpoints))

    async def read(self, request: Request, visitor: Visitor) -> Response:
        """Read entities, a property, or references."""
        options = read_options(request.query_params.multi_items())
        path = _path(request)
        if not path:
            return await self.entry(request, visitor)

        def look(connection: Connection) -> bytes | None:
            told = read(self._reader(connection, request, visitor), path, options)
            return told if told is None or isinstance(told, RawValue) else as_json(told)

        told = await self.door.read(look)
        if told is None:
            return Response(status_code=204)
        if isinstance(told, RawValue):
            return Response(bytes(told), media_type="text/plain; charset=utf-8")
        return Response(told, media_type="application/json")

    async def create(self, request: Request, visitor: Visitor) -> Response:
        """Create an entity with all that it holds; done when it is safe on disk."""
        body = decoded(await _content(request, self.door.limits.most_sensorthings_bytes))
        path = _path(request)

        def prepare(connection: Connection) -> tuple[EntityType, str, Creation]:
            reader = self._reader(connection, request, visitor)
            return create_at(reader, self._creation(connection), path, body)

        entity, _, creation = await self.door.read(prepare)
        sent = creation.observations
        if creation.told.rows or not sent:
            part = AskedPart("POST", quote(path), body=as_json(body))
            changes = self._changes(request, visitor, [part])
            await (self._observe(changes) if sent else self.door.write(changes.describe))
            return _created(request, *changes.made[0])
        # An observation alone describes nothing, so it needs no lock before its own transaction.
        arrived = await self._arrived(sent)
        kept = await self._hand_in(arrived, visitor)
        if not all(kept):
            raise differs(sent[kept.index(False)])
        return _created(request, entity, observation_id(arrived[0]))

    def _changes(self, request: Request, visitor: Visitor, parts: Sequence[AskedPart]) -> ChangeSet:
        operations = self.door.operations
        return ChangeSet(
            parts,
            ROOT,
            visitor,
            SensingDesk(operations.log, operations.signals.register_desk),
            lambda connection, permission: self._reader(
                connection, request, replace(visitor, permission=permission)
            ),
            self._creation,
        )

    async def _observe(self, changes: ChangeSet) -> None:
        """Create what requests describe with the observations among it, all of it or nothing."""
        await run_in_threadpool(
            self.intake.hand_in_described, changes.describe, changes.require,
            actor=changes.visitor.actor.id, channel=CHANNEL,
        )  # fmt: skip

    async def batch(self, request: Request, visitor: Visitor) -> Response:
        """Do the requests of a batch, and answer them in one."""
        kind = request.headers.get("content-type", "")
        in_json = kind.startswith("application/json")
        parts = parts_of(await _content(request, self.door.limits.most_sensorthings_bytes), kind)
        if len(parts) > MOST_PARTS:
            raise HTTPException(413, f"a batch may have {MOST_PARTS:,} requests")

        async def change(together: Sequence[AskedPart]) -> list[AnswerPart]:
            changes = self._changes(request, visitor, together)

            @_answered
            async def work(*_: Any) -> Response:
                await self._observe(changes)
                return Response()

            refusal = await work(request, visitor)
            if refusal.status_code == 200:
                done = [_created(request, entity, key) for entity, key in changes.made]
                return [_as_part(one, part) for one, part in zip(done, together, strict=True)]
            return failed(_as_part(refusal, changes.failed), together if in_json else ())

        answers = await answer_all(request, ROOT, parts, change)
        if in_json:
            return Response(as_json_batch(answers), media_type="application/json")
        content, told_kind = as_multipart(answers)
        return Response(content, headers={"content-type": told_kind})

    async def create_observations(self, request: Request, visitor: Visitor) -> Response:
        """Create many observations at once, told in rows; done when all are safe on disk."""
        body = decoded(await _content(request, self.door.limits.most_sensorthings_bytes))

        def prepare(connection: Connection) -> DataArrays:
            return DataArrays.of(self._creation(connection), body)

        rows = await self.door.read(prepare)
        arrived = await self._arrived(rows.observations)
        kept = iter(zip(arrived, await self._hand_in(arrived, visitor), strict=True))
        base, there = _base(request), rows.entity
        told: list[str] = []
        for problem_ in rows.problems:
            if problem_ is not None:
                told.append(f"error: {problem_}")
                continue
            one, same = next(kept)
            link = address(base, there, observation_id(one))
            told.append(link if same else f"error: {link} says otherwise")
        return _json(told, status=201)

    def _reader(self, connection: Connection, request: Request, visitor: Visitor) -> Reader:
        now = to_microseconds(self.door.now())
        # Whoever may describe things finds all that they describe.
        assets = visitor.assets("observations.read")
        if request.method == "POST" and (
            visitor.may("devices.manage") or visitor.permission == "observations.send"
        ):
            assets = None
        return Reader(connection, _base(request), now, self.door.degrees, assets)

    def _creation(self, connection: Connection) -> Creation:
        now = to_microseconds(self.door.now())
        return Creation(connection, now, self.door.project, lambda: uuid.uuid4().hex)

    async def _arrived(self, sent: list[SentObservation]) -> list[Arrived]:
        return await self.door.read(lambda c: as_arrived(c, sent)) if sent else []

    async def _hand_in(self, arrived: list[Arrived], visitor: Visitor) -> list[bool]:
        if not arrived:
            return []
        arrival = Arrival(arrived, visitor.actor.id, CHANNEL)
        return await asyncio.wrap_future(self.intake.hand_in(arrival))


def _answered(work: Work) -> Work:
    """Tell what is wrong with a request as the standard has it: 400, not 422."""

    @wraps(work)
    async def answer(request: Request, visitor: Visitor) -> Response:
        try:
            return await work(request, visitor)
        except AbsentError as error:
            return problem_of(request, error)
        except NoCollectionError as error:
            raise HTTPException(405, str(error), {"Allow": "GET"}) from error
        except ConflictError as error:
            return problem(request, 409, error.text)
        except InputError as error:
            return problem(request, 400, error.text)
        except DizuoError as error:
            return problem_of(request, error)
        except DBAPIError as error:
            if type(error).__name__ != "DataError":
                raise
            told = Text(
                "the request asks for a number that is out of bounds", "请求中的数值超出范围"
            )
            return problem(request, 400, told)

    return answer


def _endpoint(mqtt: MqttSettings) -> str:
    return f"{'mqtts' if mqtt.certificates else 'mqtt'}://{mqtt.host}:{mqtt.port}"


def _json(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(as_json(told), status, headers, "application/json")


def _created(request: Request, entity: EntityType, key: str) -> Response:
    here = address(_base(request), entity, key)
    told = {"@iot.id": key, "@iot.selfLink": here}
    return _json(told, status=201, headers={"Location": here})


def _as_part(answer: Response, part: AskedPart) -> AnswerPart:
    headers = {one.decode(): value.decode("latin-1") for one, value in answer.raw_headers}
    return AnswerPart(answer.status_code, headers, bytes(answer.body), part.name, part.group)


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{ROOT}"


def _path(request: Request) -> str:
    """Return the path of a resource, decoded: an id may have any sign in it."""
    return str(request.scope["path"]).partition(ROOT)[2].strip("/")


async def _content(request: Request, most: int) -> bytes:
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise HTTPException(413, f"a request may have {most:,} bytes")
        parts.append(part)
    return b"".join(parts)
